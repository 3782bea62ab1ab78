// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q2_K> {
    using Block = BlockQ2_K;
    static constexpr int kAlignment = 4;
    static constexpr int kScaleLength = 16;
    static constexpr bool kHasMinimum = true;

    struct Scales {
        float d, dmin;
        std::uint32_t pairs[4]; // of four groups each: scale in the low nibble of a byte, minimum in the high one
    };

    static __device__ Scales scales(const std::byte* block) {
        Scales result = {loadHalf(block + offsetof(Block, d)), loadHalf(block + offsetof(Block, dmin)), {}};
        for (int i = 0; i < 4; ++i)
            result.pairs[i] = loadWord<kAlignment>(block + offsetof(Block, scales) + 4 * i);
        return result;
    }
    static __device__ float blockScale(const Scales& scales) { return scales.d; }
    static __device__ float blockMinimum(const Scales& scales) { return scales.dmin; }
    static __device__ int scaleCode(const Scales& scales, int i) {
        return unsignedByte(wordOf(scales.pairs, i) & 0x0f0f0f0fu, i % 4);
    }
    static __device__ int minimumCode(const Scales& scales, int i) {
        return unsignedByte((wordOf(scales.pairs, i) >> 4) & 0x0f0f0f0fu, i % 4);
    }
    static __device__ float scale(const Scales& scales, int i) {
        return blockScale(scales) * static_cast<float>(scaleCode(scales, i));
    }
    static __device__ float minimum(const Scales& scales, int i) {
        return blockMinimum(scales) * static_cast<float>(minimumCode(scales, i));
    }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::uint32_t four = loadWord<kAlignment>(block + offsetof(Block, qs) + word / 32 * 32 + word % 8 * 4);
        return (four >> (word / 8 % 4 * 2)) & 0x03030303u;
    }

    static __device__ void codesOfQuarter(const std::byte* block, int quarter, int part, std::uint32_t (&four)[4]) {
        const std::byte* const qs = block + offsetof(Block, qs) + quarter * 16;
        for (int i = 0; i < 4; ++i)
            four[i] = (loadWord<kAlignment>(qs + (i + quarter) % 4 * 4) >> (2 * part)) & 0x03030303u;
    }
};

} // namespace strata::cuda
