// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// How bright the way of the token through the blocks is, 0 to 1, one a block: 1 where the pass is at work, less the
// longer ago a block was done, nothing beyond the last two fifths of a pass; the way leads round from the first block
// to the last one of the token before. `times`: nanoseconds of each block in the last pass; without them, or where they
// do not belong to as many blocks, all count alike. Where the clock says little, as of a GPU that is handed all blocks
// at once and waited for at the end, the number of blocks does as well: the way is never longer than either says.
std::vector<float> tokenTrail(std::size_t blockCount, std::size_t atWork, std::span<const std::uint64_t> times);

// The one that took longest; 0 without times.
std::size_t slowestBlock(std::span<const std::uint64_t> times);
