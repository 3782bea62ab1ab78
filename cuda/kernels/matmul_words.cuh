// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/blocks.h"

#include <cuda_fp16.h>

#include <cstdint>

// Loads of raw weight bytes that have no alignment, and the arithmetic on four codes in one word.
namespace strata::cuda {

// A word whose address is a multiple of kAlignment.
template <int kAlignment>
__device__ __forceinline__ std::uint32_t loadWord(const std::uint8_t* p) {
    if constexpr (kAlignment >= 4) {
        return *reinterpret_cast<const std::uint32_t*>(p);
    } else if constexpr (kAlignment == 2) {
        const auto* halves = reinterpret_cast<const std::uint16_t*>(p);
        return __byte_perm(halves[0], halves[1], 0x5410);
    } else {
        const auto address = reinterpret_cast<std::uintptr_t>(p);
        const auto* words = reinterpret_cast<const std::uint32_t*>(address & ~std::uintptr_t{3});
        return __funnelshift_r(words[0], words[1], static_cast<std::uint32_t>(address & 3) * 8);
    }
}

__device__ __forceinline__ float loadHalf(const std::uint8_t* p) {
    return __half2float(__ushort_as_half(*reinterpret_cast<const std::uint16_t*>(p)));
}

// Bit i of the lowest four to bit 4 of byte i: the products are the shifts of the bits to their bytes, without carries.
__device__ __forceinline__ std::uint32_t fifthBits(std::uint32_t bits) {
    return (((bits & 0xf) * 0x00204081u) & 0x01010101u) << 4;
}

// The codes of a lane in a group of 32 columns, as unsigned bytes.
struct Codes {
    std::uint32_t low;  // columns 4t .. 4t + 3
    std::uint32_t high; // columns 16 + 4t .. 16 + 4t + 3
};

constexpr std::uint32_t tableWord(const std::int8_t (&values)[16], int first, int offset) {
    std::uint32_t word = 0;
    for (int i = 3; i >= 0; --i)
        word = word << 8 | static_cast<std::uint8_t>(values[first + i] + offset);
    return word;
}

// Sixteen signed bytes, made unsigned by an offset.
template <const std::int8_t (&values)[16]>
struct ByteTable {
    static constexpr int kOffset = 128;
    static constexpr std::uint32_t kWord0 = tableWord(values, 0, kOffset);
    static constexpr std::uint32_t kWord1 = tableWord(values, 4, kOffset);
    static constexpr std::uint32_t kWord2 = tableWord(values, 8, kOffset);
    static constexpr std::uint32_t kWord3 = tableWord(values, 12, kOffset);

    // The bytes of the four low and of the four high nibbles of a word. A permutation picks four bytes out of eight by
    // the three lower bits of each selector; the upper bit then chooses between the two halves of the table.
    static __device__ __forceinline__ Codes codes(std::uint32_t nibbles) {
        const std::uint32_t index = nibbles & 0x77777777u;
        const std::uint32_t half = ((nibbles >> 1) & 0x44444444u) | 0x32103210u;
        const std::uint32_t first =
            __byte_perm(__byte_perm(kWord0, kWord1, index), __byte_perm(kWord2, kWord3, index), half);
        const std::uint32_t second =
            __byte_perm(__byte_perm(kWord0, kWord1, index >> 16), __byte_perm(kWord2, kWord3, index >> 16), half >> 16);
        return {__byte_perm(first, second, 0x6420), __byte_perm(first, second, 0x7531)};
    }
};

__device__ __forceinline__ std::uint32_t asWord(__half2 pair) {
    return *reinterpret_cast<const std::uint32_t*>(&pair);
}

__device__ __forceinline__ __half2 asHalves(std::uint32_t word) {
    return *reinterpret_cast<const __half2*>(&word);
}

// Codes 0 and 2, and 1 and 3, of four unsigned bytes as halves less kOffset, exactly: 0x6400 + code is 1024 + code.
struct CodePairs {
    __half2 even;
    __half2 odd;
};

template <int kOffset>
__device__ __forceinline__ CodePairs codePairs(std::uint32_t codes) {
    const __half2 offset = __half2half2(__ushort_as_half(static_cast<unsigned short>(0x6400 + kOffset)));
    return {__hsub2(asHalves(__byte_perm(codes, 0x64646464u, 0x4240)), offset),
        __hsub2(asHalves(__byte_perm(codes, 0x64646464u, 0x4341)), offset)};
}

} // namespace strata::cuda
