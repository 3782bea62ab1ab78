// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_float.cuh"
#include "cuda/kernels/matvec_tile.cuh"

// The kernels for few tokens, over every format; those for one token and for more are instantiated in files of their
// own.
namespace strata::cuda {

// Two sets, used in turns: warps may go on to the next tiles while others still add up those before.
template <int kTokens, int kMatrices>
using BlockPartials = TilePartials<kTokens>[2][kMatrices];

// Leaves in `partials` what the warps found of each tile of the sequence, all of one format, and calls finish(sums,
// firstRow) when all matrices have their tile of the same rows.
template <QuantType kType, template <QuantType> typename Arithmetic, typename Partials, typename Finish>
__device__ __forceinline__ void multiplyTiles(
    const MatvecArguments& arguments, const TileSequence& tiles, std::byte* ring, Partials& partials, Finish&& finish) {
    const auto finishTile = [&](std::uint32_t tile) {
        if (tile % tiles.matrixCount + 1 < tiles.matrixCount)
            return;
        __syncthreads();
        finish(partials[tile / tiles.matrixCount % 2], tiles.firstRow(tile));
    };
    const auto sumsOf = [&](std::uint32_t tile) -> auto& {
        return partials[tile / tiles.matrixCount % 2][tile % tiles.matrixCount];
    };
    if constexpr (isFloatFormat(kType)) {
        waitForProducers();
#pragma unroll 1
        for (std::uint32_t tile = 0; tile < tiles.count; ++tile) {
            multiplyFloatTile<kType>(arguments, tiles.matrix(tile), tiles.firstRow(tile), sumsOf(tile));
            finishTile(tile);
        }
    } else {
        TileWarp<kType, Arithmetic> warp(arguments, tiles, ring);
        waitForProducers();
#pragma unroll 1
        for (std::uint32_t tile = 0; tile < tiles.count; ++tile) {
            warp.accumulate(tile, sumsOf(tile));
            finishTile(tile);
        }
    }
}

template <int kTokens>
__device__ __forceinline__ float sumOfWarps(const TilePartials<kTokens>& partials, int token, int row) {
    float sum = partials[0][token][row];
#pragma unroll
    for (int warp = 1; warp < kTileWarps; ++warp)
        sum += partials[warp][token][row];
    return sum;
}

__device__ __forceinline__ float siluOf(float value) {
    return __fdiv_rn(value, __fadd_rn(1.0f, expf(-value)));
}

template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, Arithmetic<QuantType::Q8_0>::kBlocks)
    productsKernel(const __grid_constant__ MatvecArguments arguments) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    extern __shared__ uint4 ring[];
    __shared__ BlockPartials<kTokens, 1> partials;
    allowDependents();
    std::uint32_t index = 0;
    while (index + 1 < arguments.count && blockIdx.x >= arguments.matrices[index + 1].firstBlock)
        ++index;
    const MatvecMatrix& matrix = arguments.matrices[index];
    const TileSequence tiles(&matrix, 1, blockIdx.x - matrix.firstBlock);
    const auto finish = [&](const auto& sums, std::uint32_t firstRow) {
        const int token = static_cast<int>(threadIdx.x) / kTileRows;
        const std::uint32_t row = firstRow + threadIdx.x % kTileRows;
        if (token >= static_cast<int>(arguments.m) || row >= matrix.rows)
            return;
        float value = sumOfWarps<kTokens>(sums[0], token, static_cast<int>(threadIdx.x % kTileRows));
        if (matrix.bias != nullptr)
            value += matrix.bias[row];
        float* const y = matrix.y + std::size_t(token) * matrix.rows + row;
        if (matrix.storing == Storing::Add)
            value = __fadd_rn(*y, value);
        if (matrix.storing == Storing::Gate)
            value *= siluOf(*y);
        *y = value;
    };
    visitFormat(matrix.type, [&]<QuantType kType>() {
        multiplyTiles<kType, Arithmetic>(arguments, tiles, reinterpret_cast<std::byte*>(ring), partials, finish);
    });
}

// Matrix 0 is the gate, matrix 1 the way up, of the same format; a block computes the same rows of both.
template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, Arithmetic<QuantType::Q8_0>::kBlocks)
    gateUpKernel(const __grid_constant__ MatvecArguments arguments, float* y) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    extern __shared__ uint4 ring[];
    __shared__ BlockPartials<kTokens, 2> partials;
    allowDependents();
    const std::uint32_t rows = arguments.matrices[0].rows;
    const TileSequence tiles(arguments.matrices, 2, blockIdx.x);
    const auto finish = [&](const auto& sums, std::uint32_t firstRow) {
        const int token = static_cast<int>(threadIdx.x) / kTileRows;
        const std::uint32_t row = firstRow + threadIdx.x % kTileRows;
        if (token >= static_cast<int>(arguments.m) || row >= rows)
            return;
        float values[2];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            values[i] = sumOfWarps<kTokens>(sums[i], token, static_cast<int>(threadIdx.x % kTileRows));
            if (arguments.matrices[i].bias != nullptr)
                values[i] += arguments.matrices[i].bias[row];
        }
        y[std::size_t(token) * rows + row] = siluOf(values[0]) * values[1];
    };
    visitFormat(arguments.matrices[0].type, [&]<QuantType kType>() {
        multiplyTiles<kType, Arithmetic>(arguments, tiles, reinterpret_cast<std::byte*>(ring), partials, finish);
    });
}

} // namespace strata::cuda
