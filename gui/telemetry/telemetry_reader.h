// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/rate_window.h"
#include "gui/telemetry/telemetry_curves.h"

#include "core/backend/device_sensors.h"
#include "core/base/host_counters.h"
#include "core/tier/metrics.h"

#include <memory>

// What telemetry has to know of the model that is loaded and of the measured machine. A value.
struct EngineFigures {
    std::shared_ptr<const strata::Metrics> metrics; // null: no model
    bool isLoading = false;                         // then what this process holds of a board are weights on their way
    bool usesGpu = false;
    std::uint64_t vramWeights = 0; // bytes, with the slots that blocks are streamed through
    std::uint64_t vramCache = 0;
    std::uint64_t vramScratch = 0;
    double linkIn = 0.0; // measured, bytes per second; 0: not measured
    double linkOut = 0.0;
    double disk = 0.0;
};

// How a board's memory is shared out; the parts add up to all of it. What this process holds beyond weights and cache,
// or is known to have planned, is scratch; what nobody accounts for is of other programs. A value.
struct VramShares {
    double weights = 0.0;
    double cache = 0.0;
    double scratch = 0.0;
    double others = 0.0;
    double free = 0.0;
};
VramShares shareVram(const strata::BoardReading& board, const EngineFigures& engine); // total and used must be known

// Makes one sample of what was read at one moment. One caller at a time; allocates nothing.
class TelemetryReader {
public:
    // `board` is null where there is none, or it was not asked.
    Sample read(double seconds, const strata::HostReading& host, const strata::BoardReading* board,
        const EngineFigures& engine);

private:
    void readHost(double seconds, const strata::HostReading& host, Sample& sample);
    void readEngine(double seconds, const EngineFigures& engine, Sample& sample);
    static void readBoard(const strata::BoardReading& board, const EngineFigures& engine, Sample& sample);

    RateWindow<5> m_hostRates;
    RateWindow<4> m_engineRates;
    const strata::Metrics* m_counted = nullptr; // by the totals in m_engineRates
};
