// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace strata {

class GgufFile;

// The header of a model in numbers and words for people: what lists, details and `inspect` show. A value.
struct ModelSummary {
    std::filesystem::path path;
    std::string name;
    std::string architecture;
    std::string format;              // "Q4_K_M": general.file_type, else the type most weights have
    std::string tokenizer;           // "SentencePiece", "BPE (llama-bpe)"
    std::uint64_t parameterCount = 0;
    std::uint64_t fileBytes = 0;     // all parts
    std::uint32_t trainedContext = 0;
    std::uint32_t layerCount = 0;
    bool hasChatTemplate = false;
    bool isNoise = false;            // made-up weights: `strata.weights` = "random"
    std::string unsupported;         // empty, or the sentence that loading would give
};

// What to call the model: the header's general.name, else the file's name, safe to print and of a length to be read.
std::string shownName(const GgufFile& file);

// From the header alone, in milliseconds. A readable GGUF that cannot be run is not an error: see `unsupported`.
ModelSummary summarize(const GgufFile& file);

} // namespace strata
