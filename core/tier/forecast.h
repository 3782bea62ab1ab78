// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/pass_schedule.h"

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

Forecast forecast(const Plan& plan, const MachineProfile& profile, const ForecastRequest& request);

} // namespace strata
