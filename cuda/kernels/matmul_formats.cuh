// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/quant_type.h"
#include "cuda/kernels/matmul_words.cuh"

// How a lane of a tensor-core product takes its weights out of the raw bytes of a row. In each group of 32 columns lane
// t of four holds columns 4t .. 4t + 3 and 16 + 4t .. 16 + 4t + 3 of its row: one word of packed nibbles or bytes in
// every format, and just what the integer instruction wants of it (m16n8k32, first operand). The f16 instruction
// (m16n8k16) wants other columns, but their order is free so long as the activations lie in the same order: evens of
// sixteen columns first, then odds (prepareRows).
//
// A format says:
//   kSpanColumns, kSpanBytes   the unit of a row that is staged in shared memory at once, a whole number of blocks
//   kRowAlignment              of the address of any span of any row
//   kOffset                    what the unsigned codes are above their values; with a minimum, about their middle
//   kScaleColumns              columns that share a scale, 16 or 32
//   kHasMin                    weight = scale * code - min, instead of scale * (code - kOffset)
//   codes(span, group, lane)   the two words of the 32 columns of a group
//   scaleAndMin(span, index)   of the index-th kScaleColumns of the span
namespace strata::cuda {

template <QuantType type>
struct WeightLanes;

// Formats in blocks of 32.
template <typename BlockType, int kAlignment>
struct Lanes32 {
    using Block = BlockType;
    static constexpr int kSpanColumns = 128;
    static constexpr int kSpanBytes = 4 * sizeof(Block);
    static constexpr int kRowAlignment = kAlignment;
    static constexpr int kScaleColumns = 32;
    static constexpr bool kHasMin = false;
};

template <>
struct WeightLanes<QuantType::Q4_0> : Lanes32<BlockQ4_0, 2> {
    static constexpr int kOffset = 8;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint32_t word = loadWord<2>(span + group * 18 + 2 + 4 * lane);
        return {word & 0x0f0f0f0fu, (word >> 4) & 0x0f0f0f0fu};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 18), 0.0f};
    }
};

template <>
struct WeightLanes<QuantType::Q4_1> : Lanes32<BlockQ4_1, 4> {
    static constexpr int kOffset = 8;
    static constexpr bool kHasMin = true;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint32_t word = loadWord<4>(span + group * 20 + 4 + 4 * lane);
        return {word & 0x0f0f0f0fu, (word >> 4) & 0x0f0f0f0fu};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 20), -loadHalf(span + index * 20 + 2)};
    }
};

template <>
struct WeightLanes<QuantType::Q5_0> : Lanes32<BlockQ5_0, 2> {
    static constexpr int kOffset = 16;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint8_t* block = span + group * 22;
        const std::uint32_t word = loadWord<2>(block + 6 + 4 * lane);
        const std::uint32_t fifths = loadWord<2>(block + 2) >> (4 * lane);
        return {(word & 0x0f0f0f0fu) | fifthBits(fifths), ((word >> 4) & 0x0f0f0f0fu) | fifthBits(fifths >> 16)};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 22), 0.0f};
    }
};

template <>
struct WeightLanes<QuantType::Q5_1> : Lanes32<BlockQ5_1, 8> {
    static constexpr int kOffset = 16;
    static constexpr bool kHasMin = true;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint8_t* block = span + group * 24;
        const std::uint32_t word = loadWord<4>(block + 8 + 4 * lane);
        const std::uint32_t fifths = loadWord<4>(block + 4) >> (4 * lane);
        return {(word & 0x0f0f0f0fu) | fifthBits(fifths), ((word >> 4) & 0x0f0f0f0fu) | fifthBits(fifths >> 16)};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 24), -loadHalf(span + index * 24 + 2)};
    }
};

template <>
struct WeightLanes<QuantType::Q8_0> : Lanes32<BlockQ8_0, 2> {
    static constexpr int kOffset = 128;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint8_t* values = span + group * 34 + 2 + 4 * lane;
        return {loadWord<2>(values) ^ 0x80808080u, loadWord<2>(values + 16) ^ 0x80808080u};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 34), 0.0f};
    }
};

struct Iq4Table : ByteTable<kIq4Values> {};
struct Mxfp4Table : ByteTable<kMxfp4Values> {};

template <>
struct WeightLanes<QuantType::IQ4_NL> : Lanes32<BlockIQ4_NL, 2> {
    static constexpr int kOffset = Iq4Table::kOffset;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return Iq4Table::codes(loadWord<2>(span + group * 18 + 2 + 4 * lane));
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {loadHalf(span + index * 18), 0.0f};
    }
};

