// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_shape.cuh"
#include "cuda/runtime/phase_barrier.cuh"

#include <algorithm>

// Weights reach shared memory by the copy engine of a multiprocessor (compute capability 9.0 to 11.x), as they lie in
// the matrix. A step of a block is a piece of 8 x 256 columns of each of the 16 rows of a tile, one copy a row, so that
// whole sectors go through the second-level cache: threads that copy 144 bytes of a row each at other times ask for 2.5
// times as many. Warp w takes turn w of a step.
namespace strata::cuda {

template <QuantType kType, bool kIsOne>
struct BlockShape : RowShape<kType, kIsOne> {
    using Rows = RowShape<kType, kIsOne>;
    static constexpr int kRowBytes = Rows::distanceOf(Rows::chunksOf(Rows::kStepBytes));
    static constexpr int kStageBytes = kTileRows * kRowBytes;
    // Two blocks share what kSharedCarveout asks for, and several tokens leave larger sums. Over five gain nothing.
    static constexpr int kStages = std::clamp((kIsOne ? 92 : 76) * 1024 / kStageBytes, 2, 5);

    struct Barriers {
        PhaseBarrier full[kStages];  // 16 rows have come
        PhaseBarrier empty[kStages]; // 8 warps have read them
    };
    static constexpr int kBarrierBytes = (static_cast<int>(sizeof(Barriers)) + 15) / 16 * 16;
    static constexpr int kSharedBytes = kBarrierBytes + kStages * kStageBytes;
};

template <QuantType kType, bool kIsOne, int kMatrices>
class BlockCopies {
    using Shape = BlockShape<kType, kIsOne>;

public:
    // Starts the first copies, which need no activations. All threads of the block.
    __device__ BlockCopies(const MatvecArguments& arguments, const TileSequence<kMatrices>& tiles, std::byte* shared)
        : m_barriers(*reinterpret_cast<typename Shape::Barriers*>(shared)),
          m_ring(shared + Shape::kBarrierBytes),
          m_tiles(tiles),
          m_rowBytes(tiles.matrices->rowBytes),
          m_lastRow(tiles.matrices->rows - 1),
          m_steps(static_cast<int>(arguments.columns + kTileWarps * kTurnColumns - 1) / (kTileWarps * kTurnColumns)) {
        if (threadIdx.x == 0) {
#pragma unroll
            for (int stage = 0; stage < Shape::kStages; ++stage) {
                m_barriers.full[stage].init(kTileRows);
                m_barriers.empty[stage].init(kTileWarps);
            }
            initFence();
        }
        __syncthreads();
        if (threadIdx.x < 32)
#pragma unroll
            for (int stage = 0; stage < Shape::kStages - 1; ++stage)
                startStep();
    }

    // Of a tile; in the last there may be nothing for this warp.
    __device__ int steps() const { return m_steps; }

    // Rows g and g + 8 of this warp's turn of the next step, once they are there.
    __device__ void take(const std::byte* (&rows)[2], std::uint32_t tile, int step) {
        m_barriers.full[m_slot].wait(m_parity);
        if (threadIdx.x < 32)
            startStep();
        const std::byte* const stage = m_ring + m_slot * Shape::kStageBytes + threadIdx.x / 32 * Shape::kTurnBytes;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t place = threadIdx.x % 32 / 4 + 8 * half;
            rows[half] = stage + place * Shape::kRowBytes;
            if constexpr (Shape::kHasSlack) {
                const std::uint32_t row = min(m_tiles.firstRow(tile) + place, m_lastRow);
                rows[half] += (row * m_rowBytes + step * Shape::kStepBytes) & 15u; // only the low bits matter
            }
        }
    }

    // They have been read.
    __device__ void giveBack() {
        __syncwarp();
        if (threadIdx.x % 32 == 0)
            m_barriers.empty[m_slot].arrive();
        advance(m_slot, m_parity);
    }

private:
    __device__ static void advance(int& slot, std::uint32_t& parity) {
        if (++slot < Shape::kStages)
            return;
        slot = 0;
        parity ^= 1;
    }

    // The copies of the next step not asked for yet, once all warps have read what lies in their place. Warp 0.
    __device__ void startStep() {
        if (m_filledTile == m_tiles.count)
            return;
        m_barriers.empty[m_fillSlot].wait(m_fillParity ^ 1); // at first, of the phase before: over
        if (threadIdx.x < kTileRows) {
            const std::uint32_t row = min(m_tiles.firstRow(m_filledTile) + threadIdx.x, m_lastRow);
            const std::uint32_t offset = m_filledStep * Shape::kStepBytes;
            const std::byte* source = m_tiles.matrix(m_filledTile).weights + std::size_t{row} * m_rowBytes + offset;
            std::uint32_t length = min(static_cast<std::uint32_t>(Shape::kStepBytes), m_rowBytes - offset);
            if constexpr (Shape::kHasSlack) {
                const auto slack = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(source) & 15u);
                source -= slack;
                length = (length + slack + 15u) & ~15u;
            }
            PhaseBarrier& full = m_barriers.full[m_fillSlot];
            full.arriveAwaiting(length);
            copyBulk(m_ring + m_fillSlot * Shape::kStageBytes + threadIdx.x * Shape::kRowBytes, source, length, full);
        }
        advance(m_fillSlot, m_fillParity);
        if (++m_filledStep == m_steps) {
            m_filledStep = 0;
            ++m_filledTile;
        }
    }

    typename Shape::Barriers& m_barriers;
    std::byte* m_ring;
    const TileSequence<kMatrices>& m_tiles;
    std::uint32_t m_rowBytes; // of all matrices
    std::uint32_t m_lastRow;
    int m_steps;
    int m_slot = 0; // that is read next
    std::uint32_t m_parity = 0;
    int m_fillSlot = 0; // that is filled next, in warp 0
    std::uint32_t m_fillParity = 0;
    std::uint32_t m_filledTile = 0;
    int m_filledStep = 0;
};

} // namespace strata::cuda
