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

// The tiles of one block in their order: every blockCount-th of one matrix, or of two in turns.
struct TileSequence {
    const MatvecMatrix* matrices;
    std::uint32_t matrixCount;
    std::uint32_t first; // tile of each matrix
    std::uint32_t count; // of all

    __device__ TileSequence(const MatvecMatrix* ofMatrices, std::uint32_t numberOfMatrices, std::uint32_t block)
        : matrices(ofMatrices), matrixCount(numberOfMatrices), first(block) {
        const std::uint32_t tiles = (matrices->rows + kTileRows - 1) / kTileRows;
        count = (tiles - first + matrices->blockCount - 1) / matrices->blockCount * matrixCount;
    }
    __device__ const MatvecMatrix& matrix(std::uint32_t tile) const { return matrices[tile % matrixCount]; }
    __device__ std::uint32_t firstRow(std::uint32_t tile) const {
        return (first + tile / matrixCount * matrices->blockCount) * kTileRows;
    }
};

template <int kTokens>
using TilePartials = float[kTileWarps][kTokens][kTileRows]; // sums of the warps

// The kernels for one token, and for up to 8.
using ProductsKernel = void (*)(const MatvecArguments);
using GateUpKernel = void (*)(const MatvecArguments, float*);
ProductsKernel oneTokenProducts();
ProductsKernel fewTokenProducts();
GateUpKernel oneTokenGateUp();
GateUpKernel fewTokenGateUp();

} // namespace strata::cuda
