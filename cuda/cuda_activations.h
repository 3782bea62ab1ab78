// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "cuda/graph_cache.h"
#include "cuda/kernels/attention.h"
#include "cuda/kernels/matvec.h"
#include "cuda/kernels/rope.h"
#include "cuda/kernels/top_logits.h"
#include "cuda/pass_command.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/pass_state.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace strata::cuda {

// Where everything lies in the one allocation of a set of activations: byte offsets, each a multiple of 256. A value.
struct ActivationLayout {
    ActivationLayout(const ModelSpec& spec, const PassLimits& limits, const Launch& launch);

    std::size_t zeroed = 0; // what lies before must be zero at first: scratch of kernels that leave it as they need it
    std::size_t total = 0;
    std::size_t attentionScratch, matmulScratch, topScratch;
    std::size_t frequencies;                   // (ropePairs)
    std::size_t state;                         // PassState
    std::size_t x;                             // (maxTokens, embeddingLength): the residual stream
    std::size_t q, attended;                   // (maxTokens, queryLength)
    std::size_t k, v;                          // (maxTokens, kvLength)
    std::size_t hidden;                        // (maxTokens, feedForwardLength)
    std::size_t angles;                        // (maxTokens, ropePairs)
    std::size_t headRows;                      // (maxLogitRows, embeddingLength)
    std::size_t logits;                        // (maxLogitRows, vocabularySize)
    std::size_t normed;                        // (kFewTokens, embeddingLength)
    std::size_t quantised;                     // (kFewTokens, widest input)
    std::size_t scales;                        // (kFewTokens, widest input / 32)
    std::size_t quantisedHidden, hiddenScales; // the same of hidden
};

// Everything a pass on the GPU writes, save the cache: allocated once, for the largest pass. Rows are tokens.
class CudaActivations : public Activations {
public:
    // `open` is the backend's record of whose pass is open, cleared if it is this one's when this goes.
    CudaActivations(const ModelSpec& spec, const PassLimits& limits, const Launch& launch, CudaActivations*& open);
    ~CudaActivations() override;
    CudaActivations(const CudaActivations&) = delete;
    CudaActivations& operator=(const CudaActivations&) = delete;

    template <typename T = float>
    T* at(std::size_t offset) const {
        return m_memory.as<T>(offset);
    }
    float* rows(ActivationPart part) const;
    QuantisedRows quantised() const { return {at<std::int8_t>(layout.quantised), at<float2>(layout.scales)}; }
    QuantisedRows quantisedHidden() const {
        return {at<std::int8_t>(layout.quantisedHidden), at<float2>(layout.hiddenScales)};
    }

    void begin(const Pass& pass); // forgets what is left of the pass before
    // The pass's values as they are to lie at layout.state; valid until the next call.
    std::span<const std::byte> packState(const Pass& pass);
    PassState state() const; // addresses of what packState packed
    RopeFrequencies rope() const { return {at(layout.frequencies), heads.ropePairs, m_ropeScale}; }

    const std::uint32_t embeddingLength, queryLength, kvLength, feedForwardLength, vocabularySize;
    const float normEpsilon;
    const HeadShape heads;
    const ActivationLayout layout;
    PinnedMemory topLogits;         // (kFewTokens, kTopLogitCount) TopLogit: of the last head, if its rows were few
    std::uint32_t headRowCount = 0; // rows of logits that the last head computes

    // Of the pass that is open, or was last.
    PassShape shape;
    std::vector<PassCommand> commands; // not started yet
    bool hasRotated = false;           // q and k
    bool hasAngles = false;            // of this pass's positions
    bool hasRounded = false;           // what was attended, to int8
    GraphCache graphs;

private:
    float m_ropeScale;
    int m_device = 0;
    GpuMemory m_memory;
    std::vector<std::byte> m_packed;
    CudaActivations*& m_open;
};

} // namespace strata::cuda
