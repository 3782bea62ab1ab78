// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/sample/sampling_params.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace strata {

// Throws Error (BadRequest) naming the parameter with which no choice would make sense: one that is no finite number,
// or a repeat penalty that is not above 0.
void checkSamplingParams(const SamplingParams& params);

// One token from one row of logits, reproducible from its seed: the generator and the draw are ours, not the library's
// distributions, whose results differ from one standard library to another. Equal logits rank by lower id. One reply,
// one thread. Sources: nucleus sampling (arXiv 1904.09751), min-p (2407.01082), repeat penalty (1909.05858).
class Sampler {
public:
    Sampler(const SamplingParams& params, std::uint64_t seed, std::size_t vocabularySize);

    // How many of the best logits are enough to choose as if all were known: the top k, and as many more as penalties
    // may push down. nullopt: all are needed.
    std::optional<std::size_t> neededLogits() const;

    // `recent`: the conversation so far, newest last. `logits` (vocabularySize) are overwritten. Does not allocate.
    // Throws Error (Device) when a logit is not a number, or none is finite: no choice would be an honest one.
    TokenId sample(std::span<float> logits, std::span<const TokenId> recent);
    // The same choice from the best logits alone, best first and at least neededLogits() of them.
    TokenId sample(std::span<const TokenLogit> best, std::span<const TokenId> recent);

private:
    struct Candidate {
        float logit;
        std::uint32_t id;
        float weight; // unnormalised probability
    };
    bool isGreedy() const { return m_params.temperature <= 0.0F || m_params.topK == 1; }
    bool hasPenalties() const;
    float penalised(float logit, std::uint32_t count) const;
    TokenId choose(); // among the candidates
    static bool isBetter(const Candidate& a, const Candidate& b);

    void penalise(std::span<float> logits, std::span<const TokenId> recent);
    void keepTopK(std::span<const float> logits);
    void keepAll(std::span<const float> logits);
    void keepTopP();
    void sortUntil(double weight);
    TokenId draw();

    SamplingParams m_params;
    std::mt19937_64 m_generator;
    std::vector<Candidate> m_candidates; // scratch, room for (vocabularySize)
    std::vector<std::uint32_t> m_counts; // (vocabularySize) occurrences among recent tokens, all 0 between calls
};

} // namespace strata
