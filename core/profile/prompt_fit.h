// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"

#include <cstdint>
#include <span>

namespace strata {

// Verbs of one block in a pass of so many tokens, and how long they took.
struct TimedProducts {
    ProductWork work;
    std::uint32_t tokens = 0;
    double seconds = 0.0;
};

// Attention of so many tokens, and how long it took.
struct TimedAttention {
    double multiplies = 0.0;   // in all
    double queryNumbers = 0.0; // in all
    double seconds = 0.0;
};

// The parts of MultiplyRates that passes of many tokens are made of, such that what was timed comes out with the least
// relative errors (squared); no part is less than nothing, so that more work never takes less time. What the times do
// not tell apart counts as multiplying. Pure functions; each needs one time at least, above zero.
void fitProducts(std::span<const TimedProducts> timed, MultiplyRates& rates);
void fitAttention(std::span<const TimedAttention> timed, MultiplyRates& rates);

} // namespace strata
