// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include "core/tier/metrics.h"

#include <array>
#include <deque>

// Bytes per second that were measured of a wire on the machine that the model is loaded on; 0: not measured.
double wireCeiling(strata::Wire wire, const LoadedModel& model);

// What wires carry now, from totals that were read one after the other: the mean of about the last second, for a pass
// of a large model takes longer than the time between two readings. A value.
class WireRates {
public:
    void clear();
    void add(const strata::MetricsSnapshot& totals, double seconds); // by any clock that does not go back

    double bytesPerSecond(strata::Wire wire) const; // 0 before there are two readings

private:
    struct Reading {
        double seconds = 0.0;
        std::array<std::uint64_t, strata::kWireCount> bytes = {};
    };
    std::deque<Reading> m_readings;
};
