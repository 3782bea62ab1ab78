// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_tile.cuh"

// What becomes of the sums of a tile.
namespace strata::cuda {

__device__ __forceinline__ float silu(float x) {
    return x / (1.0f + __expf(-x));
}

__device__ __forceinline__ void storeResult(
    const MatmulMatrix& matrix, std::uint32_t row, std::uint32_t token, float value) {
    if (matrix.bias != nullptr)
        value += matrix.bias[row];
    float* y = matrix.y + std::size_t{token} * matrix.rows + row;
    if (matrix.end == MatmulEnd::Add)
        value += *y;
    if (matrix.end == MatmulEnd::Activate)
        value *= silu(*y);
    *y = value;
}

__device__ __forceinline__ void storeGateUp(
    const MatmulCall& call, std::uint32_t row, std::uint32_t token, float gate, float up) {
    if (call.matrices[0].bias != nullptr)
        gate += call.matrices[0].bias[row];
    if (call.matrices[1].bias != nullptr)
        up += call.matrices[1].bias[row];
    call.matrices[0].y[std::size_t{token} * call.matrices[0].rows + row] = silu(gate) * up;
}

// One m16n8 piece of a tile as the tensor cores leave it: rows `row` and `row` + 8 of the tile, tokens `token` and
// `token` + 1.
template <bool kGateUp>
__device__ __forceinline__ void storePiece(const MatmulCall& call, std::uint32_t matrix, std::uint32_t stripe, int row,
    std::uint32_t token, const float (&sums)[4]) {
    for (int i = 0; i < 2; ++i) {
        if (token + i >= call.m)
            continue;
        const float scale = call.rowScales[token + i];
        const TileRow first = tileRow<kGateUp>(call, matrix, stripe, row);
        const TileRow second = tileRow<kGateUp>(call, matrix, stripe, row + 8);
        if constexpr (kGateUp) {
            if (first.row < call.matrices[0].rows)
                storeGateUp(call, first.row, token + i, sums[i] * scale, sums[i + 2] * scale);
        } else {
            const MatmulMatrix& target = call.matrices[matrix];
            if (first.row < target.rows)
                storeResult(target, first.row, token + i, sums[i] * scale);
            if (second.row < target.rows)
                storeResult(target, second.row, token + i, sums[i + 2] * scale);
        }
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
