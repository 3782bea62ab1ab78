// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

// A tile of rows of a quantised matrix times up to 8 tokens, on int8 tensor cores (mma of 16 rows, 8 tokens): integer
// sums within a group are exact, so they do not depend on how many tokens are real. All operations on floats are named,
// so that the compiler fuses alike for one token and for eight.
// Lane 4 * g + t holds weights of rows g and g + 8, activations of token g, and results of tokens 2t and 2t + 1.
namespace strata::cuda {

// c = a b with a (16 rows, 32 columns), b (32 columns, 8 tokens).
__device__ __forceinline__ void multiply32(int (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%10, %10, %10, %10};"
        : "=r"(c[0]), "=r"(c[1]), "=r"(c[2]), "=r"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(0));
}

// The same with 16 columns.
__device__ __forceinline__ void multiply16(int (&c)[4], std::uint32_t upper, std::uint32_t lower, std::uint32_t b) {
    asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %7, %7, %7};"
        : "=r"(c[0]), "=r"(c[1]), "=r"(c[2]), "=r"(c[3])
        : "r"(upper), "r"(lower), "r"(b), "r"(0));
}

// The activations of one warp's turns: group i of the turn, of the tokens of this lane.
template <int kLaneTokens>
class TileInputs {
public:
    __device__ TileInputs(const MatvecArguments& arguments, bool readsPairs) : m_m(static_cast<int>(arguments.m)) {
        const int lane = static_cast<int>(threadIdx.x % 32);
        const int firstGroup = static_cast<int>(threadIdx.x / 32) * kTurnGroups;
        const int last = m_m - 1; // lanes of tokens beyond it repeat it, to no effect
        m_codes =
            arguments.quantised.q + (firstGroup * m_m + min(lane / 4, last)) * 32 + lane % 4 * (readsPairs ? 8 : 4);
        m_scales = arguments.quantised.scaleAndSum + firstGroup * m_m;
#pragma unroll
        for (int i = 0; i < kLaneTokens; ++i)
            m_tokens[i] = min(lane % 4 * 2 + i, last);
    }

    __device__ void nextTurn() {
        m_codes += kTileWarps * kTurnColumns * m_m;
        m_scales += kTileWarps * kTurnGroups * m_m;
    }

    template <bool kReadsPairs>
    __device__ void codes(int group, std::uint32_t (&b)[2]) const {
        const std::int8_t* const bytes = m_codes + 32 * (kLaneTokens == 1 ? group : group * m_m);
        if constexpr (kReadsPairs) {
            const uint2 pair = *reinterpret_cast<const uint2*>(bytes);
            b[0] = pair.x;
            b[1] = pair.y;
        } else {
            b[0] = *reinterpret_cast<const std::uint32_t*>(bytes);
            b[1] = *reinterpret_cast<const std::uint32_t*>(bytes + 16);
        }
    }

    __device__ void scaleAndSum(int group, float2 (&values)[kLaneTokens]) const {
#pragma unroll
        for (int i = 0; i < kLaneTokens; ++i)
            values[i] = kLaneTokens == 1 ? m_scales[group] : m_scales[group * m_m + m_tokens[i]];
    }

private:
    int m_m;
    int m_tokens[kLaneTokens];
    const std::int8_t* m_codes;
    const float2* m_scales;
};

template <QuantType kType, int kLaneTokens>
class TileWarp {
    using Format = WeightFormat<kType>;
    using Scales = typename Format::Scales;
    using Shape = TileShape<kType>;
    using Block = typename Shape::Block;

public:
    using Sums = float[2][kLaneTokens]; // rows g and g + 8

    __device__ TileWarp(const MatvecArguments& arguments, std::byte* ring) : m_arguments(arguments), m_copies(ring) {
        const int warp = static_cast<int>(threadIdx.x / 32);
        const int turns = (static_cast<int>(arguments.columns) + kTurnColumns - 1) / kTurnColumns;
        m_turns = max(0, turns - warp + kTileWarps - 1) / kTileWarps;
    }

    // Starts the first copies of a tile, which need no activations.
    __device__ void start(const MatvecMatrix& matrix, std::uint32_t firstRow) {
        m_copies.pointAt(matrix, firstRow, m_turns);
#pragma unroll
        for (int stage = 0; stage < Shape::kStages - 1; ++stage)
            m_copies.startTurn();
    }

    // Sums over this warp's columns of the tile whose copies were started. Those of the same rows of `next`, if there
    // is such a matrix, start when there are none left to start for this one.
    __device__ void accumulate(
        const MatvecMatrix& matrix, const MatvecMatrix* next, std::uint32_t firstRow, Sums& sums) {
        TileInputs<kLaneTokens> inputs(m_arguments, Shape::kReadsPairs);
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
            if (next != nullptr && m_copies.turnsLeft() == 0) {
                m_copies.pointAt(*next, firstRow, m_turns);
                next = nullptr;
            }
            m_copies.startTurn();
            const std::byte* rows[2];
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                rows[half] = stage + (threadIdx.x % 32 / 4 + 8 * half) * Shape::kRowBytes +
                             (Shape::kHasSlack ? places[half] & 15u : 0);
                places[half] += Shape::kStrideBytes;
            }
            if constexpr (Block::kLength == 32)
                addBlocks(rows, min(kTurnGroups, (columns - turn * kTileWarps * kTurnColumns) / 32), inputs, sums);
            else
                addSuperblock(rows, inputs, sums);
            inputs.nextTurn();
        }
    }

