// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_float.cuh"
#include "cuda/kernels/matvec_tile.cuh"
#include "cuda/kernels/quantise.cuh"

// The kernels for few tokens, over every format; those for one token and for more are instantiated in files of their
// own.
namespace strata::cuda {

// Multiplies the tiles of the sequence, all of one format. Of kMatrices tiles of the same rows, one of each matrix,
// calls finish.prepare(firstRow) before and finish(sums, firstRow) behind. A function of its own for each format, so
// that each has registers of its own.
template <QuantType kType, template <QuantType> typename Arithmetic, int kMatrices, typename Finish>
__device__ __noinline__ void multiplyTiles(const TileSequence<kMatrices> tiles, Finish finish) {
    extern __shared__ uint4 shared[];
    using Partials = BlockPartials<Arithmetic<QuantType::Q8_0>::kMostTokens, kMatrices>;
    Partials& partials = *reinterpret_cast<Partials*>(shared);
    const MatvecArguments& arguments = blockArguments();
    const auto eachTile = [&](const auto& multiply) {
        waitForProducers();
#pragma unroll 1
        for (std::uint32_t tile = 0; tile < tiles.count; ++tile) {
            auto& sums = partials[tile / kMatrices % 2];
            if (tile % kMatrices == 0)
                finish.prepare(tiles.firstRow(tile));
            multiply(tile, sums[tile % kMatrices]);
            if (tile % kMatrices + 1 < kMatrices)
                continue;
            __syncthreads();
            finish(sums, tiles.firstRow(tile));
        }
    };
    if constexpr (isFloatFormat(kType)) {
        eachTile([&](std::uint32_t tile, auto& sums) {
            multiplyFloatTile<kType>(arguments, tiles.matrix(tile), tiles.firstRow(tile), sums);
        });
    } else {
        TileWarp<kType, Arithmetic, kMatrices> warp(
            arguments, tiles, reinterpret_cast<std::byte*>(shared) + sizeof(Partials));
        eachTile([&](std::uint32_t tile, auto& sums) { warp.accumulate(tile, sums); });
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

// Stores the results of a tile. The last warps do it: the first has the copies to look after.
template <int kTokens>
class PlainTiles {
public:
    __device__ explicit PlainTiles(const MatvecMatrix& matrix)
        : m_matrix(matrix), m_token((kTileThreads - 1 - threadIdx.x) / kTileRows), m_place(threadIdx.x % kTileRows) {}

    // Reads what the results are added to, long before they are there.
    __device__ void prepare(std::uint32_t firstRow) {
        if (m_matrix.storing != Storing::Replace && isThere(firstRow))
            m_before = *target(firstRow);
    }

    __device__ void operator()(const TilePartials<kTokens> (&sums)[1], std::uint32_t firstRow) const {
        if (!isThere(firstRow))
            return;
        float value = sumOfWarps<kTokens>(sums[0], static_cast<int>(m_token), static_cast<int>(m_place));
        if (m_matrix.bias != nullptr)
            value += m_matrix.bias[firstRow + m_place];
        if (m_matrix.storing == Storing::Add)
            value = __fadd_rn(m_before, value);
        if (m_matrix.storing == Storing::Gate)
            value *= siluOf(m_before);
        *target(firstRow) = value;
    }

private:
    __device__ bool isThere(std::uint32_t firstRow) const {
        return m_token < blockArguments().m && firstRow + m_place < m_matrix.rows;
    }
    __device__ float* target(std::uint32_t firstRow) const {
        return m_matrix.y + std::size_t(m_token) * m_matrix.rows + firstRow + m_place;
    }

    const MatvecMatrix& m_matrix;
    std::uint32_t m_token, m_place; // this thread's
    float m_before = 0.0f;
};

template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, kBlocksEach)
    productsKernel(const __grid_constant__ MatvecArguments arguments) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    allowDependents();
    std::uint32_t index = 0;
    while (index + 1 < arguments.count && blockIdx.x >= arguments.matrices[index + 1].firstBlock)
        ++index;
    shareArguments(arguments);
    const MatvecMatrix& matrix = blockArguments().matrices[index];
    const TileSequence<1> tiles(&matrix, blockIdx.x - matrix.firstBlock);
    visitFormat(matrix.type,
        [&]<QuantType kType>() { multiplyTiles<kType, Arithmetic, 1>(tiles, PlainTiles<kTokens>(matrix)); });
}

// Stores the results of one tile after the other; rounds those of two neighbours together.
template <int kTokens>
struct GatedTiles {
    GatedRows out;

    __device__ void prepare(std::uint32_t) const {}

    __device__ float valueOf(const TilePartials<kTokens> (&sums)[2], int token, std::uint32_t firstRow, int row) const {
        const MatvecArguments& arguments = blockArguments();
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
        const MatvecArguments& arguments = blockArguments();
        const std::uint32_t rows = arguments.matrices[0].rows;
        const int token = kTileWarps - 1 - static_cast<int>(threadIdx.x) / 32; // the first warp has copies to start
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
        storeQuantised(value, quantisedPlace(firstRow / 32, token, arguments.m), out.quantised);
    }
};

// Matrix 0 is the gate, matrix 1 the way up, of the same format; a block computes the same rows of both.
template <template <QuantType> typename Arithmetic>
__global__ void __launch_bounds__(kTileThreads, kBlocksEach)
    gateUpKernel(const __grid_constant__ MatvecArguments arguments, const __grid_constant__ GatedRows out) {
    constexpr int kTokens = Arithmetic<QuantType::Q8_0>::kMostTokens;
    allowDependents();
    shareArguments(arguments);
    const TileSequence<2> tiles(blockArguments().matrices, blockIdx.x);
    visitFormat(arguments.matrices[0].type,
        [&]<QuantType kType>() { multiplyTiles<kType, Arithmetic, 2>(tiles, GatedTiles<kTokens>{out}); });
}

} // namespace strata::cuda