template <>
struct WeightLanes<QuantType::MXFP4> : Lanes32<BlockMXFP4, 1> {
    static constexpr int kOffset = Mxfp4Table::kOffset;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return Mxfp4Table::codes(loadWord<1>(span + group * 17 + 1 + 4 * lane));
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return {exp2f(static_cast<float>(span[index * 17]) - 128.0f), 0.0f};
    }
};

// Formats in blocks of 256.
template <typename BlockType, int kAlignment, int scaleColumns>
struct Lanes256 {
    using Block = BlockType;
    static constexpr int kSpanColumns = 256;
    static constexpr int kSpanBytes = sizeof(Block);
    static constexpr int kRowAlignment = kAlignment;
    static constexpr int kScaleColumns = scaleColumns;
    static constexpr bool kHasMin = false;
};

template <>
struct WeightLanes<QuantType::Q2_K> : Lanes256<BlockQ2_K, 4, 16> {
    static constexpr int kOffset = 2;
    static constexpr bool kHasMin = true;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint8_t* bytes = span + 16 + group / 4 * 32 + 4 * lane;
        const int shift = group % 4 * 2;
        return {(loadWord<4>(bytes) >> shift) & 0x03030303u, (loadWord<4>(bytes + 16) >> shift) & 0x03030303u};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        const int scale = span[index];
        return {
            loadHalf(span + 80) * static_cast<float>(scale & 15), loadHalf(span + 82) * static_cast<float>(scale >> 4)};
    }
};

template <>
struct WeightLanes<QuantType::Q3_K> : Lanes256<BlockQ3_K, 2, 16> {
    static constexpr int kOffset = 4;
    static __device__ std::uint32_t word(const std::uint8_t* span, int group, int byte) {
        const std::uint32_t low = loadWord<2>(span + 32 + group / 4 * 32 + byte) >> (group % 4 * 2);
        const std::uint32_t high = loadWord<2>(span + byte) >> group;
        return (low & 0x03030303u) | ((high & 0x01010101u) << 2);
    }
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return {word(span, group, 4 * lane), word(span, group, 16 + 4 * lane)};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        const std::uint8_t* scales = span + 96;
        const int low = (scales[index % 8] >> (index / 8 * 4)) & 15;
        const int high = (scales[8 + index % 4] >> (index / 4 * 2)) & 3;
        return {loadHalf(span + 108) * static_cast<float>((low | (high << 4)) - 32), 0.0f};
    }
};

// The six-bit scale and minimum of group `index` of Q4_K and Q5_K, times d and dmin; both start with the same bytes.
__device__ inline float2 superblockScaleAndMin(const std::uint8_t* span, int index) {
    const std::uint8_t* scales = span + 4;
    int scale = scales[index] & 63;
    int min = scales[index + 4] & 63;
    if (index >= 4) {
        scale = (scales[index + 4] & 15) | (scales[index - 4] >> 6 << 4);
        min = (scales[index + 4] >> 4) | (scales[index] >> 6 << 4);
    }
    return {loadHalf(span) * static_cast<float>(scale), loadHalf(span + 2) * static_cast<float>(min)};
}

template <>
struct WeightLanes<QuantType::Q4_K> : Lanes256<BlockQ4_K, 16, 32> {
    static constexpr int kOffset = 8;
    static constexpr bool kHasMin = true;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        const std::uint8_t* bytes = span + 16 + group / 2 * 32 + 4 * lane;
        const int shift = group % 2 * 4;
        return {(loadWord<4>(bytes) >> shift) & 0x0f0f0f0fu, (loadWord<4>(bytes + 16) >> shift) & 0x0f0f0f0fu};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return superblockScaleAndMin(span, index);
    }
};

template <>
struct WeightLanes<QuantType::Q5_K> : Lanes256<BlockQ5_K, 16, 32> {
    static constexpr int kOffset = 16;
    static constexpr bool kHasMin = true;
    static __device__ std::uint32_t word(const std::uint8_t* span, int group, int byte) {
        const std::uint32_t low = loadWord<4>(span + 48 + group / 2 * 32 + byte) >> (group % 2 * 4);
        const std::uint32_t high = loadWord<4>(span + 16 + byte) >> group;
        return (low & 0x0f0f0f0fu) | ((high & 0x01010101u) << 4);
    }
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return {word(span, group, 4 * lane), word(span, group, 16 + 4 * lane)};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        return superblockScaleAndMin(span, index);
    }
};