private:
    // Weights of rows g and g + 8: of group `group` of their blocks.
    __device__ __forceinline__ static void weights(
        const std::byte* const (&blocks)[2], int group, std::uint32_t (&a)[4]) {
        const int t = static_cast<int>(threadIdx.x % 4);
#pragma unroll
        for (int i = 0; i < 4; ++i)
            a[i] = Format::codes(blocks[i % 2], group * 8 + (Shape::kReadsPairs ? 2 * t + i / 2 : i / 2 * 4 + t));
    }

    // A turn of blocks of 32.
    __device__ __forceinline__ static void addBlocks(
        const std::byte* const (&rows)[2], int groups, const TileInputs<kLaneTokens>& inputs, Sums& sums) {
        if (groups == kTurnGroups) {
#pragma unroll
            for (int group = 0; group < kTurnGroups; ++group)
                addBlock(rows, group, inputs, sums);
            return;
        }
#pragma unroll 1
        for (int group = 0; group < groups; ++group)
            addBlock(rows, group, inputs, sums);
    }

    __device__ __forceinline__ static void addBlock(
        const std::byte* const (&rows)[2], int group, const TileInputs<kLaneTokens>& inputs, Sums& sums) {
        const int offset = group * static_cast<int>(sizeof(Block));
        const std::byte* const blocks[2] = {rows[0] + offset, rows[1] + offset};
        std::uint32_t a[4], b[2];
        inputs.template codes<Shape::kReadsPairs>(group, b);
        weights(blocks, 0, a);
        float2 values[kLaneTokens];
        inputs.scaleAndSum(group, values);
        int c[4];
        multiply32(c, a, b);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const Scales scales = Format::scales(blocks[half]);
#pragma unroll
            for (int i = 0; i < kLaneTokens; ++i) {
                float& sum = sums[half][i];
                const float scale = __fmul_rn(Format::scale(scales, 0), values[i].x);
                sum = __fmaf_rn(__int2float_rn(c[2 * half + i]), scale, sum);
                if constexpr (Format::kHasMinimum)
                    sum = __fmaf_rn(-Format::minimum(scales, 0), values[i].y, sum);
            }
        }
    }

    // A turn that is one block of 256. What its groups have in common is multiplied in last.
    __device__ __forceinline__ static void addSuperblock(
        const std::byte* const (&rows)[2], const TileInputs<kLaneTokens>& inputs, Sums& sums) {
        const Scales scales[2] = {Format::scales(rows[0]), Format::scales(rows[1])};
        Sums scaled = {}, lowered = {};
#pragma unroll
        for (int group = 0; group < kTurnGroups; ++group) {
            std::uint32_t a[4], b[2];
            inputs.template codes<Shape::kReadsPairs>(group, b);
            weights(rows, group, a);
            float2 values[kLaneTokens];
            inputs.scaleAndSum(group, values);
            if constexpr (Format::kScaleLength == 32)
                addGroup(a, b, group, scales, values, scaled, lowered);
            else
                addHalves(a, b, group, scales, values, scaled, lowered);
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) {
#pragma unroll
            for (int i = 0; i < kLaneTokens; ++i) {
                sums[half][i] = __fmaf_rn(Format::blockScale(scales[half]), scaled[half][i], sums[half][i]);
                if constexpr (Format::kHasMinimum)
                    sums[half][i] = __fmaf_rn(-Format::blockMinimum(scales[half]), lowered[half][i], sums[half][i]);
            }
        }
    }

    __device__ __forceinline__ static void addGroup(const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], int group,
        const Scales (&scales)[2], const float2 (&values)[kLaneTokens], Sums& scaled, Sums& lowered) {
        int c[4];
        multiply32(c, a, b);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int scale = Format::scaleCode(scales[half], group);
#pragma unroll
            for (int i = 0; i < kLaneTokens; ++i)
                scaled[half][i] = __fmaf_rn(__int2float_rn(c[2 * half + i] * scale), values[i].x, scaled[half][i]);
            if constexpr (Format::kHasMinimum) {
                const float minimum = __int2float_rn(Format::minimumCode(scales[half], group));
#pragma unroll
                for (int i = 0; i < kLaneTokens; ++i)
                    lowered[half][i] = __fmaf_rn(minimum, values[i].y, lowered[half][i]);
            }
        }
    }

    // Scales are of 16 columns: each half's sum takes its own, as an integer still. The sums that came with the
    // activations are of 32 columns; minima of 16 get theirs from a product with ones.
    __device__ __forceinline__ static void addHalves(const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
        int group, const Scales (&scales)[2], const float2 (&values)[kLaneTokens], Sums& scaled, Sums& lowered) {
        constexpr std::uint32_t kOnes = 0x01010101u;
        int c[2][4], ones[2][4];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            multiply16(c[i], a[2 * i], a[2 * i + 1], b[i]);
            if constexpr (Format::kHasMinimum)
                multiply16(ones[i], kOnes, kOnes, b[i]);
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) {
#pragma unroll
            for (int i = 0; i < kLaneTokens; ++i) {
                const int at = 2 * half + i;
                const int product = c[0][at] * Format::scaleCode(scales[half], 2 * group) +
                                    c[1][at] * Format::scaleCode(scales[half], 2 * group + 1);
                scaled[half][i] = __fmaf_rn(__int2float_rn(product), values[i].x, scaled[half][i]);
                if constexpr (Format::kHasMinimum) {
                    const int minimum = ones[0][at] * Format::minimumCode(scales[half], 2 * group) +
                                        ones[1][at] * Format::minimumCode(scales[half], 2 * group + 1);
                    lowered[half][i] = __fmaf_rn(__int2float_rn(minimum), values[i].x, lowered[half][i]);
                }
            }
        }
    }

    const MatvecArguments& m_arguments;
    TileCopies<kType> m_copies;
    int m_turns; // of this warp
};

} // namespace strata::cuda
