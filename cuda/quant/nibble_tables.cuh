// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/blocks.h"
#include "cuda/quant/weight_words.cuh"

namespace strata::cuda {

// Four words of a table of sixteen bytes, the first in the lowest byte.
__host__ __device__ constexpr std::uint32_t packedEntries(const std::int8_t (&table)[16], int first) {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i)
        word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(table[first + i])) << (8 * i);
    return word;
}

// kIq4Values for lookUpNibbles.
__device__ __forceinline__ uint4 iq4Table() {
    constexpr std::uint32_t words[4] = {packedEntries(kIq4Values, 0), packedEntries(kIq4Values, 4),
        packedEntries(kIq4Values, 8), packedEntries(kIq4Values, 12)};
    return {words[0], words[1], words[2], words[3]};
}

// kMxfp4Values for lookUpNibbles.
__device__ __forceinline__ uint4 mxfp4Table() {
    constexpr std::uint32_t words[4] = {packedEntries(kMxfp4Values, 0), packedEntries(kMxfp4Values, 4),
        packedEntries(kMxfp4Values, 8), packedEntries(kMxfp4Values, 12)};
    return {words[0], words[1], words[2], words[3]};
}

} // namespace strata::cuda
