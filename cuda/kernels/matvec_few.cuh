// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/kernels/quantise.cuh"

// The arithmetic of 2 to 8 tokens, on int8 tensor cores (mma of 16 rows, 8 tokens): integer sums within a group are
// exact, so they do not depend on how many tokens are real. Lane 4 * g + t holds weights of rows g and g + 8,
// activations of token g, and results of tokens 2t and 2t + 1.
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

// The activations of one warp's turns, as the lanes of a tile want them.
class FewInputs {
public:
    __device__ FewInputs(const MatvecArguments& arguments, bool readsPairs) {
        const std::uint32_t lane = threadIdx.x % 32;
        const std::uint32_t first = threadIdx.x / 32 * kTurnGroups * kTokenPlaces;
        const std::uint32_t last = arguments.m - 1; // lanes of tokens beyond it repeat it, to no effect
        m_codes = arguments.quantised.q + (first + min(lane / 4, last)) * 32 + lane % 4 * (readsPairs ? 8 : 4);
        m_scales = arguments.quantised.scaleAndSum + first + min(lane % 4 * 2, last & ~1u);
    }

    __device__ void nextTurn() {
        m_codes += kTileWarps * kTurnColumns * kTokenPlaces;
        m_scales += kTileWarps * kTurnGroups * kTokenPlaces;
    }

    template <bool kReadsPairs>
    __device__ void codes(int group, std::uint32_t (&b)[2]) const {
        const std::int8_t* const bytes = m_codes + group * static_cast<int>(32 * kTokenPlaces);
        if constexpr (kReadsPairs) {
            const uint2 pair = *reinterpret_cast<const uint2*>(bytes);
            b[0] = pair.x;
            b[1] = pair.y;
        } else {
            b[0] = *reinterpret_cast<const std::uint32_t*>(bytes);
            b[1] = *reinterpret_cast<const std::uint32_t*>(bytes + 16);
        }
    }

    // Of tokens 2t and 2t + 1.
    __device__ void scaleAndSum(int group, float2 (&values)[2]) const {
        const float4 both = *reinterpret_cast<const float4*>(m_scales + group * static_cast<int>(kTokenPlaces));
        values[0] = {both.x, both.y};
        values[1] = {both.z, both.w};
    }

private:
    const std::int8_t* m_codes;
    const float2* m_scales;
};

template <QuantType kType>
class FewTokens {
    using Format = WeightFormat<kType>;
    using Scales = typename Format::Scales;
    using Shape = RowShape<kType, false>;
    using Block = typename Shape::Block;
    using Quarter = float[2][2]; // rows g and g + 8, tokens 2t and 2t + 1

public:
    static constexpr int kMostTokens = static_cast<int>(kFewTokens);

    __device__ explicit FewTokens(const MatvecArguments& arguments) : m_inputs(arguments, Shape::kReadsPairs) {}

    __device__ __forceinline__ void addTurn(const std::byte* const (&rows)[2], int groups) {
        if constexpr (Block::kLength == 32)
            addBlocks(rows, groups);
        else
            addSuperblock(rows);
        m_inputs.nextTurn();
    }

    __device__ void store(TilePartials<kMostTokens>& partials) const {
        const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
#pragma unroll
            for (int i = 0; i < 2; ++i)
                partials[threadIdx.x / 32][lane % 4 * 2 + i][lane / 4 + 8 * half] =
                    __fadd_rn(__fadd_rn(m_sums[0][half][i], m_sums[1][half][i]),
                        __fadd_rn(m_sums[2][half][i], m_sums[3][half][i]));
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

    __device__ __forceinline__ void addBlocks(const std::byte* const (&rows)[2], int groups) {
        if (groups == kTurnGroups) { // without a branch at each group
#pragma unroll
            for (int group = 0; group < kTurnGroups; ++group)
                addBlock(rows, group, m_sums[group / 2]);
            return;
        }
#pragma unroll
        for (int group = 0; group < kTurnGroups; ++group) {
            if (group < groups)
                addBlock(rows, group, m_sums[group / 2]);
        }
    }

    __device__ __forceinline__ void addBlock(const std::byte* const (&rows)[2], int group, Quarter& sums) const {
        const int offset = group * static_cast<int>(sizeof(Block));
        const std::byte* const blocks[2] = {rows[0] + offset, rows[1] + offset};
        std::uint32_t a[4], b[2];
        m_inputs.template codes<Shape::kReadsPairs>(group, b);
        weights(blocks, 0, a);
        float2 values[2];
        m_inputs.scaleAndSum(group, values);
        int c[4];
        multiply32(c, a, b);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const Scales scales = Format::scales(blocks[half]);
#pragma unroll
            for (int i = 0; i < 2; ++i)
                addBlockSum<Format>(c[2 * half + i], scales, values[i], sums[half][i]);
        }
    }

