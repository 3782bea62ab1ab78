// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strata {

enum class RopeScaling { None, Linear, Yarn };
enum class RopePairing { Adjacent, HalfSplit }; // (0,1)(2,3).. as llama GGUFs store it; (0,d/2)(1,d/2+1)..

// Every hyper-parameter of a model; architectural variety is fields here, not subclasses.
struct ModelSpec {
    std::string architecture; // "llama"
    std::string name;         // for people: see shownName()

    std::uint32_t layerCount = 0;
    std::uint32_t embeddingLength = 0;
    std::uint32_t feedForwardLength = 0;
    std::uint32_t headCount = 0;      // of queries
    std::uint32_t kvHeadCount = 0;    // headCount / kvHeadCount queries share one key and value
    std::uint32_t headLength = 0;     // attention.key_length, else embeddingLength / headCount
    std::uint32_t vocabularySize = 0;
    std::uint32_t trainedContext = 0; // tokens
    float normEpsilon = 1e-5F;        // of the RMS norms

    RopePairing ropePairing = RopePairing::Adjacent;
    std::uint32_t ropeLength = 0;     // dimensions of a head that rotate
    float ropeBase = 10000.0F;
    RopeScaling ropeScaling = RopeScaling::None;
    float ropeScalingFactor = 1.0F;   // trained context is stretched by this
    std::uint32_t ropeOriginalContext = 0; // YaRN: before stretching
    float yarnExtrapolation = 1.0F, yarnAttentionFactor = 1.0F, yarnBetaFast = 32.0F, yarnBetaSlow = 1.0F;
    std::vector<float> ropeFrequencyFactors; // rope_freqs.weight: (ropeLength / 2) divisors, or empty

    std::uint32_t queryLength() const { return headCount * headLength; }
    std::uint32_t kvLength() const { return kvHeadCount * headLength; }
};

// Rotation per pair of one head: angle(position, i) = position * frequencies[i]; both halves are multiplied by `scale`.
struct RopeTable {
    std::vector<float> frequencies; // (ropeLength / 2)
    float scale = 1.0F;             // YaRN's attention temperature
};

// Sources: RoFormer (arXiv 2104.09864), position interpolation (2306.15595), YaRN (2309.00071), Llama 3.1's factors.
RopeTable makeRopeTable(const ModelSpec& spec);

} // namespace strata
