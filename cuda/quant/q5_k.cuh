// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"
#include "cuda/quant/six_bit_scales.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q5_K> {
    using Block = BlockQ5_K;
    static constexpr int kAlignment = 16;
    static constexpr int kScaleLength = 32;
    static constexpr bool kHasMinimum = true;
    using Scales = SixBitScales;

    static __device__ Scales scales(const std::byte* block) { return SixBitScales::load(block); }
    static __device__ float blockScale(const Scales& scales) { return scales.d; }
    static __device__ float blockMinimum(const Scales& scales) { return scales.dmin; }
    static __device__ int scaleCode(const Scales& scales, int i) { return scales.scaleCode(i); }
    static __device__ int minimumCode(const Scales& scales, int i) { return scales.minimumCode(i); }
    static __device__ float scale(const Scales& scales, int i) {
        return scales.d * static_cast<float>(scales.scaleCode(i));
    }
    static __device__ float minimum(const Scales& scales, int i) {
        return scales.dmin * static_cast<float>(scales.minimumCode(i));
    }

    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::byte* const qs = block + offsetof(Block, qs) + word / 16 * 32 + word % 8 * 4;
        const std::uint32_t pairs = loadWord<4>(qs);
        const std::uint32_t fifth = loadWord<4>(block + offsetof(Block, qh) + word % 8 * 4);
        return ((word / 8 % 2 == 0 ? pairs : pairs >> 4) & 0x0f0f0f0fu) |
               (rotateLeft(fifth, 4 - word / 8) & 0x10101010u);
    }

    static __device__ void codesOfQuarter(const std::byte* block, int quarter, int part, std::uint32_t (&four)[4]) {
        const std::byte* const qs = block + offsetof(Block, qs) + 32 * quarter;
        const uint4 pairs = *reinterpret_cast<const uint4*>(qs + part % 2 * 16);
        const std::uint32_t words[4] = {pairs.x, pairs.y, pairs.z, pairs.w};
        const uint4 fifth = *reinterpret_cast<const uint4*>(block + offsetof(Block, qh) + part % 2 * 16);
        const std::uint32_t fifths[4] = {fifth.x, fifth.y, fifth.z, fifth.w};
        for (int i = 0; i < 4; ++i)
            four[i] = ((part < 2 ? words[i] : words[i] >> 4) & 0x0f0f0f0fu) |
                      (rotateLeft(fifths[i], 4 - 2 * quarter - part / 2) & 0x10101010u);
    }
};

} // namespace strata::cuda
