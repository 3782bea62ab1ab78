// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_sm90.cuh"
#include "cuda/kernels/matmul_tile.cuh"

// The third group of warps of a wide product: what it brings into shared memory, and how the two sides agree on when.
namespace strata::cuda {

inline constexpr int kWideThreads = 384;
inline constexpr int kWeightThreads = 96;

template <QuantType type, int kTokens>
struct WideShape : TileShape<type, 32> {
    using Base = TileShape<type, 32>;
    static constexpr int kRowStageBytes = kTokens * kStepBytes;
    static constexpr int kRowStride = Base::kOddChunks * 16;
    static constexpr int kBufferBytes = kTileRows * kRowStride;

    // Copies take more than a microsecond from the second-level cache, so as many steps are under way as there is room.
    static constexpr int buffers(int steps) {
        const int ahead = 1 + (steps + Base::kStepsPerSpan - 1) / Base::kStepsPerSpan;
        return ahead < 3 ? 3 : ahead;
    }
    static constexpr int bytes(int steps) {
        return steps * kRowStageBytes + buffers(steps) * (kBufferBytes + Base::kTableBytes) +
               2 * (steps + buffers(steps)) * 8 + 1024;
    }
    static constexpr int mostSteps() {
        int steps = 8;
        while (bytes(steps) > 227 * 1024)
            --steps;
        return steps;
    }
    static constexpr int kRowStages = mostSteps();
    static constexpr int kBuffers = buffers(kRowStages);
    static constexpr int kByteCount = bytes(kRowStages);
    static_assert(kRowStages >= 2);
};

// The shared memory of a block, and where in the product the block stands.
template <typename Shape>
struct WideBlock {
    std::uint8_t* rows;
    std::uint8_t* weights;
    std::uint32_t* tables;
    PhaseBarrier* rowsFull;
    PhaseBarrier* rowsFree;
    PhaseBarrier* weightsFull;
    PhaseBarrier* weightsFree;
    std::uint32_t stripe;
    std::uint32_t matrix;
    std::uint32_t firstToken;
    std::uint32_t firstStep;
    std::uint32_t lastStep;

    __device__ explicit WideBlock(std::uint8_t* shared) {
        rows = shared + (1024 - sharedAddress(shared) % 1024) % 1024;
        weights = rows + Shape::kRowStages * Shape::kRowStageBytes;
        std::uint8_t* end = weights + Shape::kBuffers * Shape::kBufferBytes;
        tables = reinterpret_cast<std::uint32_t*>(end);
        rowsFull = reinterpret_cast<PhaseBarrier*>(end + Shape::kBuffers * Shape::kTableBytes);
        rowsFree = rowsFull + Shape::kRowStages;
        weightsFull = rowsFree + Shape::kRowStages;
        weightsFree = weightsFull + Shape::kBuffers;
    }
    __device__ void initBarriers() {
        for (int i = 0; i < Shape::kRowStages; ++i) {
            rowsFull[i].init(1);
            rowsFree[i].init(kMatmulThreads / 32);
        }
        for (int i = 0; i < Shape::kBuffers; ++i) {
            weightsFull[i].init(kWeightThreads);
            weightsFree[i].init(kMatmulThreads / 32);
        }
        initFence();
    }
};

// By one thread: the prepared rows, a step at a time.
template <typename Shape>
__device__ __forceinline__ void bringRows(const MatmulCall& call, WideBlock<Shape>& block) {
    for (std::uint32_t step = block.firstStep; step < block.lastStep; ++step) {
        const std::uint32_t turn = step - block.firstStep;
        const std::uint32_t stage = turn % Shape::kRowStages;
        block.rowsFree[stage].wait((turn / Shape::kRowStages + 1) & 1);
        block.rowsFull[stage].arriveAwaiting(Shape::kRowStageBytes);
        copyBulk(block.rows + stage * Shape::kRowStageBytes, preparedRows(call, block.firstToken, step),
            Shape::kRowStageBytes, block.rowsFull[stage]);
    }
}

// The raw bytes of all rows of the tile. Four lanes copy a row, and each keeps the addresses of its rows: a span costs
// few instructions, or the weights would come too late for tiles of 128 tokens.
template <QuantType type, typename Shape, bool kGateUp>
class WeightCopier {
public:
    __device__ WeightCopier(const MatmulCall& call, const WideBlock<Shape>& block, int thread)
        : m_rowBytes(static_cast<int>(call.rowBytes)), m_firstRow(thread / 4), m_lane(thread % 4) {
#pragma unroll
        for (int i = 0; i < kPasses; ++i) {
            const TileRow from = tileRow<kGateUp>(call, block.matrix, block.stripe, m_firstRow + i * kPassRows);
            const MatmulMatrix& source = call.matrices[from.matrix];
            m_isRow[i] = from.row < source.rows && m_firstRow + i * kPassRows < kTileRows;
            m_rows[i] = source.data + (m_isRow[i] ? std::size_t{from.row} * call.rowBytes : 0);
        }
    }

