// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::Q3_K> {
    using Block = BlockQ3_K;
    static constexpr int kAlignment = 2;
    static constexpr int kScaleLength = 16;
    static constexpr bool kHasMinimum = false;

    struct Scales {
        float d;
        std::uint32_t codes[4]; // of four groups each, signed
    };

    static __device__ Scales scales(const std::byte* block) {
        std::uint32_t words[3];
        for (int i = 0; i < 3; ++i)
            words[i] = loadWord<kAlignment>(block + offsetof(Block, scales) + 4 * i);
        Scales result = {loadHalf(block + offsetof(Block, d)) * 0.03125f, {}};
        for (int i = 0; i < 4; ++i) {
            const std::uint32_t low = (i < 2 ? words[i] : words[i - 2] >> 4) & 0x0f0f0f0fu;
            const std::uint32_t code = low | (rotateLeft(words[2], 4 - 2 * i) & 0x30303030u);
            result.codes[i] = (code + 0x60606060u) ^ 0x80808080u; // less 32 in each byte
        }
        return result;
    }
    static __device__ float blockScale(const Scales& scales) { return scales.d; }
    static __device__ int scaleCode(const Scales& scales, int i) { return signedByte(wordOf(scales.codes, i), i % 4); }
    static __device__ float scale(const Scales& scales, int i) {
        return blockScale(scales) * static_cast<float>(scaleCode(scales, i));
    }
    static __device__ float minimum(const Scales&, int) { return 0.0f; }

    // 32 * (q - 4)
    static __device__ std::uint32_t codes(const std::byte* block, int word) {
        const std::byte* const qs = block + offsetof(Block, qs) + word / 32 * 32 + word % 8 * 4;
        const std::uint32_t low = rotateLeft(loadWord<kAlignment>(qs), 5 - word / 8 % 4 * 2) & 0x60606060u;
        const std::uint32_t third = loadWord<kAlignment>(block + offsetof(Block, hmask) + word % 8 * 4);
        return low | (((third << (7 - word / 8)) & 0x80808080u) ^ 0x80808080u);
    }

    static __device__ void codesOfQuarter(const std::byte* block, int quarter, int part, std::uint32_t (&four)[4]) {
        const std::byte* const qs = block + offsetof(Block, qs) + quarter * 16;
        const std::byte* const hmask = block + offsetof(Block, hmask) + quarter % 2 * 16;
        for (int i = 0; i < 4; ++i) {
            const int offset = (i + quarter) % 4 * 4;
            const std::uint32_t low = rotateLeft(loadWord<kAlignment>(qs + offset), 5 - 2 * part) & 0x60606060u;
            const std::uint32_t third = loadWord<kAlignment>(hmask + offset) << (7 - part - quarter / 2 * 4);
            four[i] = low | ((third & 0x80808080u) ^ 0x80808080u);
        }
    }
};

} // namespace strata::cuda
