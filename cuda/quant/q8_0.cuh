// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q8_0> {
    using Block = BlockQ8_0;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;
    using Scales = float;

    static __device__ Scales scales(const std::byte* block) { return loadHalf(block + offsetof(Block, d)); }
    static __device__ float scale(const Scales& scales, int) { return scales; }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        return loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * word);
    }
};

} // namespace strata::cuda
