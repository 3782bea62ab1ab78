// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_shape.cuh"

// Weights reach shared memory as they lie in the matrix, copied asynchronously by the threads, 16 bytes at a time; each
// warp is ahead of itself by the stages of a ring of its own. Lane 4 * g + t copies of rows g and g + 8 the chunks t,
// t + 4, ... For GPUs whose copy engines do not do that (matvec_bulk.cuh).
namespace strata::cuda {

template <QuantType kType, bool kIsOne>
struct TileShape : RowShape<kType, kIsOne> {
    using Rows = RowShape<kType, kIsOne>;
    static constexpr int kChunks = Rows::chunksOf(Rows::kTurnBytes);
    static constexpr int kRowBytes = Rows::distanceOf(kChunks);
    static constexpr int kStageBytes = kTileRows * kRowBytes;
    static constexpr int kStages = kStageBytes <= 1920 ? 3 : 2;
    static constexpr int kRingBytes = kStages * kStageBytes; // of one warp
    static constexpr int kSharedBytes = kTileWarps * kRingBytes;
};

template <QuantType kType, bool kIsOne, int kMatrices>
class WarpCopies {
    using Shape = TileShape<kType, kIsOne>;

public:
    // Starts the first copies, which need no activations.
    __device__ WarpCopies(const MatvecArguments& arguments, const TileSequence<kMatrices>& tiles, std::byte* ring)
        : m_tiles(tiles),
          m_ring(ring + threadIdx.x / 32 * Shape::kRingBytes),
          m_target(static_cast<std::uint32_t>(__cvta_generic_to_shared(m_ring)) +
                   threadIdx.x % 32 / 4 * Shape::kRowBytes + threadIdx.x % 4 * 16) {
        const int turns = (static_cast<int>(arguments.columns) + kTurnColumns - 1) / kTurnColumns;
        m_turns = max(0, turns - static_cast<int>(threadIdx.x / 32) + kTileWarps - 1) / kTileWarps;
        pointAt(tiles.matrix(0), tiles.firstRow(0));
#pragma unroll
        for (int stage = 0; stage < Shape::kStages - 1; ++stage)
            startTurn();
    }

    // Turns of this warp in a tile.
    __device__ int steps() const { return m_turns; }

    // Rows g and g + 8 of the next turn, once they are there for all lanes; those of the turn before may then be lost.
    __device__ void take(const std::byte* (&rows)[2], std::uint32_t tile, int turn) {
        const std::byte* const stage = waitForTurn();
        startTurn();
        const MatvecMatrix& matrix = m_tiles.matrix(tile);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t place = threadIdx.x % 32 / 4 + 8 * half;
            rows[half] = stage + place * Shape::kRowBytes;
            if constexpr (Shape::kHasSlack) {
                const std::uint32_t row = min(m_tiles.firstRow(tile) + place, matrix.rows - 1);
                rows[half] += (row * matrix.rowBytes + threadIdx.x / 32 * Shape::kTurnBytes +
                                  turn * Shape::kStepBytes) & 15u; // only the low bits matter
            }
        }
    }

