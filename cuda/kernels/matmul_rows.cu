// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul.h"
#include "cuda/kernels/matmul_call.h"
#include "cuda/runtime/check.h"

#include <cuda_fp16.h>

namespace strata::cuda {
namespace {

constexpr int kRowThreads = 256;

// Over all threads of the block, in a fixed order.
template <typename Combine>
__device__ float combineBlock(float value, Combine combine) {
    __shared__ float warps[kRowThreads / 32];
    for (int distance = 16; distance > 0; distance /= 2)
        value = combine(value, __shfl_xor_sync(0xffffffffu, value, distance));
    __syncthreads();
    if (threadIdx.x % 32 == 0)
        warps[threadIdx.x / 32] = value;
    __syncthreads();
    value = warps[0];
    for (int warp = 1; warp < kRowThreads / 32; ++warp)
        value = combine(value, warps[warp]);
    return value;
}

// The power of two that brings a row's largest magnitude to between 2^14 and 2^15, the range of f16 being 65504.
__device__ int rowExponent(float largest) {
    int exponent = 0;
    frexpf(largest, &exponent);
    return largest == 0.0f ? 0 : max(exponent, -100) - 15;
}

// One block a token. Behind sixteen columns' evens come their odds: the order in which lanes hold the weights.
template <bool kNormalises>
__global__ void __launch_bounds__(kRowThreads) prepareRowsKernel(const float* x, const float* weight, float epsilon,
    std::uint32_t columns, std::uint32_t steps, std::uint32_t padded, std::uint8_t* rows, float* rowScales) {
    const float* row = x + std::size_t{blockIdx.x} * columns;
    float largest = 0.0f;
    float squares = 0.0f;
    for (std::uint32_t i = threadIdx.x; i < columns; i += kRowThreads) {
        const float value = row[i];
        largest = fmaxf(largest, fabsf(kNormalises ? value * weight[i] : value));
        squares += value * value;
    }
    largest = combineBlock(largest, [](float a, float b) { return fmaxf(a, b); });
    float norm = 1.0f;
    if constexpr (kNormalises) {
        squares = combineBlock(squares, [](float a, float b) { return a + b; });
        norm = rsqrtf(squares / static_cast<float>(columns) + epsilon);
    }
    const int exponent = rowExponent(largest * norm);
    const float scale = norm * exp2f(static_cast<float>(-exponent));
    for (std::uint32_t first = threadIdx.x * 16; first < steps * kStepColumns; first += kRowThreads * 16) {
        __align__(16) __half ordered[16];
        for (std::uint32_t i = 0; i < 16; ++i) {
            const std::uint32_t column = first + i;
            float value = column < columns ? row[column] * scale : 0.0f;
            if (kNormalises && column < columns)
                value *= weight[column];
            ordered[i % 2 * 8 + i / 2] = __float2half_rn(value);
        }
        std::uint8_t* target = rows + (std::size_t{first / kStepColumns} * padded + blockIdx.x) * kStepBytes;
        const std::uint32_t chunk = first % kStepColumns / 8;
        for (std::uint32_t i = 0; i < 2; ++i)
            *reinterpret_cast<uint4*>(target + ((chunk + i) ^ (blockIdx.x % 8)) * 16) =
                reinterpret_cast<const uint4*>(ordered)[i];
    }
    if (threadIdx.x != 0)
        return;
    rowScales[blockIdx.x] = exp2f(static_cast<float>(exponent));
    for (std::uint32_t token = gridDim.x + blockIdx.x; token < padded; token += gridDim.x)
        rowScales[token] = 0.0f;
}

} // namespace

void prepareRows(const Launch& launch, const float* x, std::uint32_t m, std::uint32_t columns, void* scratch) {
    const MatmulScratch parts = matmulScratch(scratch, columns, m, launch.multiprocessors);
    prepareRowsKernel<false><<<m, kRowThreads, 0, launch.stream>>>(
        x, nullptr, 0.0f, columns, stepCount(columns), paddedTokens(m), parts.rows, parts.rowScales);
    checkLaunch("preparing the input of matrix products");
}

void prepareNormalisedRows(const Launch& launch, const float* x, const float* weight, float epsilon, std::uint32_t m,
    std::uint32_t columns, void* scratch) {
    const MatmulScratch parts = matmulScratch(scratch, columns, m, launch.multiprocessors);
    prepareRowsKernel<true><<<m, kRowThreads, 0, launch.stream>>>(
        x, weight, epsilon, columns, stepCount(columns), paddedTokens(m), parts.rows, parts.rowScales);
    checkLaunch("preparing the input of matrix products");
}

} // namespace strata::cuda
