// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/weight_words.cuh"

// Scales and minima of Q4_K and Q5_K: two halves, then eight pairs of six bits in twelve bytes, at the start of a block
// that is aligned to 16 bytes.
namespace strata::cuda {

struct SixBitScales {
    float d, dmin;
    std::uint32_t scaleCodes[2], minimumCodes[2]; // of four groups each

    static __device__ SixBitScales load(const std::byte* block) {
        const uint4 words = *reinterpret_cast<const uint4*>(block);
        SixBitScales result;
        result.d = __half2float(__ushort_as_half(static_cast<unsigned short>(words.x & 0xffffu)));
        result.dmin = __half2float(__ushort_as_half(static_cast<unsigned short>(words.x >> 16)));
        result.scaleCodes[0] = words.y & 0x3f3f3f3fu;
        result.minimumCodes[0] = words.z & 0x3f3f3f3fu;
        result.scaleCodes[1] = (words.w & 0x0f0f0f0fu) | ((words.y >> 2) & 0x30303030u);
        result.minimumCodes[1] = ((words.w >> 4) & 0x0f0f0f0fu) | ((words.z >> 2) & 0x30303030u);
        return result;
    }
    __device__ int scaleCode(int i) const { return unsignedByte(i < 4 ? scaleCodes[0] : scaleCodes[1], i % 4); }
    __device__ int minimumCode(int i) const { return unsignedByte(i < 4 ? minimumCodes[0] : minimumCodes[1], i % 4); }
};

} // namespace strata::cuda
