// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_few.cuh"
#include "cuda/runtime/check.h"

#include <cmath>

namespace strata::cuda {

constexpr std::size_t kPlainSharedBytes = 48 * 1024; // a kernel may have more only when asked for

template <int kHead, int kTiles, bool kIsQ8>
void launchFew(const AttentionCall& call) {
    using Layout = FewLayout<kHead, kTiles, kIsQ8>;
    const HeadShape& shape = call.shape;
    FewArguments arguments = {.q = call.job.q,
        .k = call.job.k,
        .v = call.job.v,
        .angles = call.job.angles,
        .rotation = {.pairs = shape.ropePairs, .isAdjacent = shape.pairing == RopePairing::Adjacent},
        .cacheLength = call.pass.cacheLength,
        .visible = call.pass.visible,
        .cache = {call.cache.keys, call.cache.values, call.rowBytes, shape.kvLength()},
        .tokens = call.job.m,
        .group = shape.groupSize(),
        .kvHeads = shape.kvHeadCount,
        .splits = splitCount(call.launch, shape),
        .scoreScale = kLog2E / std::sqrt(float(kHead)),
        .finished = nullptr,
        .weights = nullptr,
        .sums = nullptr,
        .attended = call.job.attended,
        .quantised = call.job.quantised};
    const std::uint32_t groups = (arguments.tokens * arguments.group + Layout::kQueries - 1) / Layout::kQueries;
    const FewScratch scratch(call.launch, shape, call.job.scratch);
    arguments.finished = scratch.finished;
    arguments.weights = scratch.weights;
    arguments.sums = scratch.sums;
    const std::size_t sharedBytes = Layout::byteCount(arguments.tokens);
    const auto kernel = attendFewKernel<kHead, kTiles, kIsQ8>;
    if (sharedBytes > kPlainSharedBytes)
        checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(sharedBytes)),
            "preparing attention");
    launchDependent(call.launch, kernel,
        {.blocks = dim3(arguments.splits, shape.kvHeadCount, groups),
            .threads = dim3(kFewThreads),
            .sharedBytes = sharedBytes},
        "attention", arguments);
}

// With as many queries a block as there are, so that the cache is read once, up to 32.
template <int kHead, bool kIsQ8>
void launchTiles(const AttentionCall& call) {
    const std::uint32_t queries = call.job.m * call.shape.groupSize();
    if (queries <= 8)
        launchFew<kHead, 1, kIsQ8>(call);
    else if (queries <= 16)
        launchFew<kHead, 2, kIsQ8>(call);
    else
        launchFew<kHead, 4, kIsQ8>(call);
}

} // namespace strata::cuda
