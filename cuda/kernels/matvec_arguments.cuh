// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/quant_type.h"
#include "cuda/kernels/matvec.h"

#include <cuda_runtime.h>

// What the kernels for few tokens share: their arguments and the shape of their blocks.
//
// A block computes tiles of 16 rows for all tokens, one after the other. Its warps take turns along the columns, each
// keeps partial sums of the whole tile, and these are added in the order of the warps: an order that no number of
// tokens changes.
namespace strata::cuda {

constexpr int kTileRows = 16;
constexpr int kTileWarps = 8;
constexpr int kTileThreads = kTileWarps * 32;
constexpr int kTurnColumns = 256; // of a warp
constexpr int kTurnGroups = kTurnColumns / 32;
// A multiprocessor's share of the blocks: they stay for all their tiles. With registers for a third, loops keep too few
// loads in flight: products of one token took 1.3 times as long on an H100.
constexpr int kBlocksEach = 2;

// Whether a multiprocessor's copy engine brings the weights (matvec_bulk.cuh). Newer cards of compute capability 12.x
// have the instructions, but 100 KB of shared memory instead of 228.
constexpr bool copiesInBulk(int computeCapability) {
    return computeCapability >= 90 && computeCapability < 120;
}

// What this code is being compiled for; on the host, nothing.
#ifdef __CUDA_ARCH__
constexpr int kCompiledFor = __CUDA_ARCH__ / 10;
#else
constexpr int kCompiledFor = 0;
#endif

// What becomes of a result v: y = v, y += v, or y = silu(y) * v.
enum class Storing : std::uint8_t { Replace, Add, Gate };

struct MatvecMatrix {
    const std::byte* weights;
    const float* bias; // (rows), or null
    float* y;          // (m, rows)
    std::uint32_t rows;
    std::uint32_t rowBytes;
    std::uint32_t firstBlock; // blocks are numbered through all matrices
    std::uint32_t blockCount; // that share the tiles of this matrix
    QuantType type;
    Storing storing;
};

struct MatvecArguments {
    MatvecMatrix matrices[3];
    std::uint32_t count;
    std::uint32_t columns;
    std::uint32_t m;
    const float* x;
    QuantisedRows quantised;
};

// The arguments of the kernel, in the block's shared memory. Functions that are not inlined would read parameters from
// global memory, at the start of a kernel from beyond the caches.
__device__ __forceinline__ MatvecArguments& blockArguments() {
    __shared__ __align__(16) std::byte storage[sizeof(MatvecArguments)];
    return *reinterpret_cast<MatvecArguments*>(storage);
}

// All threads of the block, at first.
__device__ __forceinline__ void shareArguments(const MatvecArguments& arguments) {
    if (threadIdx.x == 0)
        blockArguments() = arguments;
    __syncthreads();
}

// The tiles of one block in their order: every blockCount-th of one matrix; or of two of the same shape in turns, then
// two neighbours and their blockCount-th neighbours, so that a block sees 32 rows in a row.
template <int kMatrices>
struct TileSequence {
    static constexpr std::uint32_t kNeighbours = kMatrices;
    const MatvecMatrix* matrices;
    std::uint32_t first; // row
    std::uint32_t count; // of tiles, of all matrices

    __device__ TileSequence(const MatvecMatrix* ofMatrices, std::uint32_t block)
        : matrices(ofMatrices), first(block * kNeighbours * kTileRows) {
        constexpr std::uint32_t kRows = kNeighbours * kTileRows;
        const std::uint32_t units = (matrices->rows + kRows - 1) / kRows;
        count = (units - block + matrices->blockCount - 1) / matrices->blockCount * kNeighbours * kMatrices;
    }
    __device__ const MatvecMatrix& matrix(std::uint32_t tile) const { return matrices[tile % kMatrices]; }
    __device__ std::uint32_t firstRow(std::uint32_t tile) const { // may be beyond the last row
        const std::uint32_t step = tile / kMatrices;
        return first + (step / kNeighbours * matrices->blockCount * kNeighbours + step % kNeighbours) * kTileRows;
    }
};

// Of several tokens, lanes store rows 0 .. 7 of tokens 0, 2, 4, 6 at once: to different banks where there is room for
// that. On cards with less shared memory it would cost the second block of a multiprocessor.
constexpr int partialRows(int tokens, int computeCapability) {
    return kTileRows + (tokens > 1 && copiesInBulk(computeCapability) ? 4 : 0);
}

// Sums of the warps.
template <int kTokens>
using TilePartials = float[kTileWarps][kTokens][partialRows(kTokens, kCompiledFor)];

// At the start of a block's shared memory; what the copies need follows. Two sets, used in turns: warps may go on to
// the next tiles while others still add up those before.
template <int kTokens, int kMatrices>
using BlockPartials = TilePartials<kTokens>[2][kMatrices];

// Its size as the host knows it.
constexpr int partialBytes(int tokens, int matrices, int computeCapability) {
    return 2 * matrices * kTileWarps * tokens * partialRows(tokens, computeCapability) *
           static_cast<int>(sizeof(float));
}

// Compiling for the host tells nothing: what the size depends on is not known there.
template <int kTokens, int kMatrices>
constexpr bool kHostKnowsSize =
    kCompiledFor == 0 || sizeof(BlockPartials<kTokens, kMatrices>) == partialBytes(kTokens, kMatrices, kCompiledFor);
static_assert(kHostKnowsSize<1, 1> && kHostKnowsSize<1, 2>);
static_assert(kHostKnowsSize<kFewTokens, 1> && kHostKnowsSize<kFewTokens, 2>);

// The kernels for one token, and for up to 8.
using ProductsKernel = void (*)(const MatvecArguments);
using GateUpKernel = void (*)(const MatvecArguments, const GatedRows);
ProductsKernel oneTokenProducts();
ProductsKernel fewTokenProducts();
GateUpKernel oneTokenGateUp();
GateUpKernel fewTokenGateUp();

} // namespace strata::cuda
