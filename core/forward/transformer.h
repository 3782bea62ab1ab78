// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/forward/activation_exchange.h"
#include "core/forward/kv_cache.h"
#include "core/model/model.h"
#include "core/tier/weight_store.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <stop_token>

namespace strata {

using BlockSink = std::function<void(std::uint32_t doneBlocks)>;

// The forward pass: one loop over the blocks, no modes. Decoding, prompts, verification and trees are all a Pass.
// Engine thread.
class Transformer {
public:
    // Computes on the executors of the weights' leases and attends on the devices of the cache's layers.
    Transformer(const Model& model, WeightStore& weights, const PassLimits& limits);

    // Appends the pass's tokens to the cache and computes the wanted logits; waits for the devices. pass.cacheLength
    // must equal cache.length(). False: stop was requested between two blocks; the cache is as it was before, as it is
    // after an Error. `afterBlock`, if any, is told how many blocks are computed, or queued where the device works on
    // by itself.
    bool forward(const Pass& pass, KvCache& cache, const std::stop_token& stop, const BlockSink* afterBlock = nullptr);

    // (vocabularySize) logits of the row-th entry of the last pass's logitRows; or the best of them (see Backend).
    void readLogits(std::uint32_t row, std::span<float> logits);
    void readTopLogits(std::uint32_t row, std::span<TokenLogit> best);

    const PassLimits& limits() const { return m_limits; }

private:
    bool computeBlocks(
        const Pass& pass, const KvCache& cache, const std::stop_token& stop, const BlockSink* afterBlock);
    void compute(const WeightBlock& block, const BlockLease& lease, const Pass& pass, const KvCache& cache);
    void attend(const KvLayer& layer, const Pass& pass);
    // As ActivationExchange::reading, and tells the weights that waiting is none of their business.
    Activations& bring(Backend& executor, std::initializer_list<ActivationPart> parts);

    const Model* m_model;
    WeightStore* m_weights;
    PassLimits m_limits;
    ActivationExchange m_activations;
    Backend* m_headDevice = nullptr; // that computed the last logits
};

} // namespace strata
