// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/quantise.h"

#include <cuda_runtime.h>

namespace strata::cuda {

// The place of a token's group, counted in groups.
__device__ __forceinline__ std::uint32_t quantisedPlace(std::uint32_t group, std::uint32_t token, std::uint32_t m) {
    return m == 1 ? group : group * kTokenPlaces + token;
}

// Eight neighbouring lanes give four values each, in order, of one group of 32 columns; `place` counts groups as they
// lie in `out`. All lanes of the warp call it; those without a group say so.
__device__ __forceinline__ void storeQuantised(
    const float4& values, std::uint32_t place, bool isThere, const QuantisedRows& out) {
    float largest = fmaxf(fmaxf(fabsf(values.x), fabsf(values.y)), fmaxf(fabsf(values.z), fabsf(values.w)));
    for (int offset = 4; offset > 0; offset /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, offset));
    const float scale = __fdiv_rn(largest, 127.0f);
    const float inverse = largest > 0.0f ? __fdiv_rn(127.0f, largest) : 0.0f;
    const auto code = [&](float value) { // a subnormal scale is coarse
        return min(127, max(-127, __float2int_rn(__fmul_rn(value, inverse))));
    };
    const int codes[4] = {code(values.x), code(values.y), code(values.z), code(values.w)};
    int sum = codes[0] + codes[1] + codes[2] + codes[3];
    for (int offset = 4; offset > 0; offset /= 2)
        sum += __shfl_xor_sync(kAllLanes, sum, offset);
    if (!isThere)
        return;
    const std::uint32_t lane = threadIdx.x % 8;
    const std::uint32_t low = __byte_perm(codes[0], codes[1], 0x0040);
    reinterpret_cast<std::uint32_t*>(out.q)[place * 8 + lane] =
        __byte_perm(low, __byte_perm(codes[2], codes[3], 0x0040), 0x5410);
    if (lane == 0)
        out.scaleAndSum[place] = {scale, __fmul_rn(scale, static_cast<float>(sum))};
}

// The same with one value a lane: all lanes of a warp give those of one group.
__device__ __forceinline__ void storeQuantised(float value, std::uint32_t place, const QuantisedRows& out) {
    const int first = static_cast<int>(threadIdx.x % 8 * 4);
    const float4 values = {__shfl_sync(kAllLanes, value, first), __shfl_sync(kAllLanes, value, first + 1),
        __shfl_sync(kAllLanes, value, first + 2), __shfl_sync(kAllLanes, value, first + 3)};
    storeQuantised(values, place, threadIdx.x % 32 < 8, out);
}

} // namespace strata::cuda
