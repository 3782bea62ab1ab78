// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"
#include "cuda/quant/nibble_tables.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::MXFP4> {
    using Block = BlockMXFP4;
    static constexpr int kAlignment = 1;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;
    using Scales = float;

    // 2^(e - 128); below e = 2 a subnormal number.
    static __device__ Scales scales(const std::byte* block) {
        const int e = byteAt(block, offsetof(Block, e));
        return __uint_as_float(e < 2 ? 0x00200000u << e : static_cast<std::uint32_t>(e - 1) << 23);
    }
    static __device__ float scale(const Scales& scales, int) { return scales; }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<kAlignment>(block + offsetof(Block, qs) + 4 * (word & 3));
        return lookUpNibbles(pairs, word >= 4, mxfp4Table());
    }
};

} // namespace strata::cuda
