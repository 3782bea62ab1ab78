// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/profile/measure_clock.h"
#include "core/profile/synthetic_block.h"
#include "core/tier/machine_profile.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata {

// Made-up blocks in the memory that a device computes from.
struct DeviceBlocks {
    Backend* device = nullptr;
    std::span<const std::byte* const> blocks;
    BlockShape shape; // of each
};

// A block so small that it takes no time but that of starting it, which every block pays beyond its weights.
BlockShape smallestShape(const BlockShape& shape);
BlockWeights smallestBlock(const DeviceBlocks& from);

// Which of the blocks are multiplied with to learn the rates, and how many tokens a long prompt has.
struct MultiplyWork {
    std::size_t blockCount = 1; // from the first on
    BlockShape promptShape;     // no larger than the blocks'; one with fewer rows ends sooner
    std::uint32_t promptTokens = 512; // a quarter of them are read, too
};

double measureBlockSeconds(const DeviceBlocks& from, const MeasureClock& clock);

// The blocks' feed-forward weights, or those of their parts of a shape that is no larger.
std::vector<BlockWeights> weightsOf(const DeviceBlocks& from, std::size_t count, const BlockShape& used);

// What a step takes beyond its block. Never less than half: a time that is all block would be noise.
constexpr double secondsBeyond(double seconds, double blockSeconds) {
    return std::max(seconds - blockSeconds, seconds / 2);
}

// What is taken off each time is blockSeconds. Zeros where it was stopped.
MultiplyRates measureMultiply(
    const DeviceBlocks& from, const MultiplyWork& work, double blockSeconds, const MeasureClock& clock);

// Bytes per second of weights that passes of one token read, going through all blocks: as the products read memory.
double measureProductReads(const DeviceBlocks& from, double blockSeconds, double part, const MeasureClock& clock);

} // namespace strata
