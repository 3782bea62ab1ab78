// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"
#include "cuda/quant/nibble_tables.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::IQ4_NL> {
    using Block = BlockIQ4_NL;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;
    using Scales = float;

    static __device__ Scales scales(const std::byte* block) { return loadHalf(block + offsetof(Block, d)); }
    static __device__ float scale(const Scales& scales, int) { return scales; }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * (word & 3));
        return lookUpNibbles(pairs, word >= 4, iq4Table());
    }
};

} // namespace strata::cuda
