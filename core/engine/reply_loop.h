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

// Decodes one reply: sample, stop rules, text out, next pass. The prompt must have been read: row 0 holds the logits
// of its last token, and at least one token fits behind it. One reply, engine thread.
class ReplyLoop {
public:
    // All must outlive this object.
    ReplyLoop(PassRunner& passes, Session& session, const Tokenizer& tokenizer, const GenerationRequest& request,
        const GenerationSinks& sinks);

    // Fills in what the reply says about itself: reason, stopText, generatedTokens, decodeTime, and firstToken as time
    // since `start`. Uses result.seed.
    void run(GenerationResult& result, std::chrono::steady_clock::time_point start, const std::stop_token& stop);

private:
    TokenId choose(Sampler& sampler);
    StopReason decode(
        GenerationResult& result, std::chrono::steady_clock::time_point start, const std::stop_token& stop);

    PassRunner& m_passes;
    Session& m_session;
    const Tokenizer& m_tokenizer;
    const GenerationRequest& m_request;
    ReplyText m_text;
};

} // namespace strata
