// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_activations.h"

#include "core/cpu/host_memory.h"

#include <algorithm>
#include <array>
#include <utility>

namespace strata {
namespace {

constexpr std::size_t kLineFloats = 16; // each part starts a cache line

std::size_t alignUp(std::size_t floats) {
    return (floats + kLineFloats - 1) / kLineFloats * kLineFloats;
}

// Floats of each part, in the order in which the constructor names them.
std::array<std::size_t, 10> partLengths(const ModelSpec& spec, const PassLimits& limits) {
    const std::size_t tokens = limits.maxTokens;
    return {tokens * spec.embeddingLength, tokens * spec.embeddingLength, tokens * spec.queryLength(),
        tokens * spec.kvLength(), tokens * spec.kvLength(), tokens * spec.queryLength(),
        tokens * spec.feedForwardLength, tokens * spec.feedForwardLength, tokens * spec.embeddingLength,
        std::size_t(limits.maxLogitRows) * spec.vocabularySize};
}

std::size_t floatCount(const ModelSpec& spec, const PassLimits& limits) {
    std::size_t total = 0;
    for (const std::size_t length : partLengths(spec, limits))
        total += alignUp(length);
    return total;
}

} // namespace

CpuActivations::CpuActivations(const ModelSpec& spec, const PassLimits& limits, const VectorOps& ops, ThreadPool& pool)
    : headLength(spec.headLength), normEpsilon(spec.normEpsilon), rope(spec, limits.maxTokens),
      attention(spec, ops, pool), embeddingLength(spec.embeddingLength), queryLength(spec.queryLength()),
      kvLength(spec.kvLength()), feedForwardLength(spec.feedForwardLength), vocabularySize(spec.vocabularySize),
      m_memory(allocateHostMemory(floatCount(spec, limits) * sizeof(float))) {
    const std::array<std::span<float>*, 10> parts = {&x, &normed, &q, &k, &v, &attended, &gate, &up, &added, &logits};
    const auto lengths = partLengths(spec, limits);
    auto* next = reinterpret_cast<float*>(m_memory.data());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        *parts[i] = std::span(next, lengths[i]);
        next += alignUp(lengths[i]);
    }
}

std::uint64_t CpuActivations::byteCount(const ModelSpec& spec, const PassLimits& limits) {
    const std::uint64_t widest = std::max({spec.embeddingLength, spec.queryLength(), spec.feedForwardLength});
    const std::uint64_t chunks = (widest + kChunkColumns - 1) / kChunkColumns;
    return floatCount(spec, limits) * sizeof(float) +
           kActivationFamilyCount * limits.maxTokens * chunks * sizeof(ActivationBlock);
}

std::span<float> CpuActivations::rows(ActivationPart part) const {
    switch (part) {
    case ActivationPart::Residual:
        return x;
    case ActivationPart::Query:
        return q;
    case ActivationPart::Key:
        return k;
    case ActivationPart::Value:
        return v;
    case ActivationPart::Attended:
        return attended;
    }
    return {};
}

} // namespace strata
