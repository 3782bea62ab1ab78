// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/bpe.h"

#include "core/base/utf8.h"
#include "core/tokenizer/byte_alphabet.h"
#include "core/tokenizer/text_cut.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <unordered_map>

namespace strata {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

bool isFormedFromText(TokenKind kind) {
    return kind == TokenKind::Normal || kind == TokenKind::UserDefined || kind == TokenKind::Unused;
}

// Numbers texts: tokens by their ids, everything else after them.
class SymbolNames {
public:
    explicit SymbolNames(const Vocabulary& vocabulary) : m_next(static_cast<std::uint32_t>(vocabulary.texts.size())) {
        m_ids.reserve(vocabulary.texts.size() + vocabulary.texts.size() / 8);
        for (std::uint32_t id = 0; id < vocabulary.texts.size(); ++id)
            if (isFormedFromText(vocabulary.kinds[id]))
                m_ids[vocabulary.texts[id]] = id;
    }

    std::uint32_t idOf(std::string_view text) {
        if (const auto found = m_ids.find(text); found != m_ids.end())
            return found->second;
        m_extra.emplace_back(text);
        m_ids.emplace(m_extra.back(), m_next);
        return m_next++;
    }

private:
    std::unordered_map<std::string_view, std::uint32_t> m_ids;
    std::deque<std::string> m_extra; // keeps the views of texts that are no tokens alive
    std::uint32_t m_next;
};

// One U+FFFD for each byte that is not part of a character; empty if there is none to replace.
std::string repairUtf8(std::string_view text) {
    std::string repaired;
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Character character = readUtf8(text.substr(at));
        if (!character.isValid) {
            repaired.append(text.substr(copied, at - copied));
            for (std::size_t i = 0; i < character.length; ++i)
                repaired += kReplacementCharacter;
            copied = at + character.length;
        }
        at += character.length;
    }
    if (copied > 0)
        repaired.append(text.substr(copied));
    return repaired;
}

} // namespace

BpeEncoder::BpeEncoder(const Vocabulary& vocabulary, const std::vector<std::string>& pieces)
    : m_preTokenizer(PreTokenizer::byName(vocabulary.preTokenizer)),
      m_tokenCount(static_cast<std::uint32_t>(vocabulary.texts.size())), m_ranks(vocabulary.merges.size()) {
    loadMerges(vocabulary);
    if (!m_preTokenizer.takesWholeWords())
        return;
    for (std::uint32_t id = 0; id < m_tokenCount; ++id)
        if (vocabulary.kinds[id] == TokenKind::Normal || vocabulary.kinds[id] == TokenKind::Unused)
            m_wholeWords.insert(pieces[id], TokenId(id));
}

void BpeEncoder::loadMerges(const Vocabulary& vocabulary) {
    SymbolNames names(vocabulary);
    for (unsigned byte = 0; byte < 256; ++byte)
        m_byteSymbols[byte] = names.idOf(alphabetCharacter(static_cast<unsigned char>(byte)));
    m_merged.reserve(vocabulary.merges.size());
    std::string joined;
    for (const std::string& merge : vocabulary.merges) {
        const std::size_t space = merge.find(' ', 1);
        const std::string_view left = std::string_view(merge).substr(0, space);
        const std::string_view right = std::string_view(merge).substr(space + 1);
        joined.assign(left).append(right);
        const auto rank = static_cast<std::uint32_t>(m_merged.size());
        m_merged.push_back(names.idOf(joined));
        m_ranks.insert(names.idOf(left), names.idOf(right), rank);
    }
}

// In parts, so that what is known of each character is known of one part at a time.
void BpeEncoder::encode(std::string_view text, std::vector<TokenId>& out) const {
    while (!text.empty()) {
        const std::size_t length = findCut(text, kPieceBytes);
        encodePart(text.substr(0, length), out);
        text.remove_prefix(length);
    }
}

void BpeEncoder::encodePart(std::string_view text, std::vector<TokenId>& out) const {
    const std::string repaired = repairUtf8(text);
    if (!repaired.empty())
        text = repaired;
    const CharText characters(text);
    Word word;
    std::size_t begin = 0;
    for (const std::uint32_t end : m_preTokenizer.split(characters)) {
        const std::size_t stop = characters.offsets[end];
        encodeWord(text.substr(begin, stop - begin), word, out);
        begin = stop;
    }
}

void BpeEncoder::encodeWord(std::string_view bytes, Word& word, std::vector<TokenId>& out) const {
    if (const auto whole = m_wholeWords.find(bytes)) {
        out.push_back(*whole);
        return;
    }
    startWord(bytes, word);
    while (!word.queue.empty()) {
        std::pop_heap(word.queue.begin(), word.queue.end(), std::greater<>());
        const auto rank = static_cast<std::uint32_t>(word.queue.back() >> 32);
        const auto left = static_cast<std::uint32_t>(word.queue.back());
        word.queue.pop_back();
        if (word.symbols[left].rank == rank) // else one of the two has changed since
            mergeAt(left, word);
    }
    for (std::uint32_t at = 0; at != kNone;) {
        const std::uint32_t next = word.symbols[at].next;
        appendSymbol(word.symbols[at].id, bytes.substr(at, next == kNone ? bytes.npos : next - at), out);
        at = next;
    }
}

void BpeEncoder::startWord(std::string_view bytes, Word& word) const {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    word.symbols.resize(size);
    word.queue.clear();
    for (std::uint32_t i = 0; i < size; ++i)
        word.symbols[i] = {m_byteSymbols[static_cast<unsigned char>(bytes[i])], i - 1, i + 1 < size ? i + 1 : kNone,
            MergeTable::kNone};
    for (std::uint32_t i = 0; i + 1 < size; ++i) {
        const std::uint32_t rank = m_ranks.find(word.symbols[i].id, word.symbols[i + 1].id);
        word.symbols[i].rank = rank;
        if (rank != MergeTable::kNone)
            word.queue.push_back((std::uint64_t{rank} << 32) | i);
    }
    std::make_heap(word.queue.begin(), word.queue.end(), std::greater<>());
}

void BpeEncoder::mergeAt(std::uint32_t left, Word& word) const {
    Word::Symbol& first = word.symbols[left];
    Word::Symbol& second = word.symbols[first.next];
    first.id = m_merged[first.rank];
    first.next = second.next;
    second.rank = MergeTable::kNone;
    if (first.next != kNone)
        word.symbols[first.next].previous = left;
    rankPair(left, word);
    if (first.previous != kNone)
        rankPair(first.previous, word);
}

void BpeEncoder::rankPair(std::uint32_t left, Word& word) const {
    Word::Symbol& symbol = word.symbols[left];
    symbol.rank = symbol.next == kNone ? MergeTable::kNone : m_ranks.find(symbol.id, word.symbols[symbol.next].id);
    if (symbol.rank == MergeTable::kNone)
        return;
    word.queue.push_back((std::uint64_t{symbol.rank} << 32) | left);
    std::push_heap(word.queue.begin(), word.queue.end(), std::greater<>());
}

void BpeEncoder::appendSymbol(std::uint32_t id, std::string_view bytes, std::vector<TokenId>& out) const {
    if (id < m_tokenCount) {
        out.push_back(TokenId(id));
        return;
    }
    // No such token. Bytes that are no token either are dropped, as both references do.
    for (const char byte : bytes) {
        const std::uint32_t symbol = m_byteSymbols[static_cast<unsigned char>(byte)];
        if (symbol < m_tokenCount)
            out.push_back(TokenId(symbol));
    }
}

} // namespace strata
