// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/pass_runner.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t nanosecondsSince(Clock::time_point start) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - start).count());
}

std::uint64_t bytesRead(const Model& model, bool withHead) {
    std::uint64_t bytes = 0;
    for (const WeightBlock& block : model.blocks())
        if (withHead || block.kind != BlockKind::Head)
            bytes += block.readBytes;
    return bytes;
}

// Reports rising progress, once a percent at most, and both ends.
class ProgressReporter {
public:
    ProgressReporter(const std::function<void(const PromptProgress&)>& sink, std::uint32_t total)
        : m_sink(sink), m_total(total) {
        send(0);
    }

    void report(std::uint32_t done) {
        const auto percent = [&](std::uint32_t tokens) { return std::uint64_t(tokens) * 100 / m_total; };
        if (percent(done) > percent(m_last))
            send(done);
    }

private:
    void send(std::uint32_t done) {
        m_last = done;
        if (m_sink)
            m_sink({.doneTokens = done, .totalTokens = m_total});
    }

    const std::function<void(const PromptProgress&)>& m_sink;
    std::uint32_t m_total;
    std::uint32_t m_last = 0;
};

} // namespace

PassRunner::PassRunner(
    const Model& model, WeightStore& weights, const PassLimits& limits, std::shared_ptr<Metrics> metrics)
    : m_transformer(model, weights, limits), m_metrics(std::move(metrics)), m_passBytes(bytesRead(model, true)),
      m_headlessPassBytes(bytesRead(model, false)), m_blockCount(static_cast<std::uint32_t>(model.blocks().size())),
      m_positions(limits.maxTokens), m_logits(model.spec().vocabularySize), m_topLogits(kMaxTopLogits) {}

bool PassRunner::readPrompt(Session& session, std::span<const TokenId> tokens,
    const std::function<void(const PromptProgress&)>& progress, const std::stop_token& stop) {
    const auto total = static_cast<std::uint32_t>(tokens.size());
    ProgressReporter reporter(progress, total);
    for (std::uint32_t done = 0; done < total;) {
        const std::uint32_t count = std::min(limits().maxTokens, total - done);
        const std::array<std::uint32_t, 1> lastRow = {count - 1};
        const std::size_t wanted = done + count == total ? 1 : 0;
        const BlockSink afterBlock = [&](std::uint32_t blocks) {
            reporter.report(done + static_cast<std::uint32_t>(std::uint64_t(count) * blocks / m_blockCount));
        };
        if (!readChunk(session, tokens.subspan(done, count), std::span(lastRow).first(wanted), stop, &afterBlock))
            return false;
        done += count;
    }
    return true;
}

bool PassRunner::decode(Session& session, TokenId token, const std::stop_token& stop) {
    constexpr std::array<std::uint32_t, 1> kRow = {0};
    const Clock::time_point start = Clock::now();
    if (!forward(session, std::span(&token, 1), kRow, stop, nullptr))
        return false;
    m_metrics->add(
        {.generatedTokens = 1, .decodeNanoseconds = nanosecondsSince(start), .weightBytesRead = m_passBytes});
    return true;
}

bool PassRunner::readChunk(Session& session, std::span<const TokenId> tokens, std::span<const std::uint32_t> logitRows,
    const std::stop_token& stop, const BlockSink* afterBlock) {
    const Clock::time_point start = Clock::now();
    if (!forward(session, tokens, logitRows, stop, afterBlock))
        return false;
    m_metrics->add({.promptTokens = tokens.size(),
        .promptNanoseconds = nanosecondsSince(start),
        .weightBytesRead = logitRows.empty() ? m_headlessPassBytes : m_passBytes});
    return true;
}

std::span<float> PassRunner::logits(std::uint32_t row) {
    m_transformer.readLogits(row, m_logits);
    return m_logits;
}

std::span<const TokenLogit> PassRunner::topLogits(std::uint32_t row) {
    const auto best = std::span(m_topLogits).first(m_topCount);
    m_transformer.readTopLogits(row, best);
    return best;
}

bool PassRunner::forward(Session& session, std::span<const TokenId> tokens, std::span<const std::uint32_t> logitRows,
    const std::stop_token& stop, const BlockSink* afterBlock) {
    const std::uint32_t length = session.cache().length();
    const auto positions = std::span(m_positions).first(std::min(tokens.size(), m_positions.size()));
    std::iota(positions.begin(), positions.end(), length);
    const Pass pass = {.tokens = tokens,
        .positions = positions,
        .cacheLength = length,
        .visible = {},
        .logitRows = logitRows,
        .topCount = m_topCount};
    if (!m_transformer.forward(pass, session.cache(), stop, afterBlock))
        return false;
    session.append(tokens);
    m_metrics->setContext(session.cache().length(), session.capacity());
    return true;
}

} // namespace strata
