// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tokenizer/char_text.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace strata {

// How a byte-level BPE vocabulary cuts text into words before merging; named in `tokenizer.ggml.pre`.
class PreTokenizer {
public:
    // One pass over one piece of the text: appends where its parts end; the last end is the piece's.
    using Pass = void (*)(
        const CharText& text, std::uint32_t begin, std::uint32_t end, std::vector<std::uint32_t>& ends);

    constexpr PreTokenizer(std::span<const Pass> passes, bool takesWholeWords)
        : m_passes(passes), m_takesWholeWords(takesWholeWords) {}

    static const PreTokenizer& byName(std::string_view name); // throws as requireName does
    // Throws Error (Unsupported) listing the known names; `source` is the file that has this one, and may be empty.
    static void requireName(std::string_view name, std::string_view source);

    // Character positions where words end, ascending; the last is text.size(). Empty for an empty text.
    std::vector<std::uint32_t> split(const CharText& text) const;

    // A word that is in the vocabulary becomes that token, even where merges would not lead to it.
    bool takesWholeWords() const { return m_takesWholeWords; }

private:
    std::span<const Pass> m_passes;
    bool m_takesWholeWords;
};

// Whether vocabularies of that name begin with BOS when the file does not say.
bool preTokenizerAddsBos(std::string_view name);

} // namespace strata
