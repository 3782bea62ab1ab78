// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/top_logits.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace strata {
namespace {

bool isBetter(const TokenLogit& a, const TokenLogit& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

} // namespace

// A heap of the best so far with the worst of them on top: most logits are dropped by one comparison.
void selectTop(std::span<const float> logits, std::span<TokenLogit> best) {
    assert(best.size() <= logits.size());
    if (best.empty())
        return;
    for (std::uint32_t id = 0; id < best.size(); ++id)
        best[id] = {TokenId(id), logits[id]};
    bool hasNan =
        std::any_of(best.begin(), best.end(), [](const TokenLogit& entry) { return std::isnan(entry.logit); });
    std::make_heap(best.begin(), best.end(), isBetter);
    for (auto id = static_cast<std::uint32_t>(best.size()); id < logits.size(); ++id) {
        const float logit = logits[id];
        hasNan |= std::isnan(logit);
        if (!(logit > best.front().logit))
            continue;
        std::pop_heap(best.begin(), best.end(), isBetter);
        best.back() = {TokenId(id), logit};
        std::push_heap(best.begin(), best.end(), isBetter);
    }
    std::sort_heap(best.begin(), best.end(), isBetter);
    if (hasNan) {
        const auto broken = std::find_if(logits.begin(), logits.end(), [](float logit) { return std::isnan(logit); });
        best.front() = {TokenId(static_cast<std::uint32_t>(broken - logits.begin())), *broken};
    }
}

} // namespace strata
