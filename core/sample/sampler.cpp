// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/sampler.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace strata {
namespace {

// Throws unless every logit is below infinity and a number; returns the lowest id of the largest.
std::uint32_t argmax(std::span<const float> logits) {
    unsigned badCount = 0;
    float best = -std::numeric_limits<float>::infinity();
    for (const float logit : logits) {
        badCount += !(logit <= std::numeric_limits<float>::max());
        best = logit > best ? logit : best;
    }
    if (badCount > 0)
        fail(ErrorCode::Device,
            "The model's output is broken: expected {} finite logits, found {} that are not a number", logits.size(),
            badCount);
    if (best == -std::numeric_limits<float>::infinity())
        fail(ErrorCode::Device, "The model's output is broken: none of its {} logits is finite", logits.size());
    return static_cast<std::uint32_t>(std::find(logits.begin(), logits.end(), best) - logits.begin());
}

} // namespace

void checkSamplingParams(const SamplingParams& params) {
    const std::pair<const char*, float> numbers[] = {{"repeat penalty", params.repeatPenalty},
        {"presence penalty", params.presencePenalty}, {"frequency penalty", params.frequencyPenalty},
        {"top-p", params.topP}, {"min-p", params.minP}, {"temperature", params.temperature}};
    for (const auto& [name, number] : numbers)
        if (!std::isfinite(number))
            fail(ErrorCode::BadRequest, "Sampling: {}: expected a finite number, found {}", name, number);
    if (params.repeatPenalty <= 0.0F)
        fail(ErrorCode::BadRequest, "Sampling: repeat penalty: expected more than 0, found {}", params.repeatPenalty);
}

Sampler::Sampler(const SamplingParams& params, std::uint64_t seed, std::size_t vocabularySize)
    : m_params(params), m_generator(seed) {
    m_candidates.reserve(vocabularySize);
    m_counts.resize(vocabularySize);
}

std::optional<std::size_t> Sampler::neededLogits() const {
    if (!isGreedy() && m_params.topK == 0)
        return std::nullopt;
    const bool raises =
        m_params.repeatPenalty < 1.0F || m_params.presencePenalty < 0.0F || m_params.frequencyPenalty < 0.0F;
    if (raises)
        return std::nullopt; // a token far below may come up
    return (isGreedy() ? 1 : std::size_t(m_params.topK)) + (hasPenalties() ? m_params.penaltyWindow : 0);
}

TokenId Sampler::sample(std::span<float> logits, std::span<const TokenId> recent) {
    penalise(logits, recent);
    const std::uint32_t best = argmax(logits);
    if (isGreedy())
        return TokenId(best);
    if (m_params.topK > 0 && m_params.topK < logits.size())
        keepTopK(logits);
    else
        keepAll(logits);
    return choose();
}

TokenId Sampler::sample(std::span<const TokenLogit> best, std::span<const TokenId> recent) {
    if (best.empty() || !std::isfinite(best.front().logit))
        fail(ErrorCode::Device, "The model's output is broken: its best logit is not a finite number");
    const auto window = hasPenalties() ? recent.last(std::min<std::size_t>(recent.size(), m_params.penaltyWindow))
                                       : std::span<const TokenId>();
    for (const TokenId token : window)
        ++m_counts[token.value];
    m_candidates.clear();
    for (const auto& [token, logit] : best)
        if (std::isfinite(logit))
            m_candidates.push_back({penalised(logit, m_counts[token.value]), token.value, 0.0F});
    for (const TokenId token : window)
        m_counts[token.value] = 0;
    std::sort(m_candidates.begin(), m_candidates.end(), isBetter);
    if (isGreedy())
        return TokenId(m_candidates.front().id);
    m_candidates.resize(std::min<std::size_t>(m_candidates.size(), m_params.topK));
    return choose();
}

TokenId Sampler::choose() {
    const float top =
        std::max_element(m_candidates.begin(), m_candidates.end(), [](const Candidate& a, const Candidate& b) {
            return a.logit < b.logit;
        })->logit;
    for (Candidate& candidate : m_candidates)
        candidate.weight = std::exp(candidate.logit - top);
    keepTopP();
    for (Candidate& candidate : m_candidates)
        candidate.weight = std::exp((candidate.logit - top) / m_params.temperature);
    return draw();
}

