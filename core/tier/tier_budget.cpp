// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/tier_budget.h"

#include "core/backend/kv_rows.h"
#include "core/tier/block_layout.h"

#include <algorithm>

namespace strata {
namespace {

constexpr std::uint64_t kScratchMargin = 64'000'000; // partial results of kernels, tables, pinned exchange buffers

std::uint64_t difference(std::uint64_t larger, std::uint64_t smaller) {
    return larger - std::min(larger, smaller);
}

} // namespace

std::uint64_t TierBudget::usableBytes() const {
    const std::uint64_t usable = difference(freeBytes, reserveBytes);
    return capBytes ? std::min(usable, *capBytes) : usable;
}

std::uint64_t TierBudget::weightBytes() const {
    return difference(usableBytes(), cacheBytes + scratchBytes);
}

std::uint64_t TierBudget::missingBytes() const {
    return difference(cacheBytes + scratchBytes, usableBytes());
}

std::uint64_t contextBytes(const ModelSpec& spec, QuantType kvType, std::uint32_t contextTokens) {
    const std::uint64_t rows = kvRowBytes(kvType, spec.kvLength());
    return std::uint64_t(2) * spec.layerCount * alignTensor(rows * contextTokens);
}

std::uint64_t estimateScratchBytes(const ModelSpec& spec, const PassLimits& limits) {
    // Residual and its norm, queries and what they attended to, keys and values, gate and up; as floats, and once more
    // as int8 with scales.
    const std::uint64_t columns = std::uint64_t(2) * spec.embeddingLength + std::uint64_t(2) * spec.queryLength() +
                                  std::uint64_t(2) * spec.kvLength() + std::uint64_t(2) * spec.feedForwardLength;
    const std::uint64_t rows = columns * (sizeof(float) + 2) * limits.maxTokens;
    return rows + std::uint64_t(limits.maxLogitRows) * spec.vocabularySize * sizeof(float) + kScratchMargin;
}

} // namespace strata
