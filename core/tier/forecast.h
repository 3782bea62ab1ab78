// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/pass_schedule.h"
#include "core/tier/wire_pace.h"

#include <cstdint>

namespace strata {

struct ForecastRequest {
    std::uint32_t promptTokens = 512;
    std::uint32_t chunkTokens = 512; // of one prompt pass
};

// What a plan would give on a machine, without loading anything. Made by the functions that plan. A value.
struct Forecast {
    double decodeTokensPerSecond = 0.0; // behind the prompt
    double promptTokensPerSecond = 0.0; // 0 without a prompt
    double loadSeconds = 0.0;           // from the drive, nothing cached
    PassCost decode;                    // of one token
    PassCost prompt;                    // of one chunk
};

// `pace`: of the wires since the profile was measured. Who computes what stays as the profile makes it: schedules of a
// model that is loaded don't follow the pace, so that the same questions keep getting the same answers.
Forecast forecast(const Plan& plan, const MachineProfile& profile, const ForecastRequest& request,
    const WirePace& pace = {});

} // namespace strata
