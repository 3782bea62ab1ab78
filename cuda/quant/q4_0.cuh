// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q4_0> {
    using Block = BlockQ4_0;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;
    using Scales = float;

    static __device__ Scales scales(const std::byte* block) { return loadHalf(block + offsetof(Block, d)) * 0.0625f; }
    static __device__ float scale(const Scales& scales, int) { return scales; }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    // 16 * (nibble - 8)
    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * (word & 3));
        return ((word < 4 ? pairs << 4 : pairs) & 0xf0f0f0f0u) ^ 0x80808080u;
    }
};

} // namespace strata::cuda
