// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/kv_rows.h"

#include <cuda_fp16.h>

#include <cstddef>
#include <cstdint>

// Private to cuda/kernels: rows of a cache (core/backend/kv_rows.h) as kernels address them.
namespace strata::cuda {

struct CacheRows {
    std::byte* keys = nullptr;
    std::byte* values = nullptr;
    std::uint32_t rowBytes = 0;
    std::uint32_t kvLength = 0;

    __device__ std::byte* key(std::uint32_t row) const { return keys + std::size_t(row) * rowBytes; }
    __device__ std::byte* value(std::uint32_t row) const { return values + std::size_t(row) * rowBytes; }
};

// One block of q8_0 over a warp, rounded as core/quant does: lane i brings value i.
struct WarpBlock {
    std::int8_t number;
    __half scale; // the same in all lanes
};

__device__ inline WarpBlock quantiseOverWarp(float value) {
    float largest = fabsf(value);
    for (int distance = 16; distance > 0; distance /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, distance));
    const __half scale = __float2half_rn(__fdiv_rn(largest, 127.0F));
    const float rounded = __half2float(scale);
    const float inverse = rounded == 0.0F ? 0.0F : __fdiv_rn(1.0F, rounded);
    const float number = fminf(fmaxf(roundf(__fmul_rn(value, inverse)), -127.0F), 127.0F);
    return {static_cast<std::int8_t>(number), scale};
}

// Four int8 as two pairs of halves (0,1) and (2,3), times their scale.
// 0x6400 + u is the half 1024 + u, and the numbers become u = 128 + q by flipping their sign bit.
__device__ inline __half2 widenPair(std::uint32_t biased, std::uint32_t selector, __half2 scale) {
    const std::uint32_t bits = __byte_perm(biased, 0x64646464U, selector);
    const __half2 offset = __half2half2(__ushort_as_half(0x6480)); // 1152
    return __hmul2(__hsub2(reinterpret_cast<const __half2&>(bits), offset), scale);
}

__device__ inline std::uint32_t asWord(__half2 pair) {
    return reinterpret_cast<const std::uint32_t&>(pair);
}

} // namespace strata::cuda
