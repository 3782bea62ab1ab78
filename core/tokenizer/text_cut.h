// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace strata {

// Where a long text may be cut so that its parts have the tokens of the whole: before a single space between ASCII
// letters ("one| two") that stands behind three bytes of ASCII. No rule of a pre-tokenizer, no SentencePiece token
// without inner spaces and no character, broken ones included, reaches over such a place. The first one at or behind
// `from`; the text's size if there is none.
std::size_t findCut(std::string_view text, std::size_t from);

constexpr std::size_t kPieceBytes = std::size_t(1) << 20U; // of a long text that is encoded in parts

} // namespace strata