bool Sampler::isBetter(const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

bool Sampler::hasPenalties() const {
    return m_params.repeatPenalty != 1.0F || m_params.presencePenalty != 0.0F || m_params.frequencyPenalty != 0.0F;
}

float Sampler::penalised(float logit, std::uint32_t count) const {
    if (count == 0)
        return logit;
    const float repeated = logit > 0.0F ? logit / m_params.repeatPenalty : logit * m_params.repeatPenalty;
    return repeated - (m_params.presencePenalty + m_params.frequencyPenalty * static_cast<float>(count));
}

void Sampler::penalise(std::span<float> logits, std::span<const TokenId> recent) {
    if (!hasPenalties())
        return;
    const auto window = recent.last(std::min<std::size_t>(recent.size(), m_params.penaltyWindow));
    for (const TokenId token : window)
        ++m_counts[token.value];
    for (const TokenId token : window)
        logits[token.value] = penalised(logits[token.value], std::exchange(m_counts[token.value], 0));
}

// One pass with a rising threshold: most logits are dropped by a single comparison. Equal ones come by rising id, so
// a later one never replaces an earlier.
void Sampler::keepTopK(std::span<const float> logits) {
    const std::size_t wanted = m_params.topK;
    const std::size_t room = std::min(logits.size(), wanted * 2 + 64);
    const auto prune = [&] {
        const auto end = m_candidates.begin() + static_cast<std::ptrdiff_t>(wanted);
        std::nth_element(m_candidates.begin(), end - 1, m_candidates.end(), isBetter);
        m_candidates.erase(end, m_candidates.end());
    };
    m_candidates.clear();
    float threshold = -std::numeric_limits<float>::infinity();
    for (std::uint32_t id = 0; id < logits.size(); ++id) {
        if (!(logits[id] > threshold))
            continue;
        m_candidates.push_back({logits[id], id, 0.0F});
        if (m_candidates.size() < room)
            continue;
        prune();
        threshold = m_candidates.back().logit;
    }
    if (m_candidates.size() > wanted)
        prune();
    std::sort(m_candidates.begin(), m_candidates.end(), isBetter); // draws depend on the order
}

void Sampler::keepAll(std::span<const float> logits) {
    m_candidates.clear();
    for (std::uint32_t id = 0; id < logits.size(); ++id)
        m_candidates.push_back({logits[id], id, 0.0F});
}

// Both filters keep a prefix of the candidates in order of likelihood, so the shorter prefix is what both keep.
void Sampler::keepTopP() {
    double total = 0.0;
    for (const Candidate& candidate : m_candidates)
        total += candidate.weight;
    const float least = std::min(m_params.minP, 1.0F); // what the best one weighs, which always stays
    if (least > 0.0F)
        std::erase_if(m_candidates, [&](const Candidate& candidate) { return candidate.weight < least; });
    if (m_params.topP < 1.0F)
        sortUntil(total * std::max(m_params.topP, 0.0F));
}

// Sorts the best candidates and drops the rest, as soon as the best weigh `weight` together. At least one is kept.
void Sampler::sortUntil(double weight) {
    double sum = 0.0;
    std::size_t sorted = 0;
    for (std::size_t step = 64; sorted < m_candidates.size(); step *= 4) {
        const std::size_t end = std::min(m_candidates.size(), sorted + step);
        const auto first = m_candidates.begin() + static_cast<std::ptrdiff_t>(sorted);
        const auto last = m_candidates.begin() + static_cast<std::ptrdiff_t>(end);
        if (last != m_candidates.end())
            std::nth_element(first, last, m_candidates.end(), isBetter);
        std::sort(first, last, isBetter);
        for (; sorted < end; ++sorted) {
            sum += m_candidates[sorted].weight;
            if (sum >= weight) {
                m_candidates.resize(sorted + 1);
                return;
            }
        }
    }
}

TokenId Sampler::draw() {
    double total = 0.0;
    for (const Candidate& candidate : m_candidates)
        total += candidate.weight;
    const double uniform = static_cast<double>(m_generator() >> 11) * 0x1.0p-53; // [0, 1), all 53 bits
    double left = uniform * total;
    for (const Candidate& candidate : m_candidates) {
        left -= candidate.weight;
        if (left < 0.0)
            return TokenId(candidate.id);
    }
    return TokenId(m_candidates.back().id); // rounding left a sliver
}

} // namespace strata
