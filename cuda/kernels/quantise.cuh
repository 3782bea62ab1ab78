// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/quantise.h"

#include <cuda_runtime.h>

namespace strata::cuda {

// Each lane of a warp gives one of 32 consecutive values; `place` counts groups as they lie in `out`.
__device__ __forceinline__ void storeQuantised(float value, std::uint32_t place, const QuantisedRows& out) {
    const std::uint32_t lane = threadIdx.x % 32;
    float largest = fabsf(value);
    for (int offset = 16; offset > 0; offset /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(kAllLanes, largest, offset));
    const float scale = largest / 127.0f;
    const int code = scale > 0.0f ? __float2int_rn(__fdiv_rn(value, scale)) : 0;
    const int bounded = min(127, max(-127, code)); // a subnormal scale is coarse
    const int sum = __reduce_add_sync(kAllLanes, bounded);
    out.q[place * 32 + lane] = static_cast<std::int8_t>(bounded);
    if (lane == 0)
        out.scaleAndSum[place] = {scale, scale * static_cast<float>(sum)};
}

} // namespace strata::cuda
