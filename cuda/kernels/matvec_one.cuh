// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_copy.cuh"

// The arithmetic of one token, with dot products of four bytes: lane 4 * g + t takes the quarter t of the columns of a
// turn, of rows g and g + 8.
namespace strata::cuda {

__device__ __forceinline__ void unpackWords(const uint4& four, std::uint32_t (&words)[4]) {
    words[0] = four.x;
    words[1] = four.y;
    words[2] = four.z;
    words[3] = four.w;
}

template <typename Format>
__device__ __forceinline__ typename Format::Scales scalesOfQuarter(const std::byte* block, int quarter) {
    if constexpr (requires { Format::scalesOfQuarter(block, quarter); })
        return Format::scalesOfQuarter(block, quarter);
    else
        return Format::scales(block);
}

// Of 16 columns: half quarter % 2 of group 4 * (quarter / 2) + part.
template <typename Format>
__device__ __forceinline__ int scaleCodeOfQuarter(const typename Format::Scales& scales, int quarter, int part) {
    if constexpr (requires { Format::scaleCodeOfQuarter(scales, quarter, part); })
        return Format::scaleCodeOfQuarter(scales, quarter, part);
    else
        return Format::scaleCode(scales, 2 * (quarter / 2 * 4 + part) + quarter % 2);
}

// The word at `first`, which is less than 4, comes first.
__device__ __forceinline__ void rotate(std::uint32_t (&words)[4], int first) {
#pragma unroll
    for (int distance = 1; distance < 4; distance *= 2) {
        const std::uint32_t before[4] = {words[0], words[1], words[2], words[3]};
#pragma unroll
        for (int i = 0; i < 4; ++i)
            words[i] = (first & distance) != 0 ? before[(i + distance) % 4] : before[i];
    }
}

template <QuantType kType>
class OneToken {
    using Format = WeightFormat<kType>;
    using Scales = typename Format::Scales;
    using Block = typename Format::Block;

public:
    static constexpr int kMostTokens = 1;

    __device__ explicit OneToken(const MatvecArguments& arguments)
        : m_codes(arguments.quantised.q + threadIdx.x / 32 * kTurnColumns),
          m_scales(arguments.quantised.scaleAndSum + threadIdx.x / 32 * kTurnGroups) {}

    __device__ __forceinline__ void addTurn(const std::byte* const (&rows)[2], int groups) {
        const int t = static_cast<int>(threadIdx.x % 4);
        if constexpr (Block::kLength == 32) {
            addBlocks(rows, groups, t);
        } else {
            const Scales scales[2] = {scalesOfQuarter<Format>(rows[0], t), scalesOfQuarter<Format>(rows[1], t)};
            float scaled[2] = {}, lowered[2] = {};
            if constexpr (Format::kScaleLength == 32)
                addGroups(rows, scales, t, scaled, lowered);
            else
                addHalves(rows, scales, t, scaled, lowered);
            addSuperblockSum<Format>(scales[0], scaled[0], lowered[0], m_sums[0]);
            addSuperblockSum<Format>(scales[1], scaled[1], lowered[1], m_sums[1]);
        }
        m_codes += kTileWarps * kTurnColumns;
        m_scales += kTileWarps * kTurnGroups;
    }

    __device__ void store(TilePartials<kMostTokens>& partials) const {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float sum = m_sums[half];
            sum = __fadd_rn(sum, __shfl_xor_sync(kAllLanes, sum, 1));
            sum = __fadd_rn(sum, __shfl_xor_sync(kAllLanes, sum, 2));
            if (threadIdx.x % 4 == 0)
                partials[threadIdx.x / 32][0][threadIdx.x % 32 / 4 + 8 * half] = sum;
        }
    }

private:
    // Quarter t is groups 2t and 2t + 1.
    __device__ __forceinline__ void addBlocks(const std::byte* const (&rows)[2], int groups, int t) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int group = 2 * t + i;
            if (group >= groups)
                return;
            std::uint32_t b[8];
            inputs(group, b);
            const float2 value = m_scales[group];
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const std::byte* const block = rows[half] + group * static_cast<int>(sizeof(Block));
                int sum = 0;
#pragma unroll
                for (int j = 0; j < 8; ++j)
                    sum = __dp4a(static_cast<int>(Format::codes(block, j)), static_cast<int>(b[j]), sum);
                addBlockSum<Format>(sum, Format::scales(block), value, m_sums[half]);
            }
        }
    }

    __device__ __forceinline__ void addGroups(const std::byte* const (&rows)[2], const Scales (&scales)[2], int t,
        float (&scaled)[2], float (&lowered)[2]) const {
        const float4 values = reinterpret_cast<const float4*>(m_scales)[t];
        std::uint32_t b[2][8];
        inputs(2 * t, b[0]);
        inputs(2 * t + 1, b[1]);
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            int sums[2] = {0, 0};
#pragma unroll
            for (int part = 0; part < 4; ++part) {
                std::uint32_t a[4];
                Format::codesOfQuarter(rows[half], t, part, a);
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    sums[part / 2] =
                        __dp4a(static_cast<int>(a[i]), static_cast<int>(b[part / 2][part % 2 * 4 + i]), sums[part / 2]);
            }
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int scale = Format::scaleCode(scales[half], 2 * t + i);
                scaled[half] = __fmaf_rn(__int2float_rn(sums[i] * scale), i == 0 ? values.x : values.z, scaled[half]);
                if constexpr (Format::kHasMinimum) {
                    const float minimum = __int2float_rn(Format::minimumCode(scales[half], 2 * t + i));
                    lowered[half] = __fmaf_rn(minimum, i == 0 ? values.y : values.w, lowered[half]);
                }
            }
        }
    }

    // Quarter t is the half t % 2 of each of the groups 4 * (t / 2) .. 4 * (t / 2) + 3.
    __device__ __forceinline__ void addHalves(const std::byte* const (&rows)[2], const Scales (&scales)[2], int t,
        float (&scaled)[2], float (&lowered)[2]) const {
        const int firstGroup = t / 2 * 4;
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int group = firstGroup + i;
            std::uint32_t b[4];
            unpackWords(*reinterpret_cast<const uint4*>(m_codes + 32 * group + t % 2 * 16), b);
            rotate(b, t);
            const float value = m_scales[group].x;
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                std::uint32_t a[4];
                Format::codesOfQuarter(rows[half], t, i, a);
                int sum = 0;
                int ones = 0;
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    sum = __dp4a(static_cast<int>(a[j]), static_cast<int>(b[j]), sum);
                    ones = __dp4a(0x01010101, static_cast<int>(b[j]), ones);
                }
                const int product = sum * scaleCodeOfQuarter<Format>(scales[half], t, i);
                scaled[half] = __fmaf_rn(__int2float_rn(product), value, scaled[half]);
                if constexpr (Format::kHasMinimum) {
                    const int minimum = ones * Format::minimumCode(scales[half], 2 * group + t % 2);
                    lowered[half] = __fmaf_rn(__int2float_rn(minimum), value, lowered[half]);
                }
            }
        }
    }

    __device__ __forceinline__ void inputs(int group, std::uint32_t (&b)[8]) const {
        const auto* const fours = reinterpret_cast<const uint4*>(m_codes + 32 * group);
        std::uint32_t front[4], back[4];
        unpackWords(fours[0], front);
        unpackWords(fours[1], back);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            b[i] = front[i];
            b[i + 4] = back[i];
        }
    }

    const std::int8_t* m_codes;
    const float2* m_scales;
    float m_sums[2] = {}; // rows g and g + 8
};

} // namespace strata::cuda
