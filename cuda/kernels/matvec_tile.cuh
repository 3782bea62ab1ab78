// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

namespace strata::cuda {

// One warp's columns of the tiles of a block, of quantised matrices of one format, with the arithmetic of OneToken or
// FewTokens. Copies run ahead from tile to tile.
template <QuantType kType, template <QuantType> typename Arithmetic, int kMatrices>
class TileWarp {
    using Tokens = Arithmetic<kType>;
    using Shape = TileShape<kType, Tokens::kMostTokens == 1>;

public:
    using Partials = TilePartials<Tokens::kMostTokens>;

    // Starts the first copies, which need no activations.
    __device__ TileWarp(const MatvecArguments& arguments, const TileSequence<kMatrices>& tiles, std::byte* ring)
        : m_arguments(arguments), m_tiles(tiles), m_copies(ring) {
        const int warp = static_cast<int>(threadIdx.x / 32);
        const int turns = (static_cast<int>(arguments.columns) + kTurnColumns - 1) / kTurnColumns;
        m_turns = max(0, turns - warp + kTileWarps - 1) / kTileWarps;
        m_copies.pointAt(tiles.matrix(0), tiles.firstRow(0), m_turns);
#pragma unroll
        for (int stage = 0; stage < Shape::kStages - 1; ++stage)
            startTurn();
    }

    // Leaves sums over this warp's columns of a tile; tiles are asked for in their order.
    __device__ void accumulate(std::uint32_t tile, Partials& partials) {
        Tokens tokens(m_arguments);
        const MatvecMatrix& matrix = m_tiles.matrix(tile);
        const int columns = static_cast<int>(m_arguments.columns) - static_cast<int>(threadIdx.x / 32) * kTurnColumns;
        std::uint32_t places[2]; // where the turn of each row starts: only the low bits matter
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t row = min(m_tiles.firstRow(tile) + threadIdx.x % 32 / 4 + 8 * half, matrix.rows - 1);
            places[half] = row * matrix.rowBytes + threadIdx.x / 32 * Shape::kTurnBytes;
        }
#pragma unroll 1
        for (int turn = 0; turn < m_turns; ++turn) {
            const std::byte* const stage = m_copies.waitForTurn();
            startTurn();
            const std::byte* rows[2];
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                rows[half] = stage + (threadIdx.x % 32 / 4 + 8 * half) * Shape::kRowBytes +
                             (Shape::kHasSlack ? places[half] & 15u : 0);
                places[half] += Shape::kStrideBytes;
            }
            tokens.addTurn(rows, min(kTurnGroups, (columns - turn * kTileWarps * kTurnColumns) / 32));
        }
        tokens.store(partials);
    }

private:
    __device__ void startTurn() {
        if (m_copies.turnsLeft() == 0 && m_copied + 1 < m_tiles.count) {
            ++m_copied;
            m_copies.pointAt(m_tiles.matrix(m_copied), m_tiles.firstRow(m_copied), m_turns);
        }
        m_copies.startTurn();
    }

    const MatvecArguments& m_arguments;
    const TileSequence<kMatrices>& m_tiles;
    TileCopies<kType, Tokens::kMostTokens == 1> m_copies;
    std::uint32_t m_copied = 0; // the tile that copies have come to
    int m_turns;                // of this warp, a tile
};

} // namespace strata::cuda
