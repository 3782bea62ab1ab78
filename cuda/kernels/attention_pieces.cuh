// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_mma.cuh"
#include "cuda/kernels/kv_cache.cuh"

#include <cstddef>
#include <cstdint>

// Private to the few-token kernel: what one lane holds of 16 cache rows, straight from memory in words of up to 16
// bytes, in an order of dimensions that makes them operands of mma as they are. g = lane / 4, c = lane % 4.
//
// Keys: rows g and g + 8, of each 32 dimensions those from 8c to 8c + 7 (of a rest of 16: 4c to 4c + 3).
// Values: rows 2c, 2c + 1, 2c + 8, 2c + 9, of each 64 dimensions those from 8g to 8g + 7 (of a rest of 32: 4g to
// 4g + 3, of one of 16: 2g and 2g + 1).
namespace strata::cuda {

// Where a lane's words come from: rows of the cache, where there are some; new rows, in shared memory.
struct FromCache {
    bool isThere;
    template <typename T>
    __device__ auto load(const T* at) const {
        return loadIf(isThere, at);
    }
};
struct FromShared {
    template <typename T>
    __device__ T load(const T* at) const {
        return *at;
    }
    __device__ std::uint32_t load(const __half* at) const { return __half_as_ushort(*at); }
};

// Where one row's part of a head begins.
struct HeadRow {
    const std::byte* numbers; // halves or int8
    const __half* scales;     // of q8_0: the one of the row's first element
};

template <int kHead>
constexpr int kValueTiles = kHead / 16; // pairs of dimensions of a lane

// The lane's dimensions 2 * pair and 2 * pair + 1 as their place in the head.
template <int kHead>
__device__ constexpr int valueDimension(int pair, int g) {
    constexpr int kWide = kHead / 64 * 64;
    if (pair < kWide / 16)
        return pair / 4 * 64 + 8 * g + pair % 4 * 2;
    constexpr int kMiddle = kHead % 64 / 32 * 32;
    if (pair < (kWide + kMiddle) / 16)
        return kWide + 4 * g + (pair - kWide / 16) * 2;
    return kWide + kMiddle + 2 * g;
}

template <int kHead>
struct HalfKeys {
    std::uint32_t words[2][kHead / 8];

    template <typename From>
    __device__ void load(From from, int which, HeadRow row, std::uint32_t, int c) {
        const auto* source = reinterpret_cast<const __half*>(row.numbers);
#pragma unroll
        for (int unit = 0; unit < kHead / 32; ++unit) {
            const uint4 four = from.load(reinterpret_cast<const uint4*>(source + 32 * unit + 8 * c));
            words[which][4 * unit] = four.x;
            words[which][4 * unit + 1] = four.y;
            words[which][4 * unit + 2] = four.z;
            words[which][4 * unit + 3] = four.w;
        }
        if constexpr (kHead % 32 != 0) {
            const uint2 two = from.load(reinterpret_cast<const uint2*>(source + kHead / 32 * 32 + 4 * c));
            words[which][kHead / 8 - 2] = two.x;
            words[which][kHead / 8 - 1] = two.y;
        }
    }
    // Operand a of step `step`: 16 keys by 16 dimensions. Its four registers lie side by side, and so do those of a
    // load, but not the same ones. As a plain copy the compiler would make it again for every product; an operation
    // that it can't see through, once.
    __device__ void operand(int step, std::uint32_t (&a)[4], std::uint32_t sameBytes) const {
        a[0] = __byte_perm(words[0][2 * step], 0, sameBytes);
        a[1] = __byte_perm(words[1][2 * step], 0, sameBytes);
        a[2] = __byte_perm(words[0][2 * step + 1], 0, sameBytes);
        a[3] = __byte_perm(words[1][2 * step + 1], 0, sameBytes);
    }
};

template <int kHead>
struct HalfValues {
    std::uint32_t words[4][kHead / 16];

