// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier_plan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata {

// Blocks that are taken from the front, any number of them, with what each number takes and leaves. A value.
struct BlockLine {
    std::vector<std::size_t> blocks;        // indices into the plan's
    std::vector<std::uint64_t> taken;       // (blocks + 1): bytes of the first n
    std::vector<std::uint64_t> largestLeft; // (blocks + 1): bytes of the largest behind the first n; 0: none

    // `size`: of a block in the memory it is taken into.
    BlockLine(std::span<const PlannedBlock> plan, std::vector<std::size_t> line, std::uint64_t PlannedBlock::*size)
        : blocks(std::move(line)), taken(blocks.size() + 1), largestLeft(blocks.size() + 1) {
        for (std::size_t i = 0; i < blocks.size(); ++i)
            taken[i + 1] = taken[i] + plan[blocks[i]].*size;
        for (std::size_t i = blocks.size(); i > 0; --i)
            largestLeft[i - 1] = std::max(largestLeft[i], plan[blocks[i - 1]].*size);
    }
    std::size_t size() const { return blocks.size(); }
};

} // namespace strata