    __device__ void giveBack() {}

private:
    // What the next copies are of: the warp's turns of 16 rows of a matrix.
    __device__ void pointAt(const MatvecMatrix& matrix, std::uint32_t firstRow) {
        const int warpOffset = static_cast<int>(threadIdx.x / 32) * Shape::kTurnBytes;
        m_turnsLeft = m_turns;
        m_bytesLeft = static_cast<int>(matrix.rowBytes) - warpOffset;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t row = min(firstRow + threadIdx.x % 32 / 4 + 8 * half, matrix.rows - 1);
            const std::byte* const start = matrix.weights + std::size_t{row} * matrix.rowBytes + warpOffset;
            const std::size_t untilEnd = std::size_t{matrix.rows - row} * matrix.rowBytes - warpOffset;
            m_sources[half] = start + threadIdx.x % 4 * 16;
            m_untilEnd[half] = static_cast<int>(min(untilEnd, std::size_t{1} << 30));
        }
    }

    // Starts the copies of the next turn to the next stage. The group of copies is committed even if nothing is left to
    // copy, so that the number of groups tells turns.
    __device__ void startTurn() {
        if (m_turnsLeft == 0 && m_copied + 1 < m_tiles.count) {
            ++m_copied;
            pointAt(m_tiles.matrix(m_copied), m_tiles.firstRow(m_copied));
        }
        if (m_turnsLeft > 0) {
            const int length = Shape::Block::kLength == 32 ? min(Shape::kTurnBytes, m_bytesLeft) : Shape::kTurnBytes;
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                copyRow(
                    m_sources[half], m_target + m_fillOffset + 8 * half * Shape::kRowBytes, length, m_untilEnd[half]);
                m_sources[half] += Shape::kStepBytes;
                m_untilEnd[half] -= Shape::kStepBytes;
            }
            m_bytesLeft -= Shape::kStepBytes;
            --m_turnsLeft;
        }
        asm volatile("cp.async.commit_group;" ::: "memory");
        m_fillOffset = m_fillOffset + Shape::kStageBytes == Shape::kRingBytes ? 0 : m_fillOffset + Shape::kStageBytes;
    }

    // The rows of the oldest stage, once they are there for all lanes; the stage before it may then be filled.
    __device__ const std::byte* waitForTurn() {
        asm volatile("cp.async.wait_group %0;" ::"n"(Shape::kStages - 2) : "memory");
        __syncwarp();
        const std::byte* const stage = m_ring + m_readOffset;
        m_readOffset = m_readOffset + Shape::kStageBytes == Shape::kRingBytes ? 0 : m_readOffset + Shape::kStageBytes;
        return stage;
    }

    __device__ static void copyRow(const std::byte* bytes, std::uint32_t target, int length, int untilEnd) {
        const int lane = static_cast<int>(threadIdx.x % 4);
        const int slack = Shape::kHasSlack ? static_cast<int>(reinterpret_cast<std::uintptr_t>(bytes) & 15u) : 0;
        const std::byte* const source = bytes - slack;
        const int chunks = static_cast<int>(static_cast<unsigned>(slack + length + 15) / 16u);
        // The last chunk may reach beyond the matrix.
        const int whole = Shape::kHasSlack ? min(chunks, (slack + untilEnd) / 16) : chunks;
#pragma unroll
        for (int j = 0; j < (Shape::kChunks + 3) / 4; ++j) {
            if (lane + 4 * j < whole)
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target + 64 * j), "l"(source + 64 * j)
                             : "memory");
        }
        if (whole < chunks && whole % 4 == lane)
            copyEnd(source + 16 * (whole - lane), target + 16 * (whole - lane), slack + untilEnd - 16 * whole);
    }

    __device__ static void copyEnd(const std::byte* source, std::uint32_t target, int byteCount) {
#pragma unroll 1
        for (int i = 0; i < byteCount; ++i)
            asm volatile("st.shared.u8 [%0], %1;" ::"r"(target + i), "r"(byteAt(source, i)) : "memory");
    }

    const TileSequence<kMatrices>& m_tiles;
    std::uint32_t m_copied = 0; // the tile that copies have come to
    int m_turns;                // of this warp, a tile
    std::byte* m_ring;
    std::uint32_t m_target;
    int m_fillOffset = 0;
    int m_readOffset = 0;
    int m_turnsLeft = 0;
    int m_bytesLeft = 0;                // of the rows, from the next turn
    int m_untilEnd[2] = {};             // of the matrix, from the next turn of the row
    const std::byte* m_sources[2] = {}; // of the next turn, of this lane's first chunk but for the slack
};

// The operations on floats that both arithmetics share, each named, so that the compiler fuses alike in both: a token's
// result must not depend on which computed it. Of each turn there are four sums, of a quarter of its columns each.
template <typename Format>
__device__ __forceinline__ void addBlockSum(
    int sum, const typename Format::Scales& scales, const float2& input, float& total) {
    total = __fmaf_rn(__int2float_rn(sum), __fmul_rn(Format::scale(scales, 0), input.x), total);
    if constexpr (Format::kHasMinimum)
        total = __fmaf_rn(-Format::minimum(scales, 0), input.y, total);
}

template <typename Format>
__device__ __forceinline__ void addSuperblockSum(
    const typename Format::Scales& scales, float scaled, float lowered, float& total) {
    total = __fmaf_rn(Format::blockScale(scales), scaled, total);
    if constexpr (Format::kHasMinimum)
        total = __fmaf_rn(-Format::blockMinimum(scales), lowered, total);
}

} // namespace strata::cuda
