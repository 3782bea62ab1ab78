// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace strata {

// An integer that does not mix with other integers: Index<struct LayerTag> is not a token.
template <typename Tag>
struct Index {
    std::uint32_t value = 0;

    constexpr Index() = default;
    constexpr explicit Index(std::uint32_t v) : value(v) {}
    constexpr auto operator<=>(const Index&) const = default;
};

using TokenId = Index<struct TokenTag>;    // position in the vocabulary
using LayerIndex = Index<struct LayerTag>; // transformer layer, 0 is nearest the embedding
using BlockIndex = Index<struct BlockTag>; // unit of placement, in the order of work

// A token and what the model's head says of it.
struct TokenLogit {
    TokenId token;
    float logit = 0.0F;
};

} // namespace strata

template <typename Tag>
struct std::hash<strata::Index<Tag>> {
    std::size_t operator()(strata::Index<Tag> index) const noexcept { return index.value; }
};
