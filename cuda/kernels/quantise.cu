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

__global__ void __launch_bounds__(kQuantiseThreads)
    quantiseRowsKernel(const float* x, std::uint32_t groupCount, std::uint32_t m, QuantisedRows out) {
    allowDependents();
    waitForProducers();
    const std::uint32_t group = (blockIdx.x * kQuantiseThreads + threadIdx.x) / 32; // of a row
    const std::uint32_t token = blockIdx.y;
    const std::uint32_t lane = threadIdx.x % 32;
    if (group < groupCount)
        storeQuantised(x[(std::size_t{token} * groupCount + group) * 32 + lane], group * m + token, out);
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

// One block a row. Values stay in registers between the two passes where they fit.
__global__ void __launch_bounds__(kNormThreads)
    normaliseRowsKernel(const float* x, RowNorm norm, std::uint32_t columns, float* normed, QuantisedRows out) {
    constexpr int kHeld = 8;
    allowDependents();
    float weights[kHeld]; // nobody writes them: read while the kernels ahead still run
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kNormThreads + threadIdx.x;
        weights[i] = column < columns ? norm.weight[column] : 0.0f;
    }
    waitForProducers();
    const float* const row = x + std::size_t{blockIdx.x} * columns;
    float held[kHeld];
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kNormThreads + threadIdx.x;
        held[i] = column < columns ? row[column] : 0.0f;
        squares = fmaf(held[i], held[i], squares);
    }
    for (std::uint32_t column = kHeld * kNormThreads + threadIdx.x; column < columns; column += kNormThreads)
        squares = fmaf(row[column], row[column], squares);
    const float inverse = 1.0f / sqrtf(sumOfBlock(squares) / static_cast<float>(columns) + norm.epsilon);
    const auto store = [&](std::uint32_t column, float value) {
        const std::size_t index = std::size_t{blockIdx.x} * columns + column;
        if (normed != nullptr)
            normed[index] = value;
        if (out.q != nullptr) // then columns are a multiple of 32: a warp is here as a whole
            storeQuantised(value, column / 32 * gridDim.x + blockIdx.x, out);
    };
#pragma unroll
    for (int i = 0; i < kHeld; ++i) {
        const std::uint32_t column = i * kNormThreads + threadIdx.x;
        if (column < columns)
            store(column, held[i] * inverse * weights[i]);
    }
    for (std::uint32_t column = kHeld * kNormThreads + threadIdx.x; column < columns; column += kNormThreads)
        store(column, row[column] * inverse * norm.weight[column]);
}

} // namespace

void quantiseRows(
    const Launch& launch, const float* x, std::uint32_t m, std::uint32_t columns, const QuantisedRows& out) {
    const std::uint32_t groupCount = columns / 32;
    const dim3 blocks((columns + kQuantiseThreads - 1) / kQuantiseThreads, m);
    launchDependent(
        launch, quantiseRowsKernel, {blocks, kQuantiseThreads}, "rounding activations", x, groupCount, m, out);
}

void normaliseRows(const Launch& launch, const float* x, const float* weight, float epsilon, std::uint32_t m,
    std::uint32_t columns, float* normed, const QuantisedRows& out) {
    const RowNorm norm = {weight, epsilon};
    launchDependent(
        launch, normaliseRowsKernel, {m, kNormThreads}, "normalising activations", x, norm, columns, normed, out);
}

} // namespace strata::cuda