    // What lies past the end of a row, or is no row, becomes zero.
    __device__ void copy(std::uint32_t span, std::uint8_t* target) const {
        const int first = static_cast<int>(span) * WeightLanes<type>::kSpanBytes;
#pragma unroll
        for (int i = 0; i < kPasses; ++i) {
            const int row = m_firstRow + i * kPassRows;
            if (row >= kTileRows)
                break;
            const std::uint8_t* from = m_rows[i] + first;
            const int shift = Shape::kSlack == 0 ? 0 : static_cast<int>(reinterpret_cast<std::uintptr_t>(from) & 15);
            const int left = m_isRow[i] ? m_rowBytes - first + shift : 0;
            from -= shift;
#pragma unroll
            for (int j = 0; j < Shape::kNeededChunks; j += 4) {
                const int chunk = j + m_lane;
                if (chunk < Shape::kNeededChunks) {
                    const int byteCount = max(0, min(16, left - chunk * 16));
                    copyAsync(target + row * Shape::kRowStride + chunk * 16, byteCount > 0 ? from + chunk * 16 : from,
                        byteCount);
                }
            }
        }
    }

private:
    static constexpr int kPassRows = kWeightThreads / 4;
    static constexpr int kPasses = (kTileRows + kPassRows - 1) / kPassRows;
    const std::uint8_t* m_rows[kPasses];
    bool m_isRow[kPasses];
    int m_rowBytes;
    int m_firstRow;
    int m_lane;
};

// By kWeightThreads: the scales of a staged span, a row at a time.
template <QuantType type, typename Shape, bool kGateUp>
__device__ __forceinline__ void tabulateRows(const MatmulCall& call, const WideBlock<Shape>& block, std::uint32_t span,
    const std::uint8_t* weights, std::uint32_t* table, int thread) {
    using Lanes = WeightLanes<type>;
    for (int row = thread; row < kTileRows; row += kWeightThreads) {
        const std::uint32_t from = tileRow<kGateUp>(call, block.matrix, block.stripe, row).row;
        const std::uint8_t* raw = weights + row * Shape::kRowStride + spanShift<type>(from, call.rowBytes, span);
#pragma unroll
        for (int group = 0; group < Lanes::kSpanColumns / 32; ++group)
            tabulateGroup<Lanes>(raw, group, row, table);
    }
}

// By kWeightThreads: a span is copied while the scales of the one before are tabulated.
template <QuantType type, typename Shape, bool kGateUp>
__device__ __forceinline__ void bringWeights(const MatmulCall& call, WideBlock<Shape>& block) {
    const std::uint32_t first = block.firstStep / Shape::kStepsPerSpan;
    const std::uint32_t last = (block.lastStep + Shape::kStepsPerSpan - 1) / Shape::kStepsPerSpan;
    const int thread = static_cast<int>(threadIdx.x) - kMatmulThreads;
    const WeightCopier<type, Shape, kGateUp> copier(call, block, thread);
    for (std::uint32_t span = first; span <= last; ++span) {
        if (span < last) {
            const std::uint32_t turn = span - first;
            block.weightsFree[turn % Shape::kBuffers].wait((turn / Shape::kBuffers + 1) & 1);
            copier.copy(span, block.weights + turn % Shape::kBuffers * Shape::kBufferBytes);
        }
        commitCopies();
        if (span == first)
            continue;
        const std::uint32_t buffer = (span - 1 - first) % Shape::kBuffers;
        waitForCopies<1>();
        if constexpr (Shape::kTableBytes > 0) {
            asm volatile("barrier.cta.sync 2, %0;" ::"n"(kWeightThreads) : "memory");
            tabulateRows<type, Shape, kGateUp>(call, block, span - 1, block.weights + buffer * Shape::kBufferBytes,
                block.tables + buffer * Shape::kTableBytes / 4, thread);
        }
        block.weightsFull[buffer].arrive();
    }
}

} // namespace strata::cuda
