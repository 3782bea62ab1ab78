// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/base/thread_pool.h"
#include "core/cpu/vector_ops.h"

#include <cstdint>
#include <span>

namespace strata {

struct AttentionShape {
    std::uint32_t headCount = 0;
    std::uint32_t kvHeadCount = 0;
    std::uint32_t headLength = 0;
    std::uint32_t kvLength() const { return kvHeadCount * headLength; }
    std::uint32_t groupSize() const { return headCount / kvHeadCount; } // queries that share one key-value head
};

// Heads of one layer: rows of q are (headCount, headLength), rows of k, v and the cache (kvHeadCount, headLength).
struct AttentionInputs {
    std::span<const float> q; // (m, headCount, headLength), rotated
    std::span<const float> k; // (m, kvHeadCount, headLength), rotated
    std::span<const float> v; // (m, kvHeadCount, headLength)
};

// Attention over a cache in f16 or q8_0, accumulated in float with a running softmax (Milakov and Gimelshein, arXiv
// 1805.02867; FlashAttention-2, 2307.08691), so that no buffer grows with the square of the context.
//
// Work is cut into tiles: the queries of a few tokens that share one key-value head, against blocks of cache rows that
// are widened to float once for all of them. Passes of few tokens are also cut along the cache, into stretches whose
// partial results are merged; where a stretch ends depends on the context's length alone, never on the thread count.
// Made once for a set of activations; allocates nothing later. Engine thread.
class Attention {
public:
    Attention(const ModelSpec& spec, const VectorOps& ops, ThreadPool& pool); // throws Error (OutOfMemory)

    // Appends k and v to the cache behind pass.cacheLength, then fills `attended` (m, headCount, headLength).
    void run(const KvLayer& cache, const Pass& pass, const AttentionInputs& inputs, std::span<float> attended);

private:
    void append(const KvLayer& cache, const Pass& pass, const AttentionInputs& inputs);

    AttentionShape m_shape;
    const VectorOps* m_ops;
    ThreadPool* m_pool;
    std::size_t m_scratchFloats; // a thread
    Buffer m_scratch;            // (threadCount, m_scratchFloats)
    Buffer m_partials;           // (token, head, stretch, 2 + headLength): maximum, total, weighted values
};

} // namespace strata
