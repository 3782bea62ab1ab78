// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/verb_timer.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace strata {
namespace {

constexpr double kPassPart = 0.001;    // of the budget: long beside starting a pass and waiting for it
constexpr std::size_t kMostVerbs = 32; // of one pass
constexpr std::size_t kNoiseLength = 4099;
constexpr int kRecordedPasses = 2;     // a device may prepare a pass when it sees it again

} // namespace

PassLimits syntheticLimits(std::uint32_t tokens) {
    return {.maxTokens = tokens, .maxLogitRows = 1, .contextTokens = tokens};
}

VerbTimer::VerbTimer(Backend& device, const BlockShape& shape, std::uint32_t maxTokens)
    : m_device(&device), m_activations(device.makeActivations(syntheticSpec(shape), syntheticLimits(maxTokens))),
      m_tokens(maxTokens, TokenId(0)), m_positions(maxTokens) {
    std::iota(m_positions.begin(), m_positions.end(), 0U);
    const ModelSpec spec = syntheticSpec(shape);
    m_device->beginPass(passOf(maxTokens), *m_activations);
    for (std::size_t part = 0; part < kActivationPartCount; ++part)
        fill(static_cast<ActivationPart>(part), rowLength(spec, static_cast<ActivationPart>(part)));
    m_device->endPass(*m_activations);
    m_device->wait();
}

// With numbers as they might be: a verb that is timed alone reads what no other has written.
void VerbTimer::fill(ActivationPart part, std::size_t rowLength) {
    std::minstd_rand noise(1);
    std::vector<float> row(kNoiseLength);
    std::ranges::generate(row, [&] { return static_cast<float>(noise()) / static_cast<float>(noise.max()) - 0.5F; });
    std::vector<float> rows(m_tokens.size() * rowLength);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i] = row[i % row.size()];
    m_device->writePart(*m_activations, part, rows);
}

double VerbTimer::feedForward(
    std::span<const BlockWeights> blocks, std::uint32_t tokens, double part, const MeasureClock& clock) {
    const auto run = [&](std::size_t block, const Pass& pass, Activations& activations) {
        m_device->feedForward(blocks[block], pass, activations);
    };
    return seconds({.run = run, .blockCount = blocks.size()}, tokens, part, clock);
}

double VerbTimer::seconds(const TimedStep& step, std::uint32_t tokens, double part, const MeasureClock& clock) {
    if (clock.isStopped())
        return 0.0;
    m_next = 0;
    run(step, tokens, 1); // brings code and memory in
    if (clock.isStopped())
        return 0.0;
    const double single = secondsOf([&] { run(step, tokens, 1); });
    const double wanted = std::chrono::duration<double>(clock.timeOf(kPassPart)).count() / single;
    auto stepCount = static_cast<std::size_t>(std::clamp(wanted, 1.0, double(kMostVerbs / step.verbCount)));
    if (stepCount > step.blockCount) { // whole rounds, so that all passes are the same and a device can prepare them
        stepCount -= stepCount % step.blockCount;
        m_next = 0;
    }
    for (int i = 0; i < kRecordedPasses && stepCount > 1 && !clock.isStopped(); ++i)
        run(step, tokens, stepCount);
    return clock.medianSeconds(part, [&] { run(step, tokens, stepCount); }) / static_cast<double>(stepCount);
}

Pass VerbTimer::passOf(std::uint32_t tokens) const {
    return {.tokens = std::span(m_tokens).first(tokens),
        .positions = std::span(m_positions).first(tokens),
        .cacheLength = 0,
        .visible = {},
        .logitRows = {},
        .topCount = 0};
}

void VerbTimer::run(const TimedStep& step, std::uint32_t tokens, std::size_t stepCount) {
    const Pass pass = passOf(tokens);
    m_device->beginPass(pass, *m_activations);
    for (std::size_t i = 0; i < stepCount; ++i) {
        step.run(m_next, pass, *m_activations);
        m_next = (m_next + 1) % step.blockCount;
    }
    m_device->endPass(*m_activations);
    m_device->wait();
}

} // namespace strata
