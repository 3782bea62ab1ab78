// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

namespace strata::cuda {

// One warp's columns of a tile of rows of a quantised matrix, with the arithmetic of OneToken or FewTokens.
template <QuantType kType, template <QuantType> typename Arithmetic>
class TileWarp {
    using Tokens = Arithmetic<kType>;
    using Shape = TileShape<kType, Tokens::kIsOne>;

public:
    __device__ TileWarp(const MatvecArguments& arguments, std::byte* ring) : m_arguments(arguments), m_copies(ring) {
        const int warp = static_cast<int>(threadIdx.x / 32);
        const int turns = (static_cast<int>(arguments.columns) + kTurnColumns - 1) / kTurnColumns;
        m_turns = max(0, turns - warp + kTileWarps - 1) / kTileWarps;
    }

    // Starts the first copies of a tile, which need no activations.
    // Those of the same rows of `next`, if there is such a matrix, follow.
    __device__ void start(const MatvecMatrix& matrix, const MatvecMatrix* next, std::uint32_t firstRow) {
        m_copies.pointAt(matrix, firstRow, m_turns);
        m_next = next;
#pragma unroll
        for (int stage = 0; stage < Shape::kStages - 1; ++stage)
            startTurn(firstRow);
    }

    // Leaves sums over this warp's columns of the tile whose copies were started first.
    __device__ void accumulate(const MatvecMatrix& matrix, std::uint32_t firstRow, TilePartials& partials) {
        Tokens tokens(m_arguments);
        const int columns = static_cast<int>(m_arguments.columns) - static_cast<int>(threadIdx.x / 32) * kTurnColumns;
        std::uint32_t places[2]; // where the turn of each row starts: only the low bits matter
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t row = min(firstRow + threadIdx.x % 32 / 4 + 8 * half, matrix.rows - 1);
            places[half] = row * matrix.rowBytes + threadIdx.x / 32 * Shape::kTurnBytes;
        }
#pragma unroll 1
        for (int turn = 0; turn < m_turns; ++turn) {
            const std::byte* const stage = m_copies.waitForTurn();
            startTurn(firstRow);
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
    __device__ void startTurn(std::uint32_t firstRow) {
        if (m_next != nullptr && m_copies.turnsLeft() == 0) {
            m_copies.pointAt(*m_next, firstRow, m_turns);
            m_next = nullptr;
        }
        m_copies.startTurn();
    }

    const MatvecArguments& m_arguments;
    TileCopies<kType, Tokens::kIsOne> m_copies;
    const MatvecMatrix* m_next = nullptr;
    int m_turns; // of this warp
};

} // namespace strata::cuda
