// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/cpu/attention.h"
#include "core/cpu/cpu_ops.h"
#include "core/cpu/matmul.h"

#include <cstdint>
#include <span>

namespace strata {

// Everything a pass on the CPU writes, save the cache: allocated once, for the largest pass. Rows are tokens.
class CpuActivations : public Activations {
public:
    CpuActivations(const ModelSpec& spec, const PassLimits& limits, const VectorOps& ops, ThreadPool& pool);

    // Of everything here, with the int8 copies of the widest input, which are made as products ask for them.
    static std::uint64_t byteCount(const ModelSpec& spec, const PassLimits& limits);

    std::span<float> rows(ActivationPart part) const;

    const std::uint32_t headLength;
    const float normEpsilon;
    RopeAngles rope;
    Attention attention;
    MatmulInput input; // what the next products multiply with

    // Each (maxTokens, its length).
    std::span<float> x;        // embeddingLength: the residual stream
    std::span<float> normed;   // embeddingLength
    std::span<float> q;        // queryLength
    std::span<float> k, v;     // kvLength
    std::span<float> attended; // queryLength
    std::span<float> gate, up; // feedForwardLength
    std::span<float> added;    // embeddingLength: what a block adds to x
    std::span<float> logits;   // (maxLogitRows, vocabularySize)

    const std::uint32_t embeddingLength, queryLength, kvLength, feedForwardLength, vocabularySize;

private:
    Buffer m_memory;
};

} // namespace strata
