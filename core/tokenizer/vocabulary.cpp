// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/vocabulary.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/gguf/gguf_file.h"
#include "core/tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace strata {
namespace {

constexpr std::size_t kMaxTokens = std::size_t{1} << 28; // ids and lengths then fit every 32-bit field

// "model.gguf: tokenizer.ggml.scores": where something is wrong.
std::string place(const GgufFile& file, std::string_view key) {
    return fmt::format("{}: {}", file.path().string(), key);
}

TokenizerKind readKind(const GgufFile& file) {
    constexpr std::string_view kKey = "tokenizer.ggml.model";
    const std::string& model = file.requireString(kKey);
    if (model == "llama")
        return TokenizerKind::SentencePiece;
    if (model == "gpt2")
        return TokenizerKind::BytePairEncoding;
    fail(ErrorCode::Unsupported, "{}: expected llama (SentencePiece) or gpt2 (byte pair encoding), found \"{}\"",
        place(file, kKey), quoteForMessage(model));
}

std::vector<std::string> readTexts(const GgufFile& file) {
    constexpr std::string_view kKey = "tokenizer.ggml.tokens";
    const std::vector<std::string>* texts = file.getStrings(kKey);
    if (!texts)
        fail(ErrorCode::BadFile, "{}: expected a list of tokens, found none", place(file, kKey));
    if (texts->empty() || texts->size() > kMaxTokens)
        fail(ErrorCode::BadFile, "{}: expected 1 to {} tokens, found {}", place(file, kKey), formatCount(kMaxTokens),
            formatCount(texts->size()));
    return *texts;
}

void checkLength(const GgufFile& file, std::string_view key, std::size_t length, std::size_t tokenCount) {
    if (length != tokenCount)
        fail(ErrorCode::BadFile, "{}: expected one entry per token ({}), found {}", place(file, key),
            formatCount(tokenCount), formatCount(length));
}

std::vector<float> readScores(const GgufFile& file, TokenizerKind kind, std::size_t tokenCount) {
    constexpr std::string_view kKey = "tokenizer.ggml.scores";
    const auto numbers = file.getNumbers(kKey);
    if (!numbers) {
        if (kind == TokenizerKind::SentencePiece)
            fail(ErrorCode::BadFile, "{}: expected one score per token, found none", place(file, kKey));
        return {};
    }
    checkLength(file, kKey, numbers->size(), tokenCount);
    std::vector<float> scores(tokenCount);
    for (std::size_t i = 0; i < tokenCount; ++i) {
        if (std::isnan((*numbers)[i]))
            fail(ErrorCode::BadFile, "{}: expected a number for token {}, found NaN", place(file, kKey), i);
        scores[i] = static_cast<float>((*numbers)[i]);
    }
    return scores;
}

std::vector<TokenKind> readKinds(const GgufFile& file, std::size_t tokenCount) {
    constexpr std::string_view kKey = "tokenizer.ggml.token_type";
    std::vector<TokenKind> kinds(tokenCount, TokenKind::Normal);
    const auto numbers = file.getNumbers(kKey);
    if (!numbers)
        return kinds;
    checkLength(file, kKey, numbers->size(), tokenCount);
    for (std::size_t i = 0; i < tokenCount; ++i) {
        const double number = (*numbers)[i];
        if (!(number >= 0 && number <= 6 && number == std::floor(number)))
            fail(ErrorCode::BadFile, "{}: expected a kind from 0 to 6 for token {}, found {}", place(file, kKey), i,
                number);
        // 0 says "undefined": nothing may depend on such a token, like on one that is not used.
        kinds[i] = number == 0 ? TokenKind::Unused : static_cast<TokenKind>(static_cast<int>(number));
    }
    return kinds;
}

std::vector<std::string> readMerges(const GgufFile& file) {
    constexpr std::string_view kKey = "tokenizer.ggml.merges";
    const std::vector<std::string>* merges = file.getStrings(kKey);
    if (!merges)
        fail(ErrorCode::BadFile, "{}: expected a list of merges, found none", place(file, kKey));
    if (merges->size() > kMaxTokens)
        fail(ErrorCode::BadFile, "{}: expected at most {} merges, found {}", place(file, kKey), formatCount(kMaxTokens),
            formatCount(merges->size()));
    for (const std::string& merge : *merges) {
        const std::size_t space = merge.find(' ', 1);
        if (merge.empty() || space == std::string::npos || space + 1 == merge.size())
            fail(ErrorCode::BadFile, "{}: expected two texts with a space between, found \"{}\"", place(file, kKey),
                quoteForMessage(merge));
    }
    return *merges;
}

std::optional<TokenId> readId(const GgufFile& file, std::string_view key, std::size_t tokenCount) {
    const auto id = file.getUnsigned(key);
    if (!id)
        return std::nullopt;
    if (*id >= tokenCount)
        fail(ErrorCode::BadFile, "{}: expected a token below {}, found {}", place(file, key), formatCount(tokenCount),
            formatCount(*id));
    return TokenId(static_cast<std::uint32_t>(*id));
}

// Padding is written by training tools and never used here; -1 for "none" is common, so a bad id is no fault.
std::optional<TokenId> readPadding(const GgufFile& file, std::size_t tokenCount) {
    const GgufValue* value = file.find("tokenizer.ggml.padding_token_id");
    const auto* id = value ? std::get_if<std::uint64_t>(value) : nullptr;
    if (!id || *id >= tokenCount)
        return std::nullopt;
    return TokenId(static_cast<std::uint32_t>(*id));
}

void readSpecialIds(const GgufFile& file, Vocabulary& vocabulary) {
    const std::size_t count = vocabulary.texts.size();
    const bool isSpm = vocabulary.kind == TokenizerKind::SentencePiece;
    // SentencePiece's own defaults for files that do not say.
    const auto fallback = [&](std::uint32_t id) {
        return isSpm && id < count ? std::optional(TokenId(id)) : std::nullopt;
    };
    const auto read = [&](std::string_view key, std::optional<TokenId> absent = std::nullopt) {
        const auto id = readId(file, key, count);
        return id ? id : absent;
    };
    vocabulary.unknown = read("tokenizer.ggml.unknown_token_id", fallback(0));
    vocabulary.bos = read("tokenizer.ggml.bos_token_id", fallback(1));
    vocabulary.eos = read("tokenizer.ggml.eos_token_id", fallback(2));
    vocabulary.eot = read("tokenizer.ggml.eot_token_id");
    vocabulary.eom = read("tokenizer.ggml.eom_token_id");
    vocabulary.padding = readPadding(file, count);
}

void readFlags(const GgufFile& file, Vocabulary& vocabulary) {
    const bool isSpm = vocabulary.kind == TokenizerKind::SentencePiece;
    const bool defaultBos = isSpm || preTokenizerAddsBos(vocabulary.preTokenizer);
    vocabulary.addBos = file.getBool("tokenizer.ggml.add_bos_token").value_or(defaultBos);
    vocabulary.addEos = file.getBool("tokenizer.ggml.add_eos_token").value_or(false);
    vocabulary.addSpacePrefix = file.getBool("tokenizer.ggml.add_space_prefix").value_or(isSpm);
    vocabulary.removeExtraWhitespaces = file.getBool("tokenizer.ggml.remove_extra_whitespaces").value_or(false);

    // Phi 3 drops white space right of its control tokens; no key says so, only the model's name.
    const std::string* name = file.getString("general.name");
    std::string lower = name ? *name : std::string();
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    vocabulary.stripsAfterControl = lower.find("phi-3") != std::string::npos || lower.find("phi3") != std::string::npos;
}

} // namespace

Vocabulary readVocabulary(const GgufFile& file) {
    Vocabulary vocabulary;
    vocabulary.kind = readKind(file);
    vocabulary.texts = readTexts(file);
    const std::size_t count = vocabulary.texts.size();
    vocabulary.scores = readScores(file, vocabulary.kind, count);
    vocabulary.kinds = readKinds(file, count);
    if (vocabulary.kind == TokenizerKind::BytePairEncoding) {
        vocabulary.merges = readMerges(file);
        const std::string* name = file.getString("tokenizer.ggml.pre");
        vocabulary.preTokenizer = name && !name->empty() ? *name : "default";
        PreTokenizer::requireName(vocabulary.preTokenizer, file.path().string());
    }
    readSpecialIds(file, vocabulary);
    readFlags(file, vocabulary);
    return vocabulary;
}

} // namespace strata
