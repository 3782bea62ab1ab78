// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/tier/machine_profile.h"
#include "core/tier/tier_plan.h"

#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace strata {

// The model as planning sees it.
struct PlanningModel {
    std::string path;                    // for sentences, and to know the drive
    std::span<const WeightBlock> blocks; // in the order of work; see listBlocks
    const ModelSpec& spec;
    QuantType kvType = QuantType::F16;
};

// The plan that decodes fastest by `balancePass` among those the budgets allow; a pure function.
//
// The candidates do not depend on budgets or figures: any number of attention blocks and any number of feed-forward
// blocks in VRAM, each kind taken in one fixed order that spreads every number of them evenly over the depth, beside
// the head, which is read whole for every token; without the head only fewer bytes than it would take; the embedding,
// of which a token reads one row, after the head or not at all; of the rest as many bytes as fit in RAM. More memory
// only adds candidates and faster wires only shorten each, so that more of anything never predicts slower decoding.
//
// Throws Error: OutOfMemory when nothing fits, with what would; BadRequest for overrides that contradict themselves,
// the machine or the budgets.
Plan planTiers(const PlanningModel& model, const TierBudgets& budgets, const MachineProfile& profile,
    std::span<const TierOverride> overrides = {});

// The same for whoever may not care any more before it is found: with blocks on disk the search takes up to half a
// second. nullopt: stop was requested, which is seen within a few milliseconds.
std::optional<Plan> planTiers(const PlanningModel& model, const TierBudgets& budgets, const MachineProfile& profile,
    std::span<const TierOverride> overrides, const std::stop_token& stop);

// Everything in one tier, VRAM or RAM, whatever that takes.
Plan wholePlan(const PlanningModel& model, Tier tier);

} // namespace strata