template <>
struct WeightLanes<QuantType::Q6_K> : Lanes256<BlockQ6_K, 2, 16> {
    static constexpr int kOffset = 32;
    static __device__ std::uint32_t word(const std::uint8_t* span, int group, int byte) {
        const int row = group % 4;
        const std::uint32_t low = loadWord<2>(span + group / 4 * 64 + row % 2 * 32 + byte) >> (row / 2 * 4);
        const std::uint32_t high = loadWord<2>(span + 128 + group / 4 * 32 + byte) >> (row * 2);
        return (low & 0x0f0f0f0fu) | ((high & 0x03030303u) << 4);
    }
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return {word(span, group, 4 * lane), word(span, group, 16 + 4 * lane)};
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        const auto scale = static_cast<std::int8_t>(span[192 + index]);
        return {loadHalf(span + 208) * static_cast<float>(scale), 0.0f};
    }
};

template <>
struct WeightLanes<QuantType::IQ4_XS> : Lanes256<BlockIQ4_XS, 8, 32> {
    static constexpr int kOffset = Iq4Table::kOffset;
    static __device__ Codes codes(const std::uint8_t* span, int group, int lane) {
        return Iq4Table::codes(loadWord<4>(span + 8 + group * 16 + 4 * lane));
    }
    static __device__ float2 scaleAndMin(const std::uint8_t* span, int index) {
        const int low = (span[4 + index / 2] >> (index % 2 * 4)) & 15;
        const int high = (*reinterpret_cast<const std::uint16_t*>(span + 2) >> (index * 2)) & 3;
        return {loadHalf(span) * static_cast<float>((low | (high << 4)) - 32), 0.0f};
    }
};

// Formats of floats have no codes: floats(span, group, lane, pairs) gives the eight weights as halves, in the order
// (0, 2), (1, 3) of the low four columns, then of the high four.
template <int bytes>
struct FloatLanes {
    static constexpr int kSpanColumns = 64;
    static constexpr int kSpanBytes = 64 * bytes;
    static constexpr int kRowAlignment = bytes;
};

__device__ __forceinline__ __half clampedHalf(float value) {
    return __float2half_rn(fminf(fmaxf(value, -65504.0f), 65504.0f));
}

template <>
struct WeightLanes<QuantType::F16> : FloatLanes<2> {
    static __device__ void floats(const std::uint8_t* span, int group, int lane, std::uint32_t (&pairs)[4]) {
        for (int part = 0; part < 2; ++part) {
            const std::uint8_t* four = span + group * 64 + part * 32 + lane * 8;
            const std::uint32_t first = loadWord<2>(four);
            const std::uint32_t second = loadWord<2>(four + 4);
            pairs[part * 2] = __byte_perm(first, second, 0x5410);
            pairs[part * 2 + 1] = __byte_perm(first, second, 0x7632);
        }
    }
};

template <>
struct WeightLanes<QuantType::BF16> : FloatLanes<2> {
    static __device__ __half value(const std::uint8_t* p) {
        return clampedHalf(__uint_as_float(std::uint32_t{*reinterpret_cast<const std::uint16_t*>(p)} << 16));
    }
    static __device__ void floats(const std::uint8_t* span, int group, int lane, std::uint32_t (&pairs)[4]) {
        for (int part = 0; part < 2; ++part) {
            const std::uint8_t* four = span + group * 64 + part * 32 + lane * 8;
            pairs[part * 2] = asWord(__halves2half2(value(four), value(four + 4)));
            pairs[part * 2 + 1] = asWord(__halves2half2(value(four + 2), value(four + 6)));
        }
    }
};

template <>
struct WeightLanes<QuantType::F32> : FloatLanes<4> {
    static __device__ void floats(const std::uint8_t* span, int group, int lane, std::uint32_t (&pairs)[4]) {
        for (int part = 0; part < 2; ++part) {
            const auto* four = reinterpret_cast<const float*>(span + group * 128 + part * 64 + lane * 16);
            pairs[part * 2] = asWord(__halves2half2(clampedHalf(four[0]), clampedHalf(four[2])));
            pairs[part * 2 + 1] = asWord(__halves2half2(clampedHalf(four[1]), clampedHalf(four[3])));
        }
    }
};

template <QuantType type>
inline constexpr bool kIsFloat = type == QuantType::F32 || type == QuantType::F16 || type == QuantType::BF16;

} // namespace strata::cuda
