// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/profile/measure_clock.h"
#include "core/profile/synthetic_block.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace strata {

// What activations for passes of so many tokens of one made-up block ask for.
PassLimits syntheticLimits(std::uint32_t tokens);

// Times Backend::feedForward, the verb that most of a pass is. The device must outlive it. The device's one caller.
class FeedForwardTimer {
public:
    FeedForwardTimer(Backend& device, const BlockShape& shape, std::uint32_t maxTokens); // throws Error (OutOfMemory)

    // Seconds that one block takes in passes of `tokens` over these blocks, again and again: the median of a few
    // passes. Measures for about `part` of the clock's budget. 0: stopped.
    double seconds(std::span<const BlockWeights> blocks, std::uint32_t tokens, double part, const MeasureClock& clock);

private:
    Pass passOf(std::uint32_t tokens) const;
    void run(std::span<const BlockWeights> blocks, std::uint32_t tokens, std::size_t verbCount);

    Backend* m_device;
    std::unique_ptr<Activations> m_activations;
    std::vector<TokenId> m_tokens;          // (maxTokens)
    std::vector<std::uint32_t> m_positions; // (maxTokens)
    std::size_t m_next = 0;                 // of the blocks: passes go on where the last one ended
};

} // namespace strata
