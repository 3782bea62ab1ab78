// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/pre_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tokenizer/word_matchers.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace strata {
namespace {

using Pass = PreTokenizer::Pass;

// Every match becomes a part of its own, and so does every stretch between matches.
template <std::size_t (*match)(const CharText&, std::size_t, std::size_t)>
void isolate(const CharText& text, std::uint32_t begin, std::uint32_t end, std::vector<std::uint32_t>& ends) {
    std::uint32_t partBegin = begin;
    for (std::uint32_t at = begin; at < end;) {
        const auto stop = static_cast<std::uint32_t>(match(text, at, end));
        if (stop == at) {
            ++at;
            continue;
        }
        if (at > partBegin)
            ends.push_back(at);
        ends.push_back(stop);
        at = partBegin = stop;
    }
    if (partBegin < end)
        ends.push_back(end);
}

// \s+$
void isolateTrailingSpace(
    const CharText& text, std::uint32_t begin, std::uint32_t end, std::vector<std::uint32_t>& ends) {
    std::uint32_t spaceBegin = end;
    while (spaceBegin > begin && text.is(spaceBegin - 1, kSpace))
        --spaceBegin;
    if (spaceBegin > begin && spaceBegin < end)
        ends.push_back(spaceBegin);
    ends.push_back(end);
}

constexpr std::array<Pass, 1> kGpt2 = {isolate<words::gpt2>};
constexpr std::array<Pass, 1> kLlama3 = {isolate<words::llama3>};
constexpr std::array<Pass, 1> kQwen2 = {isolate<words::qwen2>};
constexpr std::array<Pass, 1> kTekken = {isolate<words::tekken>};
constexpr std::array<Pass, 1> kGpt4o = {isolate<words::gpt4o>};
constexpr std::array<Pass, 2> kStarcoder = {isolate<words::number>, isolate<words::gpt2>};
constexpr std::array<Pass, 3> kFalcon = {
    isolate<words::falconPunctuation>, isolate<words::gpt2>, isolate<words::threeDigits>};
constexpr std::array<Pass, 4> kDefault = {
    isolate<words::punctuation>, isolate<words::gpt2>, isolate<words::numbers>, isolate<words::threeDigits>};
constexpr std::array<Pass, 6> kDeepseekLlm = {isolate<words::newline>, isolate<words::lettersOfDeepseek>,
    isolate<words::punctuationOfDeepseek>, isolateTrailingSpace, isolate<words::cjkOfDeepseek>,
    isolate<words::numbers>};
constexpr std::array<Pass, 5> kDeepseekCoder = {isolate<words::newline>, isolate<words::spacedLetters>,
    isolate<words::spacedPunctuation>, isolate<words::cjkOfDeepseek>, isolate<words::number>};
constexpr std::array<Pass, 3> kDeepseekV3 = {
    isolate<words::upToThreeNumbers>, isolate<words::cjkOfDeepseekV3>, isolate<words::deepseekV3>};
constexpr std::array<Pass, 6> kChameleon = {isolate<words::sentinel>, isolate<words::imageToken>,
    isolate<words::tabOrSpaces>, isolate<words::number>, isolate<words::anyPunctuation>, isolate<words::gpt2>};
constexpr std::array<Pass, 1> kBloom = {isolate<words::bloomWord>};
constexpr std::array<Pass, 2> kViking = {isolate<words::bloomWord>, isolate<words::number>};

struct Row {
    std::string_view name;
    PreTokenizer rule;
    bool addsBos = false; // when the file does not say
};

constexpr Row kRows[] = {
    {"a.x-4.0", {kGpt2, false}},
    {"bloom", {kBloom, false}},
    {"chameleon", {kChameleon, false}, true},
    {"chatglm-bpe", {kLlama3, false}},
    {"codeshell", {kStarcoder, false}},
    {"command-r", {kStarcoder, false}},
    {"dbrx", {kLlama3, false}},
    {"deepseek-coder", {kDeepseekCoder, false}},
    {"deepseek-llm", {kDeepseekLlm, false}},
    {"deepseek-r1-qwen", {kQwen2, false}},
    {"deepseek-v3", {kDeepseekV3, false}},
    {"default", {kDefault, false}},
    {"exaone", {kStarcoder, false}},
    {"exaone4", {kGpt2, false}},
    {"falcon", {kFalcon, false}},
    {"falcon-h1", {kLlama3, true}, true},
    {"falcon3", {kLlama3, true}, true},
    {"gigachat", {kGpt2, false}},
    {"glm4", {kLlama3, false}},
    {"gpt-2", {kGpt2, false}},
    {"gpt-4o", {kGpt4o, false}},
    {"gpt3-finnish", {kBloom, false}},
    {"granite-docling", {kGpt2, false}},
    {"hunyuan", {kQwen2, false}},
    {"jais", {kGpt2, false}},
    {"jina-de", {kGpt2, false}},
    {"jina-es", {kGpt2, false}},
    {"jina-v1-en", {kGpt2, false}},
    {"jina-v2-code", {kGpt2, false}},
    {"jina-v2-de", {kGpt2, false}},
    {"jina-v2-es", {kGpt2, false}},
    {"kanana2", {kGpt4o, false}},
    {"lfm2", {kLlama3, true}, true},
    {"llama-bpe", {kLlama3, true}, true},
    {"llama-v3", {kLlama3, true}, true},
    {"llama3", {kLlama3, true}, true},
    {"llama4", {kGpt4o, false}},
    {"megrez", {kQwen2, false}},
    {"mellum", {kGpt2, false}},
    {"midm-2.0", {kLlama3, true}, true},
    {"minerva-7b", {kStarcoder, false}},
    {"mpt", {kGpt2, false}},
    {"olmo", {kGpt2, false}},
    {"phi-2", {kGpt2, false}},
    {"pixtral", {kLlama3, true}, true},
    {"poro-chat", {kBloom, false}},
    {"qwen2", {kQwen2, false}},
    {"refact", {kStarcoder, false}},
    {"roberta-bpe", {kGpt2, false}},
    {"smaug-bpe", {kLlama3, false}},
    {"smollm", {kStarcoder, false}},
    {"stablelm2", {kQwen2, false}},
    {"starcoder", {kStarcoder, false}},
    {"tekken", {kTekken, true}, true},
    {"trillion", {kGpt2, false}},
    {"viking", {kViking, false}},
};

const Row* findRow(std::string_view name) {
    const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.name == name; });
    return row == std::end(kRows) ? nullptr : row;
}

} // namespace

