// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q5_0> {
    using Block = BlockQ5_0;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;
    using Scales = float;

    static __device__ Scales scales(const std::byte* block) { return loadHalf(block + offsetof(Block, d)) * 0.125f; }
    static __device__ float scale(const Scales& scales, int) { return scales; }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    // 8 * (q - 16)
    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * (word & 3));
        const std::uint32_t low = (word < 4 ? pairs << 3 : pairs >> 1) & 0x78787878u;
        const std::uint32_t fifth = loadWord<kAlignment>(block + offsetof(Block, qh)) >> (4 * word);
        return low | (spreadToSigns(fifth) ^ 0x80808080u);
    }
};

} // namespace strata::cuda
