// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/device_rates.h"

#include "core/profile/prompt_rates.h"
#include "core/profile/verb_timer.h"

#include <algorithm>
#include <vector>

namespace strata {
namespace {

constexpr double kBlockPart = 0.006; // of the budget
constexpr double kFewTokensPart = 0.015;
constexpr double kLongestVerb = 0.1; // seconds: nothing can be stopped in the middle of a verb

double perSecond(double amount, double seconds, double blockSeconds) {
    return amount / secondsBeyond(seconds, blockSeconds);
}

// As many as were asked for, or fewer where that takes longer than a verb may, or more memory than half of what is
// free. Longer passes never take more for a token than those of 8.
std::uint32_t promptTokensFor(const DeviceBlocks& from, const MultiplyWork& work, double secondsOfEight) {
    const double share =
        static_cast<double>(work.promptShape.weightCount()) / static_cast<double>(from.shape.weightCount());
    const ModelSpec spec = syntheticSpec(work.promptShape);
    const std::uint64_t free = from.device->memory().freeBytes / 2;
    std::uint32_t tokens = work.promptTokens;
    while (tokens > 16 && (secondsOfEight * share * tokens / 8 > kLongestVerb ||
                              from.device->activationBytes(spec, syntheticLimits(tokens)) > free))
        tokens /= 2;
    return tokens;
}

} // namespace

std::vector<BlockWeights> weightsOf(const DeviceBlocks& from, std::size_t count, const BlockShape& used) {
    std::vector<BlockWeights> weights;
    for (const std::byte* block : from.blocks.first(count))
        weights.push_back(syntheticWeights(block, from.shape, used));
    return weights;
}

BlockShape smallestShape(const BlockShape& shape) {
    return {.embeddingLength = std::min(shape.embeddingLength, 1024U),
        .feedForwardLength = std::min(shape.feedForwardLength, 256U)};
}

BlockWeights smallestBlock(const DeviceBlocks& from) {
    return syntheticWeights(from.blocks.front(), from.shape, smallestShape(from.shape));
}

double measureBlockSeconds(const DeviceBlocks& from, const MeasureClock& clock) {
    const BlockWeights block = smallestBlock(from);
    return VerbTimer(*from.device, smallestShape(from.shape), 1)
        .feedForward(std::span(&block, 1), 1, kBlockPart, clock);
}

MultiplyRates measureMultiply(
    const DeviceBlocks& from, const MultiplyWork& work, double blockSeconds, const MeasureClock& clock) {
    MultiplyRates rates;
    if (clock.isStopped())
        return rates;
    const auto bytes = static_cast<double>(from.shape.weightBytes());
    const std::vector<BlockWeights> blocks = weightsOf(from, work.blockCount, from.shape);
    VerbTimer few(*from.device, from.shape, MultiplyRates::kTokenCounts.back());
    double seconds = 0.0;
    for (std::size_t i = 0; i < rates.weightBytesPerSecond.size(); ++i) {
        seconds = few.feedForward(blocks, MultiplyRates::kTokenCounts[i], kFewTokensPart, clock);
        if (clock.isStopped())
            return {};
        rates.weightBytesPerSecond[i] = perSecond(bytes, seconds, blockSeconds);
    }
    MultiplyWork prompt = work;
    prompt.promptTokens = promptTokensFor(from, work, seconds);
    measurePrompts(from, prompt, blockSeconds, rates, clock);
    return clock.isStopped() ? MultiplyRates() : rates;
}

double measureProductReads(const DeviceBlocks& from, double blockSeconds, double part, const MeasureClock& clock) {
    if (clock.isStopped())
        return 0.0;
    const std::vector<BlockWeights> blocks = weightsOf(from, from.blocks.size(), from.shape);
    const double seconds = VerbTimer(*from.device, from.shape, 1).feedForward(blocks, 1, part, clock);
    return clock.isStopped() ? 0.0 : perSecond(static_cast<double>(from.shape.weightBytes()), seconds, blockSeconds);
}

} // namespace strata
