// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/quantise.cuh"

#include "cuda/runtime/dependent_launch.cuh"

namespace strata::cuda {
namespace {

constexpr int kQuantiseThreads = 128;
constexpr int kNormThreads = 1024;

struct RowNorm {
    const float* weight; // (columns)
    float epsilon;
};

// Blocks (columns, tokens); a thread rounds four columns.
__global__ void __launch_bounds__(kQuantiseThreads)
    quantiseRowsKernel(const float* x, std::uint32_t columns, std::uint32_t m, QuantisedRows out) {
    allowDependents();
    waitForProducers();
    const std::uint32_t column = 4 * (blockIdx.x * kQuantiseThreads + threadIdx.x);
    const std::uint32_t token = blockIdx.y;
    const bool isThere = column < columns;
    const float* const row = x + std::size_t{token} * columns;
    const float4 values = isThere ? *reinterpret_cast<const float4*>(row + column) : float4{};
    if (__any_sync(kAllLanes, isThere))
        storeQuantised(values, quantisedPlace(column / 32, token, m), isThere, out);
}

// The sum over all threads of a block, in an order that depends on nothing but the number of threads.
__device__ float sumOfBlock(float value) {
    __shared__ float ofWarps[kNormThreads / 32];
    for (int offset = 16; offset > 0; offset /= 2)
        value += __shfl_xor_sync(kAllLanes, value, offset);
    if (threadIdx.x % 32 == 0)
        ofWarps[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = ofWarps[threadIdx.x % (kNormThreads / 32)];
    for (int offset = 16; offset > 0; offset /= 2)
        sum += __shfl_xor_sync(kAllLanes, sum, offset);
    return sum;
}

__device__ __forceinline__ float4 normed(const float4& x, float inverse, const float4& weight) {
    return {x.x * inverse * weight.x, x.y * inverse * weight.y, x.z * inverse * weight.z, x.w * inverse * weight.w};
}

__device__ __forceinline__ float squaresOf(const float4& x, float sum) {
    return fmaf(x.w, x.w, fmaf(x.z, x.z, fmaf(x.y, x.y, fmaf(x.x, x.x, sum))));
}

// One block a row, of a multiple of four columns; a thread has four columns of each 4096. The first two fours of a
// thread stay in registers between the passes, and their weights are read while the kernels ahead still run.
__global__ void __launch_bounds__(kNormThreads)
    normaliseRowsKernel(const float* x, RowNorm norm, std::uint32_t columns, float* result, QuantisedRows out) {
    constexpr std::uint32_t kStride = 4 * kNormThreads;
    constexpr int kHeld = 2;
    allowDependents();
    float4 weights[kHeld];
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kStride + 4 * threadIdx.x;
        weights[i] = column < columns ? *reinterpret_cast<const float4*>(norm.weight + column) : float4{};
    }
    waitForProducers();
    const float* const row = x + std::size_t{blockIdx.x} * columns;
    float4 held[kHeld];
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kStride + 4 * threadIdx.x;
        held[i] = column < columns ? *reinterpret_cast<const float4*>(row + column) : float4{};
        squares = squaresOf(held[i], squares);
    }
    for (std::uint32_t column = kHeld * kStride + 4 * threadIdx.x; column < columns; column += kStride)
        squares = squaresOf(*reinterpret_cast<const float4*>(row + column), squares);
    const float inverse = 1.0f / sqrtf(sumOfBlock(squares) / static_cast<float>(columns) + norm.epsilon);
    const auto store = [&](std::uint32_t column, const float4& value, bool isThere) {
        if (result != nullptr && isThere)
            *reinterpret_cast<float4*>(result + std::size_t{blockIdx.x} * columns + column) = value;
        if (out.q != nullptr)
            storeQuantised(value, quantisedPlace(column / 32, blockIdx.x, gridDim.x), isThere, out);
    };
    const std::uint32_t warpColumns = 4 * (threadIdx.x / 32 * 32); // all lanes of a warp take part in rounding
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kStride + 4 * threadIdx.x;
        if (i * kStride + warpColumns < columns)
            store(column, normed(held[i], inverse, weights[i]), column < columns);
    }
    for (std::uint32_t first = kHeld * kStride; first + warpColumns < columns; first += kStride) {
        const std::uint32_t column = first + 4 * threadIdx.x;
        const bool isThere = column < columns;
        const float4 value = isThere ? *reinterpret_cast<const float4*>(row + column) : float4{};
        const float4 weight = isThere ? *reinterpret_cast<const float4*>(norm.weight + column) : float4{};
        store(column, normed(value, inverse, weight), isThere);
    }
}

// For rows of any number of columns, without rounding.
__global__ void __launch_bounds__(kNormThreads)
    normaliseOddRowsKernel(const float* x, RowNorm norm, std::uint32_t columns, float* result) {
    allowDependents();
    waitForProducers();
    const std::size_t first = std::size_t{blockIdx.x} * columns;
    float squares = 0.0f;
    for (std::uint32_t column = threadIdx.x; column < columns; column += kNormThreads)
        squares = fmaf(x[first + column], x[first + column], squares);
    const float inverse = 1.0f / sqrtf(sumOfBlock(squares) / static_cast<float>(columns) + norm.epsilon);
    for (std::uint32_t column = threadIdx.x; column < columns; column += kNormThreads)
        result[first + column] = x[first + column] * inverse * norm.weight[column];
}

} // namespace

void quantiseRows(
    const Launch& launch, const float* x, std::uint32_t m, std::uint32_t columns, const QuantisedRows& out) {
    constexpr std::uint32_t kBlockColumns = 4 * kQuantiseThreads;
    const dim3 blocks((columns + kBlockColumns - 1) / kBlockColumns, m);
    launchDependent(launch, quantiseRowsKernel, {blocks, kQuantiseThreads}, "rounding activations", x, columns, m, out);
}

void normaliseRows(const Launch& launch, const float* x, const float* weight, float epsilon, std::uint32_t m,
    std::uint32_t columns, float* normed, const QuantisedRows& out) {
    const RowNorm norm = {weight, epsilon};
    if (columns % 4 != 0) {
        launchDependent(
            launch, normaliseOddRowsKernel, {m, kNormThreads}, "normalising activations", x, norm, columns, normed);
        return;
    }
    launchDependent(
        launch, normaliseRowsKernel, {m, kNormThreads}, "normalising activations", x, norm, columns, normed, out);
}

} // namespace strata::cuda
