// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

class GgufFile;

// Token kinds, numbered as in `tokenizer.ggml.token_type`.
enum class TokenKind : std::uint8_t { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

enum class TokenizerKind { SentencePiece, BytePairEncoding };

// Everything a GGUF file says about its tokenizer, checked but not interpreted. A value.
struct Vocabulary {
    TokenizerKind kind = TokenizerKind::SentencePiece;
    std::string preTokenizer; // `tokenizer.ggml.pre`; empty for SentencePiece
    std::vector<std::string> texts;  // by id, as stored: U+2581 for space (SentencePiece), byte alphabet (BPE)
    std::vector<float> scores;       // by id; empty if the file has none
    std::vector<TokenKind> kinds;    // by id
    std::vector<std::string> merges; // "left right", best first; BPE only
    std::optional<TokenId> bos, eos, eot, eom, unknown, padding;
    bool addBos = false;
    bool addEos = false;
    bool addSpacePrefix = true; // SentencePiece's dummy prefix
    bool removeExtraWhitespaces = false; // kept as the file says; the reference does not act on it here either
    bool stripsAfterControl = false; // white space right of a control token is not text (Phi 3)
};

// Throws Error (BadFile, Unsupported) naming file and key. Works on files without tensors.
Vocabulary readVocabulary(const GgufFile& file);

} // namespace strata
