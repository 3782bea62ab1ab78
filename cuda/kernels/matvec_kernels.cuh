// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_float.cuh"
#include "cuda/kernels/matvec_tile.cuh"
#include "cuda/kernels/quantise.cuh"

// The kernels for few tokens, over every format; those for one token and for more are instantiated in files of their
// own.
namespace strata::cuda {

// Multiplies the tiles of the sequence, all of one format, and calls finish(sums, firstRow) when all kMatrices matrices
// have their tile of the same rows. A function of its own for each format, so that each has registers of its own.
template <QuantType kType, template <QuantType> typename Arithmetic, int kMatrices, typename Finish>
__device__ __noinline__ void multiplyTiles(
    const MatvecArguments& arguments, const TileSequence<kMatrices> tiles, const Finish finish) {
    extern __shared__ uint4 shared[];
    using Partials = BlockPartials<Arithmetic<QuantType::Q8_0>::kMostTokens, kMatrices>;
    Partials& partials = *reinterpret_cast<Partials*>(shared);
    const auto finishTile = [&](std::uint32_t tile) {
        if (tile % kMatrices + 1 < kMatrices)
            return;
        __syncthreads();
        finish(partials[tile / kMatrices % 2], tiles.firstRow(tile));
    };
    const auto sumsOf = [&](std::uint32_t tile) -> auto& {
        return partials[tile / kMatrices % 2][tile % kMatrices];
    };
    if constexpr (isFloatFormat(kType)) {
        waitForProducers();
#pragma unroll 1
        for (std::uint32_t tile = 0; tile < tiles.count; ++tile) {
            multiplyFloatTile<kType>(arguments, tiles.matrix(tile), tiles.firstRow(tile), sumsOf(tile));
            finishTile(tile);
        }
    } else {
        TileWarp<kType, Arithmetic, kMatrices> warp(
            arguments, tiles, reinterpret_cast<std::byte*>(shared) + sizeof(Partials));
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
__global__ void __launch_bounds__(kTileThreads, kBlocksEach)
    productsKernel(const __grid_constant__ MatvecArguments arguments) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    allowDependents();
    std::uint32_t index = 0;
    while (index + 1 < arguments.count && blockIdx.x >= arguments.matrices[index + 1].firstBlock)
        ++index;
    const MatvecMatrix& matrix = arguments.matrices[index];
    const TileSequence<1> tiles(&matrix, blockIdx.x - matrix.firstBlock);
    const auto finish = [&arguments, &matrix](const auto& sums, std::uint32_t firstRow) {
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
    visitFormat(matrix.type, [&]<QuantType kType>() { multiplyTiles<kType, Arithmetic, 1>(arguments, tiles, finish); });
}

// Stores the results of one tile after the other; rounds those of two neighbours together.
template <int kTokens>
struct GatedTiles {
    const MatvecArguments& arguments;
    const GatedRows& out;

    __device__ float valueOf(const TilePartials<kTokens> (&sums)[2], int token, std::uint32_t firstRow, int row) const {
        float values[2];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            values[i] = sumOfWarps<kTokens>(sums[i], token, row);
            if (arguments.matrices[i].bias != nullptr)
                values[i] += arguments.matrices[i].bias[firstRow + row];
        }
        return siluOf(values[0]) * values[1];
    }

    // `held` keeps the upper of two tiles until the lower is there; a warp has all rows of a token.
    __device__ void operator()(const TilePartials<kTokens> (&sums)[2], std::uint32_t firstRow) const {
        __shared__ float held[kTokens][kTileRows];
        const std::uint32_t rows = arguments.matrices[0].rows;
        const int token = static_cast<int>(threadIdx.x) / 32;
        const int lane = static_cast<int>(threadIdx.x) % 32;
        if (token >= static_cast<int>(arguments.m))
            return;
        const bool isUpper = firstRow / kTileRows % 2 == 0;
        const int row = lane % kTileRows;
        const bool isNew = lane / kTileRows == (isUpper ? 0 : 1);
        float value = 0.0f;
        if (isNew && firstRow + row < rows) {
            value = valueOf(sums, token, firstRow, row);
            if (out.y != nullptr)
                out.y[std::size_t(token) * rows + firstRow + row] = value;
        }
        if (isUpper && isNew)
            held[token][row] = value;
        if (isUpper || out.quantised.q == nullptr)
            return;
        __syncwarp();
        if (!isNew)
            value = held[token][row];
        storeQuantised(value, firstRow / 32 * arguments.m + token, out.quantised);
    }
};

// Matrix 0 is the gate, matrix 1 the way up, of the same format; a block computes the same rows of both.
template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, kBlocksEach)
    gateUpKernel(const __grid_constant__ MatvecArguments arguments, const __grid_constant__ GatedRows out) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    allowDependents();
    const TileSequence<2> tiles(arguments.matrices, blockIdx.x);
    visitFormat(arguments.matrices[0].type, [&]<QuantType kType>() {
        multiplyTiles<kType, Arithmetic, 2>(arguments, tiles, GatedTiles<kTokens>{arguments, out});
    });
}

} // namespace strata::cuda