    __device__ __forceinline__ void addSuperblock(const std::byte* const (&rows)[2]) {
        const Scales scales[2] = {Format::scales(rows[0]), Format::scales(rows[1])};
        Quarter scaled[4] = {}, lowered[4] = {};
#pragma unroll
        for (int group = 0; group < kTurnGroups; ++group) {
            std::uint32_t a[4], b[2];
            m_inputs.template codes<Shape::kReadsPairs>(group, b);
            weights(rows, group, a);
            float2 values[2];
            m_inputs.scaleAndSum(group, values);
            if constexpr (Format::kScaleLength == 32) {
                addGroup(a, b, group, scales, values, scaled[group / 2], lowered[group / 2]);
            } else {
#pragma unroll
                for (int i = 0; i < 2; ++i) {
                    const int quarter = group / 4 * 2 + i;
                    addHalf(
                        a[2 * i], a[2 * i + 1], b[i], 2 * group + i, scales, values, scaled[quarter], lowered[quarter]);
                }
            }
        }
#pragma unroll
        for (int quarter = 0; quarter < 4; ++quarter) {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                addSuperblockSum<Format>(scales[i / 2], scaled[quarter][i / 2][i % 2], lowered[quarter][i / 2][i % 2],
                    m_sums[quarter][i / 2][i % 2]);
        }
    }

    __device__ __forceinline__ static void addGroup(const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], int group,
        const Scales (&scales)[2], const float2 (&values)[2], Quarter& scaled, Quarter& lowered) {
        int c[4];
        multiply32(c, a, b);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int scale = Format::scaleCode(scales[half], group);
            float minimum = 0.0f;
            if constexpr (Format::kHasMinimum)
                minimum = __int2float_rn(Format::minimumCode(scales[half], group));
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                scaled[half][i] = __fmaf_rn(__int2float_rn(c[2 * half + i] * scale), values[i].x, scaled[half][i]);
                if constexpr (Format::kHasMinimum)
                    lowered[half][i] = __fmaf_rn(minimum, values[i].y, lowered[half][i]);
            }
        }
    }

    // Scales are of 16 columns. The sums that came with the activations are of 32; minima of 16 get theirs from a
    // product with ones.
    __device__ __forceinline__ static void addHalf(std::uint32_t upper, std::uint32_t lower, std::uint32_t b, int index,
        const Scales (&scales)[2], const float2 (&values)[2], Quarter& scaled, Quarter& lowered) {
        constexpr std::uint32_t kOnes = 0x01010101u;
        int c[4], ones[4];
        multiply16(c, upper, lower, b);
        if constexpr (Format::kHasMinimum)
            multiply16(ones, kOnes, kOnes, b);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int scale = Format::scaleCode(scales[half], index);
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                scaled[half][i] = __fmaf_rn(__int2float_rn(c[2 * half + i] * scale), values[i].x, scaled[half][i]);
                if constexpr (Format::kHasMinimum) {
                    const int minimum = ones[2 * half + i] * Format::minimumCode(scales[half], index);
                    lowered[half][i] = __fmaf_rn(__int2float_rn(minimum), values[i].x, lowered[half][i]);
                }
            }
        }
    }

    FewInputs m_inputs;
    Quarter m_sums[4] = {};
};

} // namespace strata::cuda
