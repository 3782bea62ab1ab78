// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q6_K> {
    using Block = BlockQ6_K;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 16;
    static constexpr bool kHasMinimum = false;

    struct Scales {
        float d;
        std::uint32_t codes[4]; // of four groups each
    };

    static __device__ Scales scales(const std::byte* block) {
        Scales result = {loadHalf(block + offsetof(Block, d)) * 0.25f, {}};
        for (int i = 0; i < 4; ++i)
            result.codes[i] = loadWord<kAlignment>(block + offsetof(Block, scales) + 4 * i);
        return result;
    }
    static __device__ float blockScale(const Scales& scales) { return scales.d; }
    static __device__ int scaleCode(const Scales& scales, int i) { return signedByte(wordOf(scales.codes, i), i % 4); }
    static __device__ float scale(const Scales& scales, int i) {
        return blockScale(scales) * static_cast<float>(scaleCode(scales, i));
    }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    // 4 * (q - 32)
    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const int row = word / 8 % 4;
        const std::byte* const ql = block + offsetof(Block, ql) + word / 32 * 64 + word / 8 % 2 * 32 + word % 8 * 4;
        const std::uint32_t pairs = loadWord<kAlignment>(ql);
        const std::uint32_t low = (row < 2 ? pairs << 2 : pairs >> 2) & 0x3c3c3c3cu;
        const std::uint32_t high = loadWord<kAlignment>(block + offsetof(Block, qh) + word / 32 * 32 + word % 8 * 4);
        return low | ((rotateLeft(high, 6 - 2 * row) & 0xc0c0c0c0u) ^ 0x80808080u);
    }

    static __device__ void codesOfQuarter(const std::byte* block, int quarter, int part, std::uint32_t (&four)[4]) {
        const std::byte* const ql = block + offsetof(Block, ql) + quarter / 2 * 64 + quarter % 2 * 16;
        const std::byte* const qh = block + offsetof(Block, qh) + quarter * 16;
        for (int i = 0; i < 4; ++i) {
            const int offset = (i + quarter) % 4 * 4;
            const std::uint32_t pairs = loadWord<kAlignment>(ql + part % 2 * 32 + offset);
            const std::uint32_t low = (part < 2 ? pairs << 2 : pairs >> 2) & 0x3c3c3c3cu;
            const std::uint32_t high = rotateLeft(loadWord<kAlignment>(qh + offset), 6 - 2 * part) & 0xc0c0c0c0u;
            four[i] = low | (high ^ 0x80808080u);
        }
    }

    // Of the eight scales that two quarters share, which the first two words then hold.
    static __device__ Scales scalesOfQuarter(const std::byte* block, int quarter) {
        const std::byte* const codes = block + offsetof(Block, scales) + quarter / 2 * 8;
        return {loadHalf(block + offsetof(Block, d)) * 0.25f,
            {loadWord<kAlignment>(codes), loadWord<kAlignment>(codes + 4)}};
    }
    static __device__ int scaleCodeOfQuarter(const Scales& scales, int quarter, int part) {
        return signedByte(scales.codes[part / 2], part % 2 * 2 + quarter % 2);
    }
};

} // namespace strata::cuda
