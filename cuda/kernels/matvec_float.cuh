// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_arguments.cuh"
#include "cuda/quant/weight_format.cuh"
#include "cuda/runtime/dependent_launch.cuh"

// A tile of rows of an F32, F16 or BF16 matrix times up to 8 tokens in floats: each warp a quarter of the rows, each
// lane every 32nd group of columns, of any number of columns.
namespace strata::cuda {

constexpr int kWarpRows = kTileRows / kTileWarps;

template <QuantType kType, int kTokens>
class FloatRows {
    using Format = WeightFormat<kType>;
    static constexpr int kWidth = kType == QuantType::F32 ? 4 : 8; // weights in 16 bytes

public:
    __device__ FloatRows(const MatvecArguments& arguments, const MatvecMatrix& matrix, std::uint32_t firstRow)
        : m_x(arguments.x), m_columns(arguments.columns), m_m(static_cast<int>(arguments.m)) {
#pragma unroll
        for (int i = 0; i < kWarpRows; ++i) {
            const std::uint32_t row = min(firstRow + threadIdx.x / 32 * kWarpRows + i, matrix.rows - 1);
            m_rows[i] = matrix.weights + std::size_t{row} * matrix.rowBytes;
        }
        m_wideColumns = matrix.rowBytes % 16 == 0 ? m_columns : 0;
    }

    __device__ void multiply(float (&sums)[kWarpRows][kTokens]) const {
        const std::uint32_t lane = threadIdx.x % 32;
        for (std::uint32_t column = lane * kWidth; column < m_wideColumns; column += 32 * kWidth)
            addWide(column, sums);
        for (std::uint32_t column = m_wideColumns + lane; column < m_columns; column += 32)
            addOne(column, sums);
#pragma unroll
        for (int i = 0; i < kWarpRows; ++i) {
#pragma unroll
            for (int token = 0; token < kTokens; ++token) {
                for (int offset = 16; offset > 0; offset /= 2)
                    sums[i][token] += __shfl_xor_sync(kAllLanes, sums[i][token], offset);
            }
        }
    }

private:
    __device__ void addWide(std::uint32_t column, float (&sums)[kWarpRows][kTokens]) const {
        constexpr int kBytes = 16 / kWidth;
        uint4 words[kWarpRows];
#pragma unroll
        for (int i = 0; i < kWarpRows; ++i)
            words[i] = *reinterpret_cast<const uint4*>(m_rows[i] + std::size_t{column} * kBytes);
#pragma unroll
        for (int token = 0; token < kTokens; ++token) {
            if (token >= m_m)
                break;
            const auto* const x = reinterpret_cast<const float4*>(m_x + std::size_t{m_columns} * token + column);
            float4 inputs[kWidth / 4];
#pragma unroll
            for (int j = 0; j < kWidth / 4; ++j)
                inputs[j] = x[j];
#pragma unroll
            for (int i = 0; i < kWarpRows; ++i) {
                const auto* const weights = reinterpret_cast<const std::byte*>(&words[i]);
#pragma unroll
                for (int j = 0; j < kWidth; ++j)
                    sums[i][token] = __fmaf_rn(
                        Format::decode(weights, j), reinterpret_cast<const float*>(inputs)[j], sums[i][token]);
            }
        }
    }

    __device__ void addOne(std::uint32_t column, float (&sums)[kWarpRows][kTokens]) const {
#pragma unroll
        for (int token = 0; token < kTokens; ++token) {
            if (token >= m_m)
                break;
            const float input = m_x[std::size_t{m_columns} * token + column];
#pragma unroll
            for (int i = 0; i < kWarpRows; ++i)
                sums[i][token] = __fmaf_rn(Format::decode(m_rows[i], column), input, sums[i][token]);
        }
    }

    const float* m_x;
    std::uint32_t m_columns;
    std::uint32_t m_wideColumns; // read 16 bytes at a time, where rows are aligned to that
    int m_m;
    const std::byte* m_rows[kWarpRows];
};

// A row is whole within its warp, so the first of the warps' sums has it all.
template <QuantType kType, int kTokens>
__device__ __forceinline__ void multiplyFloatTile(const MatvecArguments& arguments, const MatvecMatrix& matrix,
    std::uint32_t firstRow, TilePartials<kTokens>& partials) {
    float sums[kWarpRows][kTokens] = {};
    FloatRows<kType, kTokens>(arguments, matrix, firstRow).multiply(sums);
    const int lane = static_cast<int>(threadIdx.x % 32);
#pragma unroll
    for (int i = 0; i < kWarpRows; ++i) {
#pragma unroll
        for (int token = 0; token < kTokens; ++token) {
            if (lane < kTileWarps)
                partials[lane][token][threadIdx.x / 32 * kWarpRows + i] = lane == 0 ? sums[i][token] : 0.0f;
        }
    }
}

} // namespace strata::cuda
