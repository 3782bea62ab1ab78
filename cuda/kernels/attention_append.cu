// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_kernels.h"
#include "cuda/kernels/kv_cache.cuh"
#include "cuda/kernels/rope.cuh"
#include "cuda/runtime/check.h"

namespace strata::cuda {
namespace {

constexpr unsigned kThreads = 256;

struct AppendArguments {
    float* q;
    const float* k;
    const float* v;
    const float2* angles;
    Rotation rotation;
    const std::uint32_t* cacheLength;
    CacheRows cache;
    std::uint32_t headCount, headLength;
};

// One block a token and kind: 0 turns q in place, 1 appends k, 2 appends v.
template <bool kIsQ8>
__global__ __launch_bounds__(kThreads) void appendKernel(const __grid_constant__ AppendArguments a) {
    const std::uint32_t token = blockIdx.x;
    if (blockIdx.y == 0) {
        rotateRow(a.q + std::size_t(token) * a.headCount * a.headLength, a.headCount, a.headLength,
            a.angles + token * a.rotation.pairs, a.rotation, kThreads);
        return;
    }
    const bool isKey = blockIdx.y == 1;
    const std::uint32_t row = *a.cacheLength + token;
    std::byte* target = isKey ? a.cache.key(row) : a.cache.value(row);
    const float* source = (isKey ? a.k : a.v) + std::size_t(token) * a.cache.kvLength;
    const float2* angles = a.angles + token * a.rotation.pairs;
    for (std::uint32_t at = threadIdx.x; at < a.cache.kvLength; at += kThreads) {
        const float* head = source + at / a.headLength * a.headLength;
        const float value = isKey ? rotatedElement(head, angles, at % a.headLength, a.rotation) : source[at];
        if constexpr (kIsQ8) { // whole warps: kvLength is a multiple of 32
            const WarpBlock block = quantiseOverWarp(value);
            reinterpret_cast<std::int8_t*>(target)[at] = block.number;
            if (at % kKvBlockLength == 0)
                reinterpret_cast<__half*>(target + a.cache.kvLength)[at / kKvBlockLength] = block.scale;
        } else {
            reinterpret_cast<__half*>(target)[at] = __float2half_rn(value);
        }
    }
}

} // namespace

void rotateAndAppend(const AttentionCall& call) {
    const HeadShape& shape = call.shape;
    const AppendArguments arguments = {.q = call.job.q,
        .k = call.job.k,
        .v = call.job.v,
        .angles = call.job.angles,
        .rotation = {.pairs = shape.ropePairs, .isAdjacent = shape.pairing == RopePairing::Adjacent},
        .cacheLength = call.pass.cacheLength,
        .cache = {call.cache.keys, call.cache.values, call.rowBytes, shape.kvLength()},
        .headCount = shape.headCount,
        .headLength = shape.headLength};
    const auto kernel = call.cache.type == QuantType::Q8_0 ? appendKernel<true> : appendKernel<false>;
    kernel<<<dim3(call.job.m, 3), kThreads, 0, call.launch.stream>>>(arguments);
    checkLaunch("appending to the context");
}

} // namespace strata::cuda
