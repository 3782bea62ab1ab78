// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_arguments.cuh"
#include "cuda/quant/weight_format.cuh"
#include "cuda/runtime/dependent_launch.cuh"

// A tile of rows of a quantised matrix times up to 8 tokens, on int8 tensor cores (mma of 16 rows, 8 tokens): integer
// sums within a group are exact, so they do not depend on how many tokens are real. Weights reach shared memory as they
// lie in the matrix, copied asynchronously 16 bytes at a time, each warp ahead of itself by the stages of its own ring.
// Lane 4 * g + t holds rows g and g + 8, columns 4t .. 4t + 3 of each sixteen, and results of tokens 2t and 2t + 1.
namespace strata::cuda {

constexpr int kStepColumns = 256; // a warp's share of a turn

template <QuantType kType>
struct TileShape {
    using Block = typename WeightFormat<kType>::Block;
    static constexpr int kStepBytes = kStepColumns / Block::kLength * static_cast<int>(sizeof(Block));
    // A row's share starts up to 15 bytes before its first block, at an address the copies are aligned to.
    static constexpr int kSlack = WeightFormat<kType>::kAlignment >= 16 ? 0 : 16 - WeightFormat<kType>::kAlignment;
    static constexpr int kChunks = (kStepBytes + kSlack + 15) / 16;
    // An odd number of 16-byte units: words of eight rows and four lanes each lie in 32 different banks.
    static constexpr int kRowStride = 16 * (kChunks | 1);
    static constexpr int kStageBytes = kTileRows * kRowStride;
    static constexpr int kStages = kStageBytes <= 2560 ? 4 : kStageBytes <= 4096 ? 3 : 2;
    static constexpr int kSharedBytes = kTileWarps * kStages * kStageBytes;
};

__device__ __forceinline__ void copyAsync(std::uint32_t target, const std::byte* source, int byteCount) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(source), "r"(byteCount) : "memory");
}

