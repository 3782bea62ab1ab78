// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q5_1> {
    using Block = BlockQ5_1;
    static constexpr int kAlignment = 8;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = true;
    using Scales = float2;

    static __device__ Scales scales(const std::byte* block) {
        return {loadHalf(block + offsetof(Block, d)), -loadHalf(block + offsetof(Block, m))};
    }
    static __device__ float scale(const Scales& scales, int) { return scales.x; }
    static __device__ float minimum(const Scales& scales, int) { return scales.y; }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * (word & 3));
        const std::uint32_t fifth = loadWord<4>(block + offsetof(Block, qh)) >> (4 * word);
        return ((word < 4 ? pairs : pairs >> 4) & 0x0f0f0f0fu) | (spreadToSigns(fifth) >> 3);
    }
};

} // namespace strata::cuda
