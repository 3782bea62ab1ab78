// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_summary.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/gguf/gguf_file.h"
#include "core/model/architectures.h"
#include "core/model/model.h"
#include "core/tokenizer/pre_tokenizer.h"
#include "core/tokenizer/vocabulary.h"

#include <algorithm>
#include <array>
#include <limits>

namespace strata {
namespace {

// general.file_type, as numbered by the GGUF format document and by ggml's own files since. Empty: withdrawn.
constexpr std::string_view kFileTypes[] = {"F32", "F16", "Q4_0", "Q4_1", "", "", "", "Q8_0", "Q5_0", "Q5_1", "Q2_K",
    "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS", "Q2_K_S",
    "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M", "IQ2_S", "IQ2_M", "IQ4_XS", "IQ1_M", "BF16", "", "", "",
    "TQ1_0", "TQ2_0", "MXFP4"};

// Values of another kind than expected count as absent: a list of files must not end at an odd header.
template <typename T>
const T* findKind(const GgufFile& file, std::string_view key) {
    const GgufValue* value = file.find(key);
    return value == nullptr ? nullptr : std::get_if<T>(value);
}

std::string findText(const GgufFile& file, std::string_view key) {
    const auto* text = findKind<std::string>(file, key);
    return text == nullptr ? std::string() : *text;
}

std::uint32_t findCount(const GgufFile& file, const std::string& key) {
    const auto* count = findKind<std::uint64_t>(file, key);
    return count == nullptr || *count > std::numeric_limits<std::uint32_t>::max() ? 0
                                                                                  : static_cast<std::uint32_t>(*count);
}

std::string dominantType(const GgufFile& file) {
    std::array<std::uint64_t, kQuantTypeCount> weights = {};
    for (const GgufTensor& tensor : file.tensors())
        weights[static_cast<std::size_t>(tensor.type)] += tensor.elementCount();
    const auto most = std::max_element(weights.begin(), weights.end());
    return *most == 0 ? std::string() : std::string(traits(static_cast<QuantType>(most - weights.begin())).name);
}

// 0, F32, is what some converters leave there whatever they write, so it is not believed.
std::string formatLabel(const GgufFile& file) {
    const auto* number = findKind<std::uint64_t>(file, "general.file_type");
    const bool isKnown = number != nullptr && *number != 0 && *number < std::size(kFileTypes) &&
                         !kFileTypes[*number].empty();
    return isKnown ? std::string(kFileTypes[*number]) : dominantType(file);
}

std::string tokenizerLabel(const GgufFile& file) {
    const std::string model = findText(file, "tokenizer.ggml.model");
    if (model == "llama")
        return "SentencePiece";
    if (model != "gpt2")
        return quoteForMessage(model);
    const std::string name = findText(file, "tokenizer.ggml.pre");
    return fmt::format("BPE ({})", name.empty() ? "default" : quoteForMessage(name));
}

// What loading would check before it reads weights, without building the tokenizer.
void checkLoadable(const GgufFile& file) {
    const ModelSpec spec = architectureOf(file).readSpec(file);
    const Vocabulary vocabulary = readVocabulary(file);
    if (vocabulary.kind == TokenizerKind::BytePairEncoding)
        PreTokenizer::byName(vocabulary.preTokenizer);
    listBlocks(file, spec);
}

// The sentence is the result here, so this is where it stops being an exception.
std::string findObstacle(const GgufFile& file) {
    try {
        checkLoadable(file);
        return "";
    } catch (const Error& error) {
        return error.what();
    }
}

} // namespace

std::string shownName(const GgufFile& file) {
    constexpr std::size_t kLongest = 120; // bytes
    const std::string name = findText(file, "general.name");
    return quoteForMessage(name.empty() ? file.path().stem().string() : name, kLongest);
}

ModelSummary summarize(const GgufFile& file) {
    ModelSummary summary;
    summary.path = file.path();
    summary.name = shownName(file);
    const std::string architecture = findText(file, "general.architecture");
    summary.architecture = quoteForMessage(architecture);
    summary.format = formatLabel(file);
    summary.tokenizer = tokenizerLabel(file);
    for (const GgufTensor& tensor : file.tensors())
        summary.parameterCount += tensor.elementCount();
    summary.fileBytes = file.fileBytes();
    summary.trainedContext = findCount(file, architecture + ".context_length");
    summary.layerCount = findCount(file, architecture + ".block_count");
    summary.hasChatTemplate = !findText(file, "tokenizer.chat_template").empty();
    summary.isNoise = findText(file, "strata.weights") == "random";
    summary.unsupported = findObstacle(file);
    return summary;
}

} // namespace strata