template <int kPending>
__device__ __forceinline__ void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// c += a b with a (16 rows, 32 columns), b (32 columns, 8 tokens).
__device__ __forceinline__ void multiply32(int (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// The same with 16 columns.
__device__ __forceinline__ void multiply16(int (&c)[4], std::uint32_t upper, std::uint32_t lower, std::uint32_t b) {
    asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(upper), "r"(lower), "r"(b));
}

// Integer sums start at the bits of 1.5 * 2^23, so that the result read as a float is that number plus the sum: below
// 2^22 in magnitude, which 32 products of int8 are. A subtraction then converts, where a conversion runs at a quarter
// of the rate.
constexpr int kSumStart = 0x4b400000;
__device__ __forceinline__ float sumAsFloat(int sum) {
    return __int_as_float(sum) - 12582912.0f;
}

// One warp's view of the tile and of the activations.
template <QuantType kType, int kLaneTokens>
class TileWarp {
    using Format = WeightFormat<kType>;
    using Shape = TileShape<kType>;
    using Block = typename Shape::Block;

public:
    __device__ TileWarp(const MatvecArguments& arguments, std::byte* ring)
        : m_lane(static_cast<int>(threadIdx.x % 32)), m_warp(static_cast<int>(threadIdx.x / 32)),
          m_columns(static_cast<int>(arguments.columns)), m_m(static_cast<int>(arguments.m)),
          m_quantised(arguments.quantised), m_ring(ring + m_warp * Shape::kStages * Shape::kStageBytes) {
        m_turns = ((m_columns + kStepColumns - 1) / kStepColumns - m_warp + kTileWarps - 1) / kTileWarps;
    }

    // Points the copies at a tile of a matrix, and starts the first ones.
    __device__ void start(const MatvecMatrix& matrix, std::uint32_t firstRow) {
        m_rowBytes = static_cast<int>(matrix.rowBytes);
        m_end = matrix.weights + std::size_t{matrix.rows} * matrix.rowBytes;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const std::uint32_t row = min(firstRow + m_lane / 4 + 8 * half, matrix.rows - 1);
            m_rows[half] = matrix.weights + std::size_t{row} * matrix.rowBytes;
        }
#pragma unroll
        for (int stage = 0; stage < Shape::kStages - 1; ++stage)
            copyTurn(stage, stage);
    }

    // Sums over this warp's columns: rows g, g + 8 of tokens 2t, 2t + 1.
    __device__ void accumulate(float (&sums)[2][2]) {
        int stage = 0;
        int freeStage = Shape::kStages - 1;
#pragma unroll 1
        for (int turn = 0; turn < m_turns; ++turn) {
            waitForCopies<Shape::kStages - 2>();
            __syncwarp(); // the copies of the other lanes too; and all are done with the stage that is filled next
            copyTurn(turn + Shape::kStages - 1, freeStage);
            addTurn(turn, stage, sums);
            freeStage = stage;
            stage = stage + 1 == Shape::kStages ? 0 : stage + 1;
        }
        __syncwarp();
    }

private:
    __device__ int stepOf(int turn) const {
        return turn * kTileWarps + m_warp;
    }

    // A group of copies is committed even if there is nothing left to copy, so that the count of groups tells turns.
    __device__ void copyTurn(int turn, int stage) {
        if (turn < m_turns) {
            const int offset = stepOf(turn) * Shape::kStepBytes;
            const int length = min(Shape::kStepBytes, m_rowBytes - offset);
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const std::byte* const first = m_rows[half] + offset;
                const int slack = slackOf(first);
                const std::byte* const source = first - slack + 16 * (m_lane % 4);
                const int chunks = (slack + length + 15) / 16;
                const std::uint32_t target = static_cast<std::uint32_t>(
                    __cvta_generic_to_shared(m_ring + stage * Shape::kStageBytes +
                                             (m_lane / 4 + 8 * half) * Shape::kRowStride + 16 * (m_lane % 4)));
#pragma unroll
                for (int j = 0; j < (Shape::kChunks + 3) / 4; ++j) {
                    if (m_lane % 4 + 4 * j < chunks)
                        copyAsync(target + 64 * j, source + 64 * j, bytesUntilEnd(source + 64 * j));
                }
            }
        }
        asm volatile("cp.async.commit_group;" ::: "memory");
    }

    __device__ static int slackOf(const std::byte* bytes) {
        return Shape::kSlack == 0 ? 0 : static_cast<int>(reinterpret_cast<std::uintptr_t>(bytes) & 15u);
    }

    // The last chunk of a matrix may reach beyond it.
    __device__ int bytesUntilEnd(const std::byte* source) const {
        if constexpr (Shape::kSlack == 0)
            return 16;
        return static_cast<int>(min(static_cast<std::ptrdiff_t>(16), m_end - source));
    }

    __device__ void addTurn(int turn, int stage, float (&sums)[2][2]) {
        const int step = stepOf(turn);
        const int offset = step * Shape::kStepBytes;
        const std::byte* rows[2];
#pragma unroll
        for (int half = 0; half < 2; ++half)
            rows[half] = m_ring + stage * Shape::kStageBytes + (m_lane / 4 + 8 * half) * Shape::kRowStride +
                         slackOf(m_rows[half] + offset);
        const int groups = min(kStepColumns, m_columns - step * kStepColumns) / 32;
        if constexpr (Block::kLength == 32) {
#pragma unroll
            for (int group = 0; group < kStepColumns / 32; ++group) {
                if (group < groups) {
                    const std::byte* const blocks[2] = {
                        rows[0] + group * sizeof(Block), rows[1] + group * sizeof(Block)};
                    const typename Format::Scales scales[2] = {Format::scales(blocks[0]), Format::scales(blocks[1])};
                    addGroup(step * (kStepColumns / 32) + group, 0, blocks, scales, sums);
                }
            }
        } else {
            const typename Format::Scales scales[2] = {Format::scales(rows[0]), Format::scales(rows[1])};
#pragma unroll
            for (int group = 0; group < kStepColumns / 32; ++group)
                addGroup(step * (kStepColumns / 32) + group, group, rows, scales, sums);
        }
    }

    // 32 columns: group `group` of the row, `part` of its block.
    __device__ __forceinline__ void addGroup(int group, int part, const std::byte* const (&blocks)[2],
        const typename Format::Scales (&scales)[2], float (&sums)[2][2]) {
        const int t = m_lane % 4;
        std::uint32_t a[4], b[2] = {0, 0};
        if (m_lane / 4 < m_m) {
            const std::int8_t* const q = m_quantised.q + (m_lane / 4) * m_columns + group * 32 + 4 * t;
            b[0] = *reinterpret_cast<const std::uint32_t*>(q);
            b[1] = *reinterpret_cast<const std::uint32_t*>(q + 16);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
            a[i] = Format::codes(blocks[i % 2], part * 8 + i / 2 * 4 + t);
        float2 inputs[kLaneTokens]; // scale and sum of each token
#pragma unroll
        for (int i = 0; i < kLaneTokens; ++i)
            inputs[i] = m_quantised.scaleAndSum[min(2 * t + i, m_m - 1) * (m_columns / 32) + group];
        if constexpr (Format::kScaleLength == 32) {
            int c[4] = {kSumStart, kSumStart, kSumStart, kSumStart};
            multiply32(c, a, b);
            addScaled(c, part, scales, inputs, sums);
        } else {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                int c[4] = {kSumStart, kSumStart, kSumStart, kSumStart};
                multiply16(c, a[2 * half], a[2 * half + 1], b[half]);
                if constexpr (Format::kHasMinimum)
                    sumOfHalf(b[half], inputs);
                addScaled(c, 2 * part + half, scales, inputs, sums);
            }
        }
    }

    // The sums that came with the activations are of 32 columns; these minima are of 16.
    __device__ static void sumOfHalf(std::uint32_t b, float2 (&inputs)[kLaneTokens]) {
        constexpr std::uint32_t kOnes = 0x01010101u;
        int c[4] = {kSumStart, kSumStart, kSumStart, kSumStart};
        multiply16(c, kOnes, kOnes, b);
#pragma unroll
        for (int i = 0; i < kLaneTokens; ++i)
            inputs[i].y = __fmul_rn(inputs[i].x, sumAsFloat(c[i]));
    }

    // Every operation is named, so that the compiler fuses alike for one token and for eight.
    __device__ __forceinline__ static void addScaled(const int (&c)[4], int index,
        const typename Format::Scales (&scales)[2], const float2 (&inputs)[kLaneTokens], float (&sums)[2][2]) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float scale = Format::scale(scales[half], index);
            const float minimum = Format::kHasMinimum ? Format::minimum(scales[half], index) : 0.0f;
#pragma unroll
            for (int i = 0; i < kLaneTokens; ++i) {
                float& sum = sums[half][i];
                sum = __fmaf_rn(sumAsFloat(c[2 * half + i]), __fmul_rn(scale, inputs[i].x), sum);
                if constexpr (Format::kHasMinimum)
                    sum = __fmaf_rn(-minimum, inputs[i].y, sum);
            }
        }
    }

    int m_lane, m_warp;
    int m_columns, m_m;
    int m_turns; // of this warp
    QuantisedRows m_quantised;
    std::byte* m_ring;
    int m_rowBytes = 0;
    const std::byte* m_end = nullptr;
    const std::byte* m_rows[2] = {}; // g and g + 8 of the tile
};

} // namespace strata::cuda
