// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"
#include "cuda/quant/nibble_tables.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::IQ4_XS> {
    using Block = BlockIQ4_XS;
    static constexpr int kAlignment = 8;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = false;

    struct Scales {
        float d;
        std::uint32_t low, high; // four and two bits a group
    };

    static __device__ Scales scales(const std::byte* block) {
        const uint2 words = *reinterpret_cast<const uint2*>(block);
        return {loadHalf(block + offsetof(Block, d)), words.y, words.x >> 16};
    }
    static __device__ float blockScale(const Scales& scales) { return scales.d; }
    static __device__ int scaleCode(const Scales& scales, int i) {
        return static_cast<int>(((scales.low >> (4 * i)) & 0xfu) | (((scales.high >> (2 * i)) & 3u) << 4)) - 32;
    }
    static __device__ float scale(const Scales& scales, int i) {
        return blockScale(scales) * static_cast<float>(scaleCode(scales, i));
    }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t pairs = loadWord<4>(block + offsetof(Block, qs) + word / 8 * 16 + 4 * (word & 3));
        return lookUpNibbles(pairs, word % 8 >= 4, iq4Table());
    }

    static __device__ void codesOfQuarter(const std::byte* block, int quarter, int part, std::uint32_t (&four)[4]) {
        const std::byte* const qs = block + offsetof(Block, qs) + 32 * quarter;
        for (int i = 0; i < 4; ++i)
            four[i] = lookUpNibbles(loadWord<4>(qs + part / 2 * 16 + 4 * i), part % 2 == 1, iq4Table());
    }
};

} // namespace strata::cuda
