// SPDX-License-Identifier: GPL-3.0-or-later
// Attention for head lengths that have no tensor-core kernel: right for any, fast for none.
#include "cuda/kernels/attention_kernels.h"
#include "cuda/kernels/attention_mma.cuh"
#include "cuda/kernels/kv_cache.cuh"
#include "cuda/runtime/check.h"

#include <cmath>

namespace strata::cuda {
namespace {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;

struct PlainArguments {
    const float* q; // rotated
    const std::uint32_t* cacheLength;
    const std::uint64_t* visible;
    CacheRows cache;
    std::uint32_t tokens, headCount, group, headLength;
    float scoreScale;
    float* attended;
};

template <bool kIsQ8>
__device__ float elementOf(const std::byte* row, std::uint32_t at, std::uint32_t kvLength) {
    if constexpr (kIsQ8)
        return float(reinterpret_cast<const std::int8_t*>(row)[at]) *
               __half2float(reinterpret_cast<const __half*>(row + kvLength)[at / kKvBlockLength]);
    else
        return __half2float(reinterpret_cast<const __half*>(row)[at]);
}

__device__ inline float sumOverWarp(float value) {
    for (int distance = 16; distance > 0; distance /= 2)
        value += __shfl_xor_sync(~0U, value, distance);
    return value;
}

__device__ inline bool sees(const PlainArguments& a, std::uint32_t token, std::uint32_t cached, std::uint32_t row) {
    if (row < cached)
        return true;
    return a.visible == nullptr ? row - cached <= token : (a.visible[token] >> (row - cached) & 1) != 0;
}

// One block a token and head; a warp takes every eighth row. Shared: query, then each warp's sums, maxima, totals.
template <bool kIsQ8>
__global__ __launch_bounds__(kThreads) void attendPlainKernel(const __grid_constant__ PlainArguments a) {
    extern __shared__ float plainShared[];
    const std::uint32_t token = blockIdx.x;
    const std::uint32_t head = blockIdx.y;
    const std::uint32_t warp = threadIdx.x / 32;
    const std::uint32_t lane = threadIdx.x % 32;
    const std::uint32_t cached = *a.cacheLength;
    const std::uint32_t first = head / a.group * a.headLength;
    const std::size_t place = (std::size_t(token) * a.headCount + head) * a.headLength;
    float* query = plainShared;
    float* allSums = query + a.headLength;
    float* sums = allSums + warp * a.headLength;
    float* maxima = allSums + kWarps * a.headLength;
    float* totals = maxima + kWarps;
    for (std::uint32_t at = threadIdx.x; at < a.headLength; at += kThreads)
        query[at] = a.q[place + at] * a.scoreScale;
    for (std::uint32_t at = lane; at < a.headLength; at += 32)
        sums[at] = 0.0F;
    __syncthreads();
    float maximum = -INFINITY;
    float total = 0.0F;
    for (std::uint32_t row = warp; row < cached + a.tokens; row += kWarps) {
        if (!sees(a, token, cached, row))
            continue;
        float part = 0.0F;
        for (std::uint32_t at = lane; at < a.headLength; at += 32)
            part += query[at] * elementOf<kIsQ8>(a.cache.key(row), first + at, a.cache.kvLength);
        const float score = sumOverWarp(part);
        const float before = maximum;
        maximum = fmaxf(before, score);
        const float factor = exp2Fast(before - maximum);
        const float weight = exp2Fast(score - maximum);
        total = total * factor + weight;
        for (std::uint32_t at = lane; at < a.headLength; at += 32)
            sums[at] = sums[at] * factor + weight * elementOf<kIsQ8>(a.cache.value(row), first + at, a.cache.kvLength);
    }
    if (lane == 0) {
        maxima[warp] = maximum;
        totals[warp] = total;
    }
    __syncthreads();
    float largest = -INFINITY;
    for (int i = 0; i < kWarps; ++i)
        largest = fmaxf(largest, maxima[i]);
    if (largest == -INFINITY)
        largest = 0.0F; // the token sees nothing
    float whole = 0.0F;
    for (int i = 0; i < kWarps; ++i)
        whole += exp2Fast(maxima[i] - largest) * totals[i];
    for (std::uint32_t at = threadIdx.x; at < a.headLength; at += kThreads) {
        float sum = 0.0F;
        for (int i = 0; i < kWarps; ++i)
            sum += exp2Fast(maxima[i] - largest) * allSums[i * a.headLength + at];
        a.attended[place + at] = whole > 0.0F ? sum / whole : 0.0F;
    }
}

} // namespace

void attendPlain(const AttentionCall& call) {
    const HeadShape& shape = call.shape;
    const PlainArguments arguments = {.q = call.job.q,
        .cacheLength = call.pass.cacheLength,
        .visible = call.pass.visible,
        .cache = {call.cache.keys, call.cache.values, call.rowBytes, shape.kvLength()},
        .tokens = call.job.m,
        .headCount = shape.headCount,
        .group = shape.groupSize(),
        .headLength = shape.headLength,
        .scoreScale = kLog2E / std::sqrt(float(shape.headLength)),
        .attended = call.job.attended};
    const std::size_t sharedBytes = sizeof(float) * ((1 + kWarps) * shape.headLength + 2 * kWarps);
    const auto kernel = call.cache.type == QuantType::Q8_0 ? attendPlainKernel<true> : attendPlainKernel<false>;
    kernel<<<dim3(call.job.m, shape.headCount), kThreads, sharedBytes, call.launch.stream>>>(arguments);
    checkLaunch("attention");
}

} // namespace strata::cuda
