// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/spm.h"

#include "core/tokenizer/text_cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <queue>

namespace strata {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81"; // U+2581, SentencePiece's visible space
constexpr std::uint32_t kNone = UINT32_MAX;

// By the lead byte alone: broken text must fall apart the way the reference lets it.
std::size_t lengthByLead(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::string withVisibleSpaces(std::string_view text, bool withPrefix) {
    std::string escaped;
    escaped.reserve(text.size() + text.size() / 2 + kSpace.size());
    if (withPrefix)
        escaped += kSpace;
    for (const char c : text) {
        if (c == ' ')
            escaped += kSpace;
        else
            escaped += c;
    }
    return escaped;
}

// Whether a visible space follows something else, so that a token can span two words.
bool hasInnerSpace(std::string_view token) {
    while (token.substr(0, kSpace.size()) == kSpace)
        token.remove_prefix(kSpace.size());
    return token.find(kSpace) != token.npos;
}

} // namespace

struct SpmEncoder::Symbol {
    std::uint32_t begin;
    std::uint32_t length; // 0: merged into the one before
    std::uint32_t previous;
    std::uint32_t next;
};

struct SpmEncoder::Bigram {
    float score;
    std::uint32_t left;
    std::uint32_t right;
    std::uint32_t length; // of both together when queued; differs from now if one has changed since
    bool operator<(const Bigram& other) const {
        return score < other.score || (score == other.score && left > other.left);
    }
};

class SpmEncoder::Merger {
public:
    Merger(const SpmEncoder& encoder, std::string_view text) : m_encoder(encoder), m_text(text) {
        const auto size = static_cast<std::uint32_t>(text.size());
        m_symbols.reserve(text.size());
        for (std::uint32_t begin = 0; begin < size;) {
            const auto length = std::min(static_cast<std::uint32_t>(lengthByLead(text[begin])), size - begin);
            const auto index = static_cast<std::uint32_t>(m_symbols.size());
            m_symbols.push_back({begin, length, index - 1, begin + length < size ? index + 1 : kNone});
            begin += length;
        }
    }

    void run(std::vector<TokenId>& out) {
        const auto count = static_cast<std::uint32_t>(m_symbols.size());
        for (std::uint32_t begin = 0; begin < count;) {
            std::uint32_t end = begin + 1;
            while (end < count && !beginsPart(end))
                ++end;
            mergePart(begin, end);
            begin = end;
        }
        for (std::uint32_t i = 0; i != kNone && i < count; i = m_symbols[i].next)
            m_encoder.appendSymbol(m_text.substr(m_symbols[i].begin, m_symbols[i].length), out);
    }

private:
    // Whether no token can reach over the border before this symbol: then both sides merge on their own, on a heap
    // that is the size of a word.
    bool beginsPart(std::uint32_t symbol) const {
        return m_encoder.m_isCutBeforeSpaces && isSpace(symbol) && !isSpace(symbol - 1);
    }

    bool isSpace(std::uint32_t symbol) const {
        return m_text.substr(m_symbols[symbol].begin, m_symbols[symbol].length) == kSpace;
    }

    void mergePart(std::uint32_t begin, std::uint32_t end) {
        for (std::uint32_t right = begin + 1; right < end; ++right)
            queuePair(right - 1, right);
        while (!m_queue.empty()) {
            const Bigram bigram = m_queue.top();
            m_queue.pop();
            merge(bigram);
        }
    }

    void queuePair(std::uint32_t left, std::uint32_t right) {
        const std::uint32_t length = m_symbols[left].length + m_symbols[right].length;
        if (const auto id = m_encoder.m_index.find(m_text.substr(m_symbols[left].begin, length)))
            m_queue.push({m_encoder.m_vocabulary.scores[id->value], left, right, length});
    }

    void merge(const Bigram& bigram) {
        Symbol& left = m_symbols[bigram.left];
        Symbol& right = m_symbols[bigram.right];
        if (left.length == 0 || right.length == 0 || left.length + right.length != bigram.length)
            return;
        left.length += right.length;
        right.length = 0;
        left.next = right.next;
        if (left.next != kNone)
            m_symbols[left.next].previous = bigram.left;
        if (left.previous != kNone)
            queuePair(left.previous, bigram.left);
        if (left.next != kNone)
            queuePair(bigram.left, left.next);
    }

    const SpmEncoder& m_encoder;
    std::string_view m_text;
    std::vector<Symbol> m_symbols;
    std::priority_queue<Bigram> m_queue;
};

SpmEncoder::SpmEncoder(const Vocabulary& vocabulary) : m_vocabulary(vocabulary) {
    for (std::uint32_t id = 0; id < vocabulary.texts.size(); ++id) {
        const TokenKind kind = vocabulary.kinds[id];
        if (kind != TokenKind::Normal && kind != TokenKind::UserDefined && kind != TokenKind::Unused)
            continue;
        m_index.insert(vocabulary.texts[id], TokenId(id));
        m_isCutBeforeSpaces = m_isCutBeforeSpaces && !hasInnerSpace(vocabulary.texts[id]);
    }
    TextIndex all;
    for (std::uint32_t id = 0; id < vocabulary.texts.size(); ++id)
        all.insert(vocabulary.texts[id], TokenId(id));
    for (unsigned byte = 0; byte < 256; ++byte) {
        m_byteTokens[byte] = all.find(fmt::format("<0x{:02X}>", byte));
        if (!m_byteTokens[byte])
            m_byteTokens[byte] = m_index.find(std::string(1, static_cast<char>(byte)));
    }
}

void SpmEncoder::encode(std::string_view text, bool withPrefix, std::vector<TokenId>& out) const {
    while (!text.empty()) {
        const std::size_t length = m_isCutBeforeSpaces ? findCut(text, kPieceBytes) : text.size();
        const std::string escaped = withVisibleSpaces(text.substr(0, length), withPrefix);
        Merger(*this, escaped).run(out);
        text.remove_prefix(length);
        withPrefix = false;
    }
}

void SpmEncoder::appendSymbol(std::string_view symbol, std::vector<TokenId>& out) const {
    if (const auto id = m_index.find(symbol)) {
        out.push_back(*id);
        return;
    }
    const bool hasBytes = std::all_of(
        symbol.begin(), symbol.end(), [&](char c) { return m_byteTokens[static_cast<unsigned char>(c)].has_value(); });
    if (hasBytes) {
        for (const char c : symbol)
            out.push_back(*m_byteTokens[static_cast<unsigned char>(c)]);
    } else if (m_vocabulary.unknown) {
        out.push_back(*m_vocabulary.unknown);
    }
}

} // namespace strata
