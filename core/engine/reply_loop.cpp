// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/reply_loop.h"

namespace strata {

using Clock = std::chrono::steady_clock;

ReplyLoop::ReplyLoop(PassRunner& passes, Session& session, const Tokenizer& tokenizer, const GenerationRequest& request,
    const GenerationSinks& sinks, std::uint64_t seed)
    : m_passes(passes), m_session(session), m_tokenizer(tokenizer), m_request(request),
      m_text(request.stopStrings, sinks.piece), m_sampler(request.sampling, seed, tokenizer.size()) {
    const auto needed = m_sampler.neededLogits();
    m_wantsBest = needed && *needed <= kMaxTopLogits && *needed < tokenizer.size();
    m_passes.setTopCount(m_wantsBest ? *needed : 0);
}

void ReplyLoop::run(GenerationResult& result, Clock::time_point start, const std::stop_token& stop) {
    result.reason = decode(result, start, stop);
    if (result.reason == StopReason::StopString)
        return;
    if (const std::string* stopString = m_text.finish()) {
        result.reason = StopReason::StopString;
        result.stopText = *stopString;
    }
}

TokenId ReplyLoop::choose() {
    return m_wantsBest ? m_sampler.sample(m_passes.topLogits(0), m_session.tokens())
                       : m_sampler.sample(m_passes.logits(0), m_session.tokens());
}

StopReason ReplyLoop::decode(GenerationResult& result, Clock::time_point start, const std::stop_token& stop) {
    Clock::time_point first;
    for (;;) {
        if (stop.stop_requested())
            return StopReason::Cancelled;
        const Clock::time_point before = Clock::now();
        const TokenId token = choose();
        const Clock::time_point now = Clock::now();
        result.times.sampling += now - before;
        if (result.generatedTokens == 0) {
            first = now;
            result.firstToken = now - start;
        }
        result.decodeTime = now - first;
        if (m_request.stopAtEndOfText && m_tokenizer.isEndOfGeneration(token))
            return StopReason::EndOfText;
        ++result.generatedTokens;
        if (const std::string* stopString = m_text.push(m_tokenizer.decodeToken(token))) {
            result.stopText = *stopString;
            return StopReason::StopString;
        }
        if (result.generatedTokens == m_request.maxTokens)
            return StopReason::TokenLimit;
        if (m_session.tokens().size() + 1 == m_session.capacity())
            return StopReason::ContextFull;
        if (!m_passes.decode(m_session, token, stop))
            return StopReason::Cancelled;
    }
}

} // namespace strata
