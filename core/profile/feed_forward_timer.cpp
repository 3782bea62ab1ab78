// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/feed_forward_timer.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace strata {
namespace {

constexpr double kPassPart = 0.001;    // of the budget: long beside starting a pass and waiting for it
constexpr std::size_t kMostVerbs = 32; // of one pass
constexpr int kRecordedPasses = 2;     // a device may prepare a pass when it sees it again

} // namespace

PassLimits syntheticLimits(std::uint32_t tokens) {
    return {.maxTokens = tokens, .maxLogitRows = 1, .contextTokens = tokens};
}

FeedForwardTimer::FeedForwardTimer(Backend& device, const BlockShape& shape, std::uint32_t maxTokens)
    : m_device(&device), m_activations(device.makeActivations(syntheticSpec(shape), syntheticLimits(maxTokens))),
      m_tokens(maxTokens, TokenId(0)), m_positions(maxTokens) {
    std::iota(m_positions.begin(), m_positions.end(), 0U);
    std::minstd_rand noise(1);
    std::vector<float> rows(std::size_t(maxTokens) * shape.embeddingLength);
    std::ranges::generate(rows, [&] { return static_cast<float>(noise()) / static_cast<float>(noise.max()) - 0.5F; });
    m_device->beginPass(passOf(maxTokens), *m_activations);
    m_device->writePart(*m_activations, ActivationPart::Residual, rows);
    m_device->endPass(*m_activations);
    m_device->wait();
}

double FeedForwardTimer::seconds(
    std::span<const BlockWeights> blocks, std::uint32_t tokens, double part, const MeasureClock& clock) {
    if (clock.isStopped())
        return 0.0;
    m_next = 0;
    run(blocks, tokens, 1); // brings code and memory in
    if (clock.isStopped())
        return 0.0;
    const double single = secondsOf([&] { run(blocks, tokens, 1); });
    const double wanted = std::chrono::duration<double>(clock.timeOf(kPassPart)).count() / single;
    auto verbCount = static_cast<std::size_t>(std::clamp(wanted, 1.0, double(kMostVerbs)));
    if (verbCount > blocks.size()) { // whole rounds, so that all passes are the same and a device can prepare them
        verbCount -= verbCount % blocks.size();
        m_next = 0;
    }
    for (int i = 0; i < kRecordedPasses && verbCount > 1 && !clock.isStopped(); ++i)
        run(blocks, tokens, verbCount);
    return clock.medianSeconds(part, [&] { run(blocks, tokens, verbCount); }) / static_cast<double>(verbCount);
}

Pass FeedForwardTimer::passOf(std::uint32_t tokens) const {
    return {.tokens = std::span(m_tokens).first(tokens),
        .positions = std::span(m_positions).first(tokens),
        .cacheLength = 0,
        .visible = {},
        .logitRows = {},
        .topCount = 0};
}

void FeedForwardTimer::run(std::span<const BlockWeights> blocks, std::uint32_t tokens, std::size_t verbCount) {
    const Pass pass = passOf(tokens);
    m_device->beginPass(pass, *m_activations);
    for (std::size_t i = 0; i < verbCount; ++i) {
        m_device->feedForward(blocks[m_next], pass, *m_activations);
        m_next = (m_next + 1) % blocks.size();
    }
    m_device->endPass(*m_activations);
    m_device->wait();
}

} // namespace strata
