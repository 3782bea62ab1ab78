// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/metrics.h"
#include "core/engine/generation.h"
#include "core/engine/session.h"
#include "core/forward/transformer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Appends tokens to a session by passes of the transformer, and counts what they cost. Each call leaves the session
// with the tokens of every pass that finished, and no others, whether it ends, stops or throws. Each call waits for the
// device, so that times and errors belong to the pass that caused them. Engine thread.
class PassRunner {
public:
    PassRunner(const Model& model, WeightStore& weights, const PassLimits& limits, std::shared_ptr<Metrics> metrics);

    const PassLimits& limits() const { return m_transformer.limits(); }

    // How many of the best logits of each row topLogits will be asked for from now on.
    void setTopCount(std::size_t count) { m_topCount = static_cast<std::uint32_t>(count); }

    // In chunks; the last token's logits are row 0 afterwards. False: stopped.
    bool readPrompt(Session& session, std::span<const TokenId> tokens,
        const std::function<void(const PromptProgress&)>& progress, const std::stop_token& stop);

    // One token; its logits are row 0 afterwards. False: stopped.
    bool decode(Session& session, TokenId token, const std::stop_token& stop);

    // One chunk of a prompt, with the logits of `logitRows` of it. False: stopped.
    bool readChunk(Session& session, std::span<const TokenId> tokens, std::span<const std::uint32_t> logitRows,
        const std::stop_token& stop, const BlockSink* afterBlock = nullptr);

    // Logits (vocabularySize) of the last finished pass; valid, and the caller's to change, until the next call.
    std::span<float> logits(std::uint32_t row);
    // The best of them, as many as setTopCount said, best first; likewise.
    std::span<const TokenLogit> topLogits(std::uint32_t row);

private:
    bool forward(Session& session, std::span<const TokenId> tokens, std::span<const std::uint32_t> logitRows,
        const std::stop_token& stop, const BlockSink* afterBlock);

    Transformer m_transformer;
    std::shared_ptr<Metrics> m_metrics;
    std::uint64_t m_passBytes;         // of weights that one pass reads
    std::uint64_t m_headlessPassBytes; // that one without logits reads
    std::uint32_t m_blockCount;
    std::uint32_t m_topCount = 0;
    std::vector<std::uint32_t> m_positions; // scratch, (maxTokens)
    std::vector<float> m_logits;            // scratch, (vocabularySize)
    std::vector<TokenLogit> m_topLogits;    // scratch, (kMaxTopLogits)
};

} // namespace strata
