// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/engine.h"
#include "core/tier/metrics.h"
#include "core/tier/wire_pace.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

// Rates of the repetitions of one kind of work.
struct Rates {
    std::uint32_t tokens = 0;
    std::vector<double> perSecond;
    std::uint64_t logitsHash = 0; // of the last token: changes when the computed numbers change
};

// What a pass of several tokens costs beside a pass of one, with the most likely token behind each.
struct Verification {
    std::uint32_t tokens = 0; // 0: not timed
    double passSeconds = 0.0;
    double singleSeconds = 0.0;
};

// What was foretold of what is timed, tokens per second.
struct Foretold {
    double prompt = 0.0;
    double decode = 0.0;
};

// What `bench` found out about one model.
struct BenchMeasurement {
    std::uint32_t depth = 0;             // tokens in the context before anything was timed
    std::optional<Foretold> byProfile;   // nullopt: from figures that nobody measured nothing is foretold
    std::optional<Foretold> afterWarmUp; // with wires at the pace they had while warming up
    WirePace pace;                       // which is this
    Rates prompt;
    Rates decode;
    Verification verification;
    double loadSeconds = 0.0;
    MetricsSnapshot decodeTotals; // of all timed decodes
};

double medianOf(std::vector<double> values);
std::string describeBench(Engine& engine, const BenchMeasurement& measured); // for people, several lines
nlohmann::ordered_json toJson(Engine& engine, const std::string& model, const BenchMeasurement& measured);

} // namespace strata::cli
