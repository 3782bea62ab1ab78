// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention.h"

#include "core/backend/kv_rows.h"
#include "cuda/kernels/attention_kernels.h"

#include <algorithm>

namespace strata::cuda {
namespace {

constexpr std::uint32_t kMaxSplits = 128;
constexpr std::uint32_t kQueryBlock = 32; // the largest number of queries a block takes

std::size_t aligned(std::size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

} // namespace

std::uint32_t splitCount(const Launch& launch, const HeadShape& shape) {
    return std::clamp(static_cast<std::uint32_t>(launch.multiprocessors) / shape.kvHeadCount, 1U, kMaxSplits);
}

FewScratch::FewScratch(const Launch& launch, const HeadShape& shape, std::byte* memory) {
    const std::size_t queries = std::size_t(shape.kvHeadCount) *
                                ((kSplitTokens * shape.groupSize() + kQueryBlock - 1) / kQueryBlock * kQueryBlock);
    const std::size_t partials = queries * splitCount(launch, shape);
    const std::size_t weightsAt = aligned(queries * sizeof(std::uint32_t));
    const std::size_t sumsAt = weightsAt + aligned(partials * sizeof(float2));
    finished = reinterpret_cast<std::uint32_t*>(memory);
    weights = reinterpret_cast<float2*>(memory + weightsAt);
    sums = reinterpret_cast<float*>(memory + sumsAt);
    byteCount = sumsAt + partials * shape.headLength * sizeof(float);
}

bool quantisesAttended(const HeadShape& shape, QuantType cacheType, std::uint32_t m) {
    const bool isFast = shape.headLength == 64 || shape.headLength == 96 || shape.headLength == 128 ||
                        shape.headLength == 192 || shape.headLength == 256;
    return m <= kTokenPlaces && isFast && isKvType(cacheType);
}

std::size_t attentionScratchBytes(const Launch& launch, const HeadShape& shape) {
    return FewScratch(launch, shape, nullptr).byteCount;
}

void attend(const Launch& launch, const HeadShape& shape, const KvLayer& cache, const PassState& pass,
    const AttentionJob& job) {
    const AttentionCall call = {.launch = launch,
        .shape = shape,
        .cache = cache,
        .pass = pass,
        .job = job,
        .rowBytes = static_cast<std::uint32_t>(kvRowBytes(cache.type, shape.kvLength()))};
    const bool isQ8 = cache.type == QuantType::Q8_0;
    if (job.m <= kSplitTokens && (isQ8 ? attendFewQ8(call) : attendFewF16(call)))
        return;
    rotateAndAppend(call);
    if (job.m > kSplitTokens && (isQ8 ? attendManyQ8(call) : attendManyF16(call)))
        return;
    attendPlain(call);
}

} // namespace strata::cuda
