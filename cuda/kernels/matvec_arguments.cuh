// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/quant_type.h"
#include "cuda/kernels/matvec.h"

#include <cuda_runtime.h>

// What the kernels for few tokens share: their arguments and the shape of their blocks.
//
// A block computes a tile of 16 rows for all tokens. Its warps take turns along the columns, each keeps partial sums of
// the whole tile, and these are added in the order of the warps: an order that no number of tokens changes.
namespace strata::cuda {

constexpr int kTileRows = 16;
constexpr int kTileWarps = 8;
constexpr int kTileThreads = kTileWarps * 32;

struct MatvecMatrix {
    const std::byte* weights;
    const float* bias; // (rows), or null
    float* y;          // (m, rows)
    std::uint32_t rows;
    std::uint32_t rowBytes;
    std::uint32_t firstTile; // tiles are numbered through all matrices
    QuantType type;
    bool adds;
};

struct MatvecArguments {
    MatvecMatrix matrices[3];
    std::uint32_t count;
    std::uint32_t columns;
    std::uint32_t m;
    const float* x;
    QuantisedRows quantised;
};

using TilePartials = float[kTileWarps][kFewTokens][kTileRows]; // sums of the warps

// The kernels for one token, and for up to 8.
using ProductsKernel = void (*)(const MatvecArguments);
using GateUpKernel = void (*)(const MatvecArguments, float*);
ProductsKernel oneTokenProducts();
ProductsKernel fewTokenProducts();
GateUpKernel oneTokenGateUp();
GateUpKernel fewTokenGateUp();

} // namespace strata::cuda
