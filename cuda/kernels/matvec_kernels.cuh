// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_float.cuh"
#include "cuda/kernels/matvec_tile.cuh"

// The kernels for few tokens, over every format; those for one token and for more are instantiated in files of their
// own.
namespace strata::cuda {

// Leaves the sums of each warp in `partials`, of one matrix or of two of one format.
template <QuantType kType, template <QuantType> typename Arithmetic>
__device__ __forceinline__ void multiplyTiles(const MatvecArguments& arguments, const MatvecMatrix* matrices, int count,
    std::uint32_t firstRow, std::byte* ring, TilePartials* partials) {
    if constexpr (isFloatFormat(kType)) {
        constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kIsOne ? 1 : static_cast<int>(kFewTokens);
        const int lane = static_cast<int>(threadIdx.x % 32);
        const int warp = static_cast<int>(threadIdx.x / 32);
        waitForProducers();
#pragma unroll 1
        for (int part = 0; part < count; ++part) {
            float sums[kWarpRows][kTokens] = {};
            FloatRows<kType, kTokens>(arguments, matrices[part], firstRow).multiply(sums);
#pragma unroll
            for (int i = 0; i < kWarpRows; ++i) {
#pragma unroll
                for (int token = 0; token < kTokens; ++token) { // a row is whole within its warp
                    if (lane < kTileWarps)
                        partials[part][lane][token][warp * kWarpRows + i] = lane == 0 ? sums[i][token] : 0.0f;
                }
            }
        }
    } else {
        TileWarp<kType, Arithmetic> tile(arguments, ring);
        tile.start(matrices[0], count > 1 ? matrices + 1 : nullptr, firstRow);
        waitForProducers();
#pragma unroll 1
        for (int part = 0; part < count; ++part) {
            tile.accumulate(matrices[part], firstRow, partials[part]);
        }
    }
}

__device__ __forceinline__ float sumOfWarps(const TilePartials& partials, int token, int row) {
    float sum = partials[0][token][row];
#pragma unroll
    for (int warp = 1; warp < kTileWarps; ++warp)
        sum += partials[warp][token][row];
    return sum;
}

template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, 2) productsKernel(const __grid_constant__ MatvecArguments arguments) {
    extern __shared__ uint4 ring[];
    __shared__ TilePartials partials;
    allowDependents();
    std::uint32_t index = 0;
    while (index + 1 < arguments.count && blockIdx.x >= arguments.matrices[index + 1].firstTile)
        ++index;
    const MatvecMatrix& matrix = arguments.matrices[index];
    const std::uint32_t firstRow = (blockIdx.x - matrix.firstTile) * kTileRows;
    visitFormat(matrix.type, [&]<QuantType kType>() {
        multiplyTiles<kType, Arithmetic>(
            arguments, &matrix, 1, firstRow, reinterpret_cast<std::byte*>(ring), &partials);
    });
    __syncthreads();
    const int token = static_cast<int>(threadIdx.x) / kTileRows;
    const std::uint32_t row = firstRow + threadIdx.x % kTileRows;
    if (token >= static_cast<int>(arguments.m) || row >= matrix.rows)
        return;
    float value = sumOfWarps(partials, token, static_cast<int>(threadIdx.x % kTileRows));
    if (matrix.bias != nullptr)
        value += matrix.bias[row];
    float* const y = matrix.y + std::size_t(token) * matrix.rows + row;
    *y = matrix.adds ? *y + value : value;
}

// Matrix 0 is the gate, matrix 1 the way up; a block computes the same rows of both.
template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, 2)
    gateUpKernel(const __grid_constant__ MatvecArguments arguments, float* y) {
    extern __shared__ uint4 ring[];
    __shared__ TilePartials partials[2];
    allowDependents();
    const std::uint32_t firstRow = blockIdx.x * kTileRows;
    const int together = arguments.matrices[0].type == arguments.matrices[1].type ? 2 : 1;
#pragma unroll 1
    for (int first = 0; first < 2; first += together) {
        if (first > 0)
            __syncthreads(); // the rings of the warps lie elsewhere
        visitFormat(arguments.matrices[first].type, [&]<QuantType kType>() {
            multiplyTiles<kType, Arithmetic>(arguments, arguments.matrices + first, together, firstRow,
                reinterpret_cast<std::byte*>(ring), partials + first);
        });
    }
    __syncthreads();
    const int token = static_cast<int>(threadIdx.x) / kTileRows;
    const std::uint32_t row = firstRow + threadIdx.x % kTileRows;
    if (token >= static_cast<int>(arguments.m) || row >= arguments.matrices[0].rows)
        return;
    float values[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        values[i] = sumOfWarps(partials[i], token, static_cast<int>(threadIdx.x % kTileRows));
        if (arguments.matrices[i].bias != nullptr)
            values[i] += arguments.matrices[i].bias[row];
    }
    const float silu = __fdiv_rn(values[0], 1.0f + expf(-values[0]));
    y[std::size_t(token) * arguments.matrices[0].rows + row] = silu * values[1];
}

} // namespace strata::cuda
