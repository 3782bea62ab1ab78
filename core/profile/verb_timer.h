// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/profile/measure_clock.h"
#include "core/profile/synthetic_block.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace strata {

// What activations for passes of so many tokens of one made-up block ask for.
PassLimits syntheticLimits(std::uint32_t tokens);

// What is timed: a verb or two of the block with this index, of `blockCount`.
struct TimedStep {
    std::function<void(std::size_t block, const Pass& pass, Activations& activations)> run;
    std::size_t blockCount = 1;
    std::size_t verbCount = 1; // of one step
};

// Times verbs of blocks of one shape. The device must outlive it. The device's one caller.
class VerbTimer {
public:
    VerbTimer(Backend& device, const BlockShape& shape, std::uint32_t maxTokens); // throws Error (OutOfMemory)

    // Seconds that one step takes in passes of `tokens` over its blocks, again and again: the median of a few passes.
    // Measures for about `part` of the clock's budget. 0: stopped.
    double seconds(const TimedStep& step, std::uint32_t tokens, double part, const MeasureClock& clock);
    // The same of Backend::feedForward, the verb that most of a pass is.
    double feedForward(
        std::span<const BlockWeights> blocks, std::uint32_t tokens, double part, const MeasureClock& clock);

private:
    void fill(ActivationPart part, std::size_t rowLength);
    Pass passOf(std::uint32_t tokens) const;
    void run(const TimedStep& step, std::uint32_t tokens, std::size_t stepCount);

    Backend* m_device;
    std::unique_ptr<Activations> m_activations;
    std::vector<TokenId> m_tokens;          // (maxTokens)
    std::vector<std::uint32_t> m_positions; // (maxTokens)
    std::size_t m_next = 0;                 // block: passes go on where the last one ended
};

} // namespace strata
