// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"
#include "core/tier/tier_plan.h"

#include <array>
#include <cstdint>
#include <span>

namespace strata {

// What one pass moves and how long that takes.
//
// Layers depend on one another, copies do not: the CPU and the GPU take turns, while the link and the drive run ahead
// through their rings. With x the seconds when CPU and link are both busy, y the CPU alone, z the link alone:
//
//     pass >= x + y + max(z, GPU busy + exchanges)     CPU work:  x / hostBeside + y / hostAlone = 1
//     pass >= disk                                     link work: x / linkBeside + z / linkAlone = 1
//
// where hostBeside is how long the CPU's blocks would take with the link busy all the while, and so on. The pass takes
// the least x allows. Both rates measured at once hold what RAM can give to CPU and link together.
struct PassCost {
    std::array<std::uint64_t, kWireCount> bytes = {}; // of weights, by Wire
    std::array<double, kWireCount> busySeconds = {};  // by Wire, within this pass, beside what else is busy
    double exchangeSeconds = 0.0;
    double seconds = 0.0;
    Wire bound = Wire::Host; // busy the longest
};

// Executors: one a block, such as tiers and tying allow. Tokens: of the pass.
PassCost passCost(const Plan& plan, std::span<const Executor> executors, std::uint32_t tokens,
    const MachineProfile& profile, HeadUse head = HeadUse::Computed);

// One block of a pass of `tokens` tokens by itself, in seconds: by the CPU, whose memory gives so many bytes a second,
// and by the GPU that has its weights.
double hostBlockSeconds(
    const PlannedBlock& block, std::uint32_t tokens, double bytesPerSecond, const MachineProfile& profile);
double gpuBlockSeconds(const PlannedBlock& block, std::uint32_t tokens, const MachineProfile& profile);
// Seconds that activations take from one device to the other.
double exchangeSeconds(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile);

// Of the device that attends: `tokens` tokens, the last of which sees `cacheRows` rows of keys and values.
double attentionSeconds(const Plan& plan, std::uint32_t tokens, std::uint32_t cacheRows, const MachineProfile& profile);

} // namespace strata
