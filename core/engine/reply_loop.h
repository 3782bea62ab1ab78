// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/generation.h"
#include "core/engine/pass_runner.h"
#include "core/engine/reply_text.h"
#include "core/sample/sampler.h"
#include "core/tokenizer/tokenizer.h"

#include <chrono>
#include <stop_token>

namespace strata {

// Decodes one reply: sample, stop rules, text out, next pass. Made before its prompt is read, so that the passes know
// how many of the best logits it wants. One reply, engine thread.
class ReplyLoop {
public:
    // All must outlive this object.
    ReplyLoop(PassRunner& passes, Session& session, const Tokenizer& tokenizer, const GenerationRequest& request,
        const GenerationSinks& sinks, std::uint64_t seed);

    // Row 0 must hold the logits of the prompt's last token, and at least one token fit behind it. Fills in what the
    // reply says about itself: reason, stopText, generatedTokens, decodeTime, times.sampling, and firstToken as time
    // since `start`.
    void run(GenerationResult& result, std::chrono::steady_clock::time_point start, const std::stop_token& stop);

private:
    TokenId choose();
    StopReason decode(
        GenerationResult& result, std::chrono::steady_clock::time_point start, const std::stop_token& stop);

    PassRunner& m_passes;
    Session& m_session;
    const Tokenizer& m_tokenizer;
    const GenerationRequest& m_request;
    ReplyText m_text;
    Sampler m_sampler;
    bool m_wantsBest; // the few best logits suffice: they cross from the device sooner than all of them
};

} // namespace strata
