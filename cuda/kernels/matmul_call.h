// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/quant_type.h"

#include <driver_types.h>

#include <cstddef>
#include <cstdint>

// Private to the products of many tokens: what their kernels are told, and how their scratch memory is laid out.
namespace strata::cuda {

inline constexpr int kTileRows = 128;   // of the weights; a block computes a tile of these by 32 to 128 tokens
inline constexpr int kStepColumns = 64; // the inner loop's unit; prepared rows are padded to it with zeros
inline constexpr int kStepBytes = kStepColumns * 2; // of a prepared row
inline constexpr int kMatmulThreads = 256;          // that add up products

// What becomes of a result before it is stored.
enum class MatmulEnd : std::uint8_t {
    Store,    // y = v
    Add,      // y += v
    Activate, // y = silu(y) * v
};

struct MatmulMatrix {
    const std::uint8_t* data = nullptr;
    const float* bias = nullptr;
    float* y = nullptr; // (m, rows)
    std::uint32_t rows = 0;
    std::uint32_t firstStripe = 0; // stripes of rows are numbered through all matrices of a launch
    MatmulEnd end = MatmulEnd::Store;
};

// Matrices of one format and one input. With gate and up fused, the two lie in one launch as matrices 0 and 1, and each
// stripe takes eight rows of the one and eight of the other in turn.
struct MatmulCall {
    MatmulMatrix matrices[3];
    std::uint32_t matrixCount = 0;
    std::uint32_t stepCount = 0; // steps of kStepColumns in a prepared row
    std::uint32_t rowBytes = 0;
    std::uint32_t m = 0;
    std::uint32_t tokenTiles = 0;
    std::uint32_t stepsPerSplit = 0;
    std::uint32_t paddedTokens = 0;
    const std::uint8_t* x = nullptr; // prepared rows
    const float* rowScales = nullptr; // paddedTokens, those past m zero
    float* partials = nullptr;         // (tile, split, results of a tile), if there is more than one split
    std::uint32_t* arrivals = nullptr; // (tile), zero before and after
};

inline std::uint32_t stepCount(std::uint32_t columns) {
    return (columns + kStepColumns - 1) / kStepColumns;
}

// Whole tiles of any kernel: what is in the rows past m does not matter.
inline std::uint32_t paddedTokens(std::uint32_t m) {
    const std::uint32_t tile = m <= 32 ? 32 : m <= 64 ? 64 : m <= 128 ? 128 : 256;
    return (m + tile - 1) / tile * tile;
}

// Scratch: arrivals | partials | row scales | prepared rows. These are halves in the order (step, token, column of the
// step), so that a tile of them is one piece, and lie in it as they are wanted in shared memory: of the eight chunks of
// 16 bytes of each token, chunk c lies at c ^ (token % 8), the 128-byte swizzle, so that eight lanes reading the same
// columns of eight tokens meet all banks.
// Splits are made only while all their blocks run at once,
// so their number is bounded by that of the multiprocessors.
struct MatmulScratch {
    std::uint32_t* arrivals;
    float* partials;
    float* rowScales;
    std::uint8_t* rows;
    std::size_t byteCount;
};
MatmulScratch matmulScratch(void* scratch, std::uint32_t columns, std::uint32_t m, int multiprocessors);

struct MatmulGrid {
    std::uint32_t tiles;
    std::uint32_t splits; // of the columns, between spans
    int tokens;           // of a tile: 32, 64, 128 or 256
    bool gateUp;
};
using MatmulLauncher = void (*)(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream);

template <QuantType type>
void launchF16(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream);

// Tiles of 128 or 256 tokens on compute capability 9.0.
template <QuantType type>
void launchWide(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream);
MatmulLauncher wideLauncher(QuantType type, int computeCapability); // null: this device or build has none

} // namespace strata::cuda
