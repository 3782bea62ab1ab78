// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"
#include "core/tier/pass_cost.h"
#include "core/tier/tier_plan.h"

#include <cstdint>
#include <vector>

namespace strata {

// Who computes every block in a pass of so many tokens, and in which order weights travel ahead of it. A value.
struct Schedule {
    std::uint32_t tokens = 0;
    HeadUse head = HeadUse::Computed;
    std::vector<Executor> executors;     // one a block; that of a head that is left out is of no meaning
    std::vector<BlockIndex> streamOrder; // blocks for the ring, in the order of work; the next pass begins again
    std::vector<BlockIndex> diskOrder;   // blocks to be read into staging, likewise
    PassCost cost;                       // predicted, without attention
};

// The count that stands for all passes of `tokens` tokens: schedules are made for it and may be kept by it.
// 1, 2, 4, 8, 16 .. : the smallest of them that is not below.
std::uint32_t scheduleTokens(std::uint32_t tokens);

// The fastest of all numbers of feed-forward blocks and of attention blocks that could be streamed rather than computed
// by the CPU, each spread evenly between the others so that wires overlap: as fast as its wires allow (passCost). A
// pure function, and what plans and forecasts are made by: more of anything never makes it slower.
Schedule balancePass(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile,
    HeadUse head = HeadUse::Computed);

// What a pass runs by: that, or in passes of few tokens without blocks on disk the choice of blocks which comes nearest
// to it with a ring of this size, since the link can run ahead no further (PassTimeline). A pure function.
Schedule schedulePass(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile,
    HeadUse head = HeadUse::Computed);

} // namespace strata