const PreTokenizer& PreTokenizer::byName(std::string_view name) {
    requireName(name, {});
    return findRow(name)->rule;
}

void PreTokenizer::requireName(std::string_view name, std::string_view source) {
    if (findRow(name) != nullptr)
        return;
    std::string known;
    for (const Row& row : kRows)
        known.append(known.empty() ? "" : ", ").append(row.name);
    fail(ErrorCode::Unsupported, "{}{}tokenizer.ggml.pre: expected one of {}; found \"{}\"", source,
        source.empty() ? "" : ": ", known, quoteForMessage(name));
}

std::vector<std::uint32_t> PreTokenizer::split(const CharText& text) const {
    std::vector<std::uint32_t> ends;
    if (text.size() == 0)
        return ends;
    ends.push_back(static_cast<std::uint32_t>(text.size()));
    for (const Pass pass : m_passes) {
        std::vector<std::uint32_t> finer;
        finer.reserve(std::max(ends.size(), text.size() / 4));
        std::uint32_t begin = 0;
        for (const std::uint32_t end : ends) {
            pass(text, begin, end, finer);
            begin = end;
        }
        ends = std::move(finer);
    }
    return ends;
}

bool preTokenizerAddsBos(std::string_view name) {
    const Row* row = findRow(name);
    return row && row->addsBos;
}

} // namespace strata
