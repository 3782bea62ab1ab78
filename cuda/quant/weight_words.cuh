// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include <cuda_fp16.h>

// What the weight formats share on the GPU: reads from blocks at the alignment that a format gives, in any address
// space, and arithmetic on four bytes of a word at once.
namespace strata::cuda {

template <int kAlignment>
__device__ __forceinline__ std::uint32_t loadWord(const std::byte* bytes) {
    if constexpr (kAlignment >= 4)
        return *reinterpret_cast<const std::uint32_t*>(bytes);
    if constexpr (kAlignment == 2) {
        const auto* halves = reinterpret_cast<const std::uint16_t*>(bytes);
        return __byte_perm(halves[0], halves[1], 0x5410);
    }
    const auto* single = reinterpret_cast<const std::uint8_t*>(bytes);
    return __byte_perm(__byte_perm(single[0], single[1], 0x0040), __byte_perm(single[2], single[3], 0x0040), 0x5410);
}

// An IEEE 754 binary16 at an even address.
__device__ __forceinline__ float loadHalf(const std::byte* bytes) {
    return __half2float(__ushort_as_half(*reinterpret_cast<const std::uint16_t*>(bytes)));
}

__device__ __forceinline__ int byteAt(const std::byte* bytes, int index) {
    return static_cast<int>(reinterpret_cast<const std::uint8_t*>(bytes)[index]);
}

// Rotates: bits that leave a byte land in another, so the caller masks. A negative count rotates to the right.
__device__ __forceinline__ std::uint32_t rotateLeft(std::uint32_t word, int count) {
    return __funnelshift_l(word, word, count & 31);
}

__device__ __forceinline__ int unsignedByte(std::uint32_t word, int index) {
    return static_cast<int>(__byte_perm(word, 0, 0x4440 | index));
}

__device__ __forceinline__ int signedByte(std::uint32_t word, int index) {
    return static_cast<std::int8_t>((word >> (8 * index)) & 0xffu);
}

// The word of four that holds byte i of 16: chosen, as registers have no index.
__device__ __forceinline__ std::uint32_t wordOf(const std::uint32_t (&words)[4], int i) {
    const std::uint32_t even = i < 8 ? words[0] : words[2];
    const std::uint32_t odd = i < 8 ? words[1] : words[3];
    return i % 8 < 4 ? even : odd;
}

// Bits 0 .. 3 of `bits` go to bit 7 of bytes 0 .. 3.
__device__ __forceinline__ std::uint32_t spreadToSigns(std::uint32_t bits) {
    return ((bits & 0xfu) * 0x10204080u) & 0x80808080u;
}

// The low (or high) nibble of each byte of `pairs` replaced by its entry in a table of sixteen bytes.
__device__ __forceinline__ std::uint32_t lookUpNibbles(std::uint32_t pairs, bool high, uint4 table) {
    const std::uint32_t index = pairs & 0x77777777u;                       // within either half of the table
    const std::uint32_t half = ((pairs >> 1) & 0x44444444u) | 0x32103210u; // which half, per byte of the result
    const auto four = [&](std::uint32_t indices, std::uint32_t halves) {
        return __byte_perm(__byte_perm(table.x, table.y, indices), __byte_perm(table.z, table.w, indices), halves);
    };
    const std::uint32_t front = four(index, half);            // low, high, low, high of bytes 0 and 1
    const std::uint32_t back = four(index >> 16, half >> 16); // and of bytes 2 and 3
    return __byte_perm(front, back, high ? 0x7531 : 0x6420);
}

} // namespace strata::cuda
