// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cli/command_line.h"
#include "core/gguf/gguf_file.h"
#include "core/tokenizer/tokenizer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace strata::cli {
namespace {

// As JSON in pieces, since a text of 100 MB has more ids than anybody wants to hold twice.
void printIds(const std::vector<TokenId>& ids) {
    constexpr std::size_t kFlushBytes = 1 << 16;
    std::string line = "[";
    for (std::size_t i = 0; i < ids.size(); ++i) {
        fmt::format_to(std::back_inserter(line), "{}{}", i == 0 ? "" : ",", ids[i].value);
        if (line.size() >= kFlushBytes) {
            printPiece(line);
            line.clear();
        }
    }
    printResult(line + "]");
}

// Text that a person may have typed, or that may name control tokens.
PromptText readPrompt(bool special) {
    const std::string text = readAllInput();
    return special ? PromptText::fromTemplate(text) : PromptText::fromPerson(text);
}

void tokenize(const std::string& model, bool special, bool noBos) {
    const GgufFile file(model);
    const Tokenizer tokenizer(readVocabulary(file));
    std::vector<TokenId> ids = tokenizer.encode(readPrompt(special));
    if (!noBos)
        ids = tokenizer.withBos(std::move(ids));
    printIds(ids);
}

std::vector<TokenId> parseIds(const std::string& text, std::size_t vocabularySize) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array())
        fail(ErrorCode::BadRequest, "detokenize: expected a JSON array of ids on standard input");
    std::vector<TokenId> ids;
    for (const auto& element : json) {
        if (!element.is_number_unsigned() || element.get<std::uint64_t>() >= vocabularySize)
            fail(ErrorCode::BadRequest, "detokenize: expected ids from 0 to {}, found {}", vocabularySize - 1,
                element.dump());
        ids.emplace_back(element.get<std::uint32_t>());
    }
    return ids;
}

void detokenize(const std::string& model, bool special) {
    const GgufFile file(model);
    const Tokenizer tokenizer(readVocabulary(file));
    printPiece(tokenizer.decode(parseIds(readAllInput(), tokenizer.size()), special));
}

} // namespace

void addTokenize(Command program) {
    struct TokenizeOptions {
        std::string model;
        bool special = false;
        bool noBos = false;
    };
    auto options = std::make_shared<TokenizeOptions>();
    Command command = program.command("tokenize", "text on standard input to a JSON array of token ids");
    addModelArgument(command, options->model, "GGUF file (a vocabulary without tensors will do), or strata-demo");
    command.flag("--special", options->special, "let the text name control tokens");
    command.flag("--no-bos", options->noBos, "no beginning-of-text token");
    command.onChosen([options] { tokenize(options->model, options->special, options->noBos); });
}

void addDetokenize(Command program) {
    struct TokenizeOptions {
        std::string model;
        bool special = false;
    };
    auto options = std::make_shared<TokenizeOptions>();
    Command command = program.command("detokenize", "a JSON array of token ids on standard input to text");
    addModelArgument(command, options->model, "GGUF file (a vocabulary without tensors will do), or strata-demo");
    command.flag("--special", options->special, "show control tokens");
    command.onChosen([options] { detokenize(options->model, options->special); });
}

} // namespace strata::cli
