// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_bulk.cuh"
#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

#include <type_traits>

namespace strata::cuda {

// One warp's columns of the tiles of a block, of quantised matrices of one format, with the arithmetic of OneToken or
// FewTokens. Copies run ahead from tile to tile.
template <QuantType kType, template <QuantType> typename Arithmetic, int kMatrices>
class TileWarp {
    using Tokens = Arithmetic<kType>;
    static constexpr bool kIsOne = Tokens::kMostTokens == 1;
    using Copies = std::conditional_t<copiesInBulk(kCompiledFor), BlockCopies<kType, kIsOne, kMatrices>,
        WarpCopies<kType, kIsOne, kMatrices>>;

public:
    using Partials = TilePartials<Tokens::kMostTokens>;

    // Starts the first copies, which need no activations. All threads of the block.
    __device__ TileWarp(const MatvecArguments& arguments, const TileSequence<kMatrices>& tiles, std::byte* shared)
        : m_arguments(arguments), m_copies(arguments, tiles, shared) {}

    // Leaves sums over this warp's columns of a tile; tiles are asked for in their order.
    __device__ void accumulate(std::uint32_t tile, Partials& partials) {
        Tokens tokens(m_arguments);
        const int columns = static_cast<int>(m_arguments.columns) - static_cast<int>(threadIdx.x / 32) * kTurnColumns;
#pragma unroll 1
        for (int step = 0; step < m_copies.steps(); ++step) {
            const std::byte* rows[2];
            m_copies.take(rows, tile, step);
            const int groups = min(kTurnGroups, (columns - step * kTileWarps * kTurnColumns) / 32);
            if (groups > 0)
                tokens.addTurn(rows, groups);
            m_copies.giveBack();
        }
        tokens.store(partials);
    }

private:
    const MatvecArguments& m_arguments;
    Copies m_copies;
};

} // namespace strata::cuda