    template <typename From>
    __device__ void load(From from, int which, HeadRow row, std::uint32_t, int g) {
        const auto* source = reinterpret_cast<const __half*>(row.numbers);
#pragma unroll
        for (int unit = 0; unit < kHead / 64; ++unit) {
            const uint4 four = from.load(reinterpret_cast<const uint4*>(source + 64 * unit + 8 * g));
            words[which][4 * unit] = four.x;
            words[which][4 * unit + 1] = four.y;
            words[which][4 * unit + 2] = four.z;
            words[which][4 * unit + 3] = four.w;
        }
        constexpr int kRest = kHead / 64 * 4;
        if constexpr (kHead % 64 >= 32) {
            const uint2 two = from.load(reinterpret_cast<const uint2*>(source + kHead / 64 * 64 + 4 * g));
            words[which][kRest] = two.x;
            words[which][kRest + 1] = two.y;
        }
        if constexpr (kHead % 32 != 0)
            words[which][kHead / 16 - 1] =
                from.load(reinterpret_cast<const std::uint32_t*>(source + kHead / 32 * 32 + 2 * g));
    }
    // Operand a: the lane's dimension 2 * pair in row g and the next one in row g + 8, by 16 keys.
    __device__ void operand(int pair, std::uint32_t (&a)[4]) const {
        a[0] = __byte_perm(words[0][pair], words[1][pair], 0x5410);
        a[1] = __byte_perm(words[0][pair], words[1][pair], 0x7632);
        a[2] = __byte_perm(words[2][pair], words[3][pair], 0x5410);
        a[3] = __byte_perm(words[2][pair], words[3][pair], 0x7632);
    }
};

__device__ inline __half halfOf(std::uint32_t word) {
    return __ushort_as_half(static_cast<unsigned short>(word));
}

// The same from q8_0 rows, of heads of a multiple of 32 dimensions.
template <int kHead>
struct Q8Keys {
    std::uint32_t words[2][kHead / 16];
    std::uint32_t scales[2][kHead / 32]; // halves

    template <typename From>
    __device__ void load(From from, int which, HeadRow row, std::uint32_t firstBlock, int c) {
#pragma unroll
        for (int unit = 0; unit < kHead / 32; ++unit) {
            const uint2 two = from.load(reinterpret_cast<const uint2*>(row.numbers + 32 * unit + 8 * c));
            words[which][2 * unit] = two.x;
            words[which][2 * unit + 1] = two.y;
            scales[which][unit] = from.load(row.scales + firstBlock + unit);
        }
    }
    __device__ void operand(int step, std::uint32_t (&a)[4], std::uint32_t) const {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const __half2 scale = __half2half2(halfOf(scales[which][step / 2]));
            const std::uint32_t biased = words[which][step] ^ 0x80808080U;
            a[which] = asWord(widenPair(biased, 0x4140, scale));
            a[which + 2] = asWord(widenPair(biased, 0x4342, scale));
        }
    }
};

template <int kHead>
struct Q8Values {
    static constexpr int kUnits = (kHead + 63) / 64;
    std::uint32_t words[4][kHead / 32];
    std::uint32_t scales[4][kUnits]; // halves

    template <typename From>
    __device__ void load(From from, int which, HeadRow row, std::uint32_t firstBlock, int g) {
#pragma unroll
        for (int unit = 0; unit < kHead / 64; ++unit) {
            const uint2 two = from.load(reinterpret_cast<const uint2*>(row.numbers + 64 * unit + 8 * g));
            words[which][2 * unit] = two.x;
            words[which][2 * unit + 1] = two.y;
            scales[which][unit] = from.load(row.scales + firstBlock + 2 * unit + g / 4);
        }
        if constexpr (kHead % 64 != 0) {
            words[which][kHead / 32 - 1] =
                from.load(reinterpret_cast<const std::uint32_t*>(row.numbers + kHead / 64 * 64 + 4 * g));
            scales[which][kUnits - 1] = from.load(row.scales + firstBlock + kHead / 32 - 1);
        }
    }
    __device__ void operand(int pair, std::uint32_t (&a)[4]) const {
        const int unit = pair / 4;
        const std::uint32_t together = pair % 2 == 0 ? 0x5140U : 0x7362U; // both rows' numbers 2 * pair, then the next
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int row = 2 * half;
            const std::uint32_t numbers =
                __byte_perm(words[row][pair / 2], words[row + 1][pair / 2], together) ^ 0x80808080U;
            const __half2 scale = __halves2half2(halfOf(scales[row][unit]), halfOf(scales[row + 1][unit]));
            a[2 * half] = asWord(widenPair(numbers, 0x4140, scale));
            a[2 * half + 1] = asWord(widenPair(numbers, 0x4342, scale));
        }
    }
};

} // namespace strata::cuda
