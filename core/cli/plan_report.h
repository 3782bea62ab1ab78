// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/forecast.h"
#include "core/tier/machine_profile.h"
#include "core/tier/tier_plan.h"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace strata::cli {

// One model planned for one machine.
struct PlannedMachine {
    std::string profileName; // of the file
    MachineProfile profile;
    Plan plan;
    Schedule decode; // of one token
    Forecast forecast;
};

struct PlanReport {
    std::string model;
    std::uint32_t promptTokens = 0;
    std::vector<PlannedMachine> machines; // at least one
};

std::string describePlan(const PlanReport& report, const PlannedMachine& machine); // for people, several lines
std::string describeMachines(const PlanReport& report);                            // a table, one row a machine
nlohmann::ordered_json toJson(const PlanReport& report, const PlannedMachine& machine);

} // namespace strata::cli
