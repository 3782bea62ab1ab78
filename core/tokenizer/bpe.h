// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tokenizer/merge_table.h"
#include "core/tokenizer/pre_tokenizer.h"
#include "core/tokenizer/text_index.h"
#include "core/tokenizer/vocabulary.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// Byte-level BPE: words as the pre-tokenizer cuts them, bytes as the first symbols, then merges by rank, best first,
// leftmost of equals. Sources: Sennrich et al. 2016 (arXiv:1508.07909), encoder.py of GPT-2.
// Control and unknown tokens are never formed from text.
class BpeEncoder {
public:
    // Keeps a reference to `pieces`: each token's bytes. Throws Error (Unsupported) for an unknown pre-tokenizer.
    BpeEncoder(const Vocabulary& vocabulary, const std::vector<std::string>& pieces);

    // `text` has no special tokens in it. Each byte that is not UTF-8 counts as U+FFFD, as in llama.cpp.
    void encode(std::string_view text, std::vector<TokenId>& out) const;

private:
    // A word's symbols: `next` and `previous` chain those that are left; positions are bytes of the word.
    struct Word {
        struct Symbol {
            std::uint32_t id;
            std::uint32_t previous;
            std::uint32_t next;
            std::uint32_t rank; // of the merge with `next`; MergeTable::kNone: no such merge, or merged away
        };
        std::vector<Symbol> symbols;
        std::vector<std::uint64_t> queue; // heap of rank << 32 | left, least on top
    };
    void loadMerges(const Vocabulary& vocabulary);
    void encodePart(std::string_view text, std::vector<TokenId>& out) const;
    void encodeWord(std::string_view bytes, Word& word, std::vector<TokenId>& out) const;
    void startWord(std::string_view bytes, Word& word) const;
    void mergeAt(std::uint32_t left, Word& word) const;
    void rankPair(std::uint32_t left, Word& word) const;
    void appendSymbol(std::uint32_t id, std::string_view bytes, std::vector<TokenId>& out) const;

    const PreTokenizer& m_preTokenizer;
    TextIndex m_wholeWords; // by bytes; filled if the pre-tokenizer takes whole words
    // A symbol is a token, or, from m_tokenCount up, a text that only merges mention.
    std::uint32_t m_tokenCount = 0;
    std::array<std::uint32_t, 256> m_byteSymbols{};
    MergeTable m_ranks;
    std::vector<std::uint32_t> m_merged; // symbol by rank
};

} // namespace strata
