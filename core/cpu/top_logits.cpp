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
    const auto broken = std::find_if(logits.begin(), logits.end(), [](float logit) { return std::isnan(logit); });
    if (broken != logits.end()) { // the rest would not have an order
        std::fill(best.begin(), best.end(),
            TokenLogit{TokenId(static_cast<std::uint32_t>(broken - logits.begin())), *broken});
        return;
    }
    for (std::uint32_t id = 0; id < best.size(); ++id)
        best[id] = {TokenId(id), logits[id]};
    std::make_heap(best.begin(), best.end(), isBetter);
    for (auto id = static_cast<std::uint32_t>(best.size()); id < logits.size(); ++id) {
        if (!(logits[id] > best.front().logit))
            continue;
        std::pop_heap(best.begin(), best.end(), isBetter);
        best.back() = {TokenId(id), logits[id]};
        std::push_heap(best.begin(), best.end(), isBetter);
    }
    std::sort_heap(best.begin(), best.end(), isBetter);
}

} // namespace strata
