// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_tile.cuh"

// What becomes of the sums of a tile.
namespace strata::cuda {

__device__ __forceinline__ float silu(float x) {
    return __fdividef(x, 1.0f + __expf(-x));
}

// The results of a lane: pieces of m16n8 as the tensor cores leave them, in tokens `token`, `token` + 1 and on by
// eight, of one row of the tile and of the one eight further.
// Values are computed for all tokens, so that no branch stands between them; the row scales of those past the last are
// zeros.
template <int kPieces, typename Value, typename Store>
__device__ __forceinline__ void forTokens(const MatmulCall& call, std::uint32_t token, Value value, Store store) {
    const auto* const scales = reinterpret_cast<const float2*>(call.rowScales + token); // `token` is even
#pragma unroll
    for (int piece = 0; piece < kPieces; ++piece) {
        const float2 pair = __ldg(scales + piece * 4);
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const std::uint32_t at = token + piece * 8 + i;
            const float result = value(piece * 4 + i, i == 0 ? pair.x : pair.y);
            if (at < call.m)
                store(at, result);
        }
    }
}

template <int kPieces>
__device__ __forceinline__ void storeRow(
    const MatmulCall& call, const MatmulMatrix& matrix, std::uint32_t row, std::uint32_t token, const float* sums) {
    if (row >= matrix.rows)
        return;
    const float bias = matrix.bias != nullptr ? matrix.bias[row] : 0.0f;
    float* const y = matrix.y + row;
    const std::size_t stride = matrix.rows;
    const auto value = [&](int i, float scale) { return fmaf(sums[i], scale, bias); };
    if (matrix.end == MatmulEnd::Store)
        forTokens<kPieces>(call, token, value, [&](std::uint32_t t, float v) { y[t * stride] = v; });
    else if (matrix.end == MatmulEnd::Add)
        forTokens<kPieces>(call, token, value, [&](std::uint32_t t, float v) { y[t * stride] += v; });
    else
        forTokens<kPieces>(
            call, token, value, [&](std::uint32_t t, float v) { y[t * stride] = silu(y[t * stride]) * v; });
}

template <int kPieces>
__device__ __forceinline__ void storeGateUp(
    const MatmulCall& call, std::uint32_t row, std::uint32_t token, const float* sums) {
    const MatmulMatrix& gate = call.matrices[0];
    const MatmulMatrix& up = call.matrices[1];
    if (row >= gate.rows)
        return;
    const float gateBias = gate.bias != nullptr ? gate.bias[row] : 0.0f;
    const float upBias = up.bias != nullptr ? up.bias[row] : 0.0f;
    float* const y = gate.y + row;
    const std::size_t stride = gate.rows;
    forTokens<kPieces>(
        call, token,
        [&](int i, float scale) { return silu(fmaf(sums[i], scale, gateBias)) * fmaf(sums[i + 2], scale, upBias); },
        [&](std::uint32_t t, float v) { y[t * stride] = v; });
}

template <bool kGateUp, int kPieces>
__device__ __forceinline__ void storePieces(const MatmulCall& call, std::uint32_t matrix, std::uint32_t stripe, int row,
    std::uint32_t token, const float* sums) {
    const std::uint32_t first = tileRow<kGateUp>(call, matrix, stripe, row).row;
    if constexpr (kGateUp) {
        storeGateUp<kPieces>(call, first, token, sums);
    } else {
        storeRow<kPieces>(call, call.matrices[matrix], first, token, sums);
        storeRow<kPieces>(call, call.matrices[matrix], first + 8, token, sums + 2);
    }
}

// Whether any of the first kMatmulThreads of the block says so; all of them wait for each other.
__device__ __forceinline__ bool anyOf(bool mine) {
    std::uint32_t any = 0;
    asm volatile("{.reg .pred p, q; setp.ne.u32 p, %1, 0; barrier.cta.red.or.pred q, 1, %2, p; selp.u32 %0, 1, 0, q;}"
                 : "=r"(any)
                 : "r"(static_cast<std::uint32_t>(mine)), "n"(kMatmulThreads)
                 : "memory");
    return any != 0;
}

// With the columns split among blocks, each leaves its sums, and the last to arrive adds them all up, in the order of
// the splits whichever that is. True for that block, whose sums are then complete.
template <int kCount>
__device__ __forceinline__ bool addSplits(const MatmulCall& call, float (&sums)[kCount]) {
    if (gridDim.y == 1)
        return true;
    float* tile = call.partials + std::size_t{blockIdx.x} * gridDim.y * kCount * kMatmulThreads;
    float* mine = tile + std::size_t{blockIdx.y} * kCount * kMatmulThreads;
    for (int i = 0; i < kCount; ++i)
        mine[i * kMatmulThreads + threadIdx.x] = sums[i];
    __threadfence();
    anyOf(false);
    if (!anyOf(threadIdx.x == 0 && atomicAdd(call.arrivals + blockIdx.x, 1) == gridDim.y - 1))
        return false;
    if (threadIdx.x == 0)
        call.arrivals[blockIdx.x] = 0;
    __threadfence();
    for (int i = 0; i < kCount; ++i)
        sums[i] = 0.0f;
    for (std::uint32_t split = 0; split < gridDim.y; ++split)
        for (int i = 0; i < kCount; ++i)
            sums[i] += __ldcg(tile + (std::size_t{split} * kCount + i) * kMatmulThreads + threadIdx.x);
    return true;
}

} // namespace strata::cuda
