// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"
#include "core/cli/json_output.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace strata::cli {
namespace {

// Whole passes of a prompt, so that the text goes through the same kernels as a person's.
constexpr std::uint32_t kLogitRows = 256;

struct PerplexityOptions {
    EngineOptions engine;
    std::string textFile;
    bool asJson = false;
};

struct Score {
    double negativeLogLikelihood = 0.0;
    double squares = 0.0;
    std::uint64_t tokens = 0;

    void add(double nll) {
        negativeLogLikelihood += nll;
        squares += nll * nll;
        ++tokens;
    }
    double mean() const { return negativeLogLikelihood / static_cast<double>(tokens); }
    double perplexity() const { return std::exp(mean()); }
    double standardError() const // of the perplexity
    {
        if (tokens < 2)
            return 0.0;
        const double n = static_cast<double>(tokens);
        const double variance = std::max(0.0, squares / n - mean() * mean());
        return perplexity() * std::sqrt(variance / (n - 1.0));
    }
};

double negativeLogProbability(std::span<const float> logits, TokenId target) {
    const double top = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - top);
    return std::log(sum) + top - static_cast<double>(logits[target.value]);
}

// Windows of the whole context without overlap; the second half of each is scored, so that every scored token has at
// least half a window before it. The first token of a window is replaced by BOS where the vocabulary asks for one.
Score scoreText(Engine& engine, std::span<const TokenId> text, std::stop_token stop) {
    const std::size_t window = engine.contextTokens();
    if (text.size() < window)
        fail(ErrorCode::BadRequest, "perplexity: expected at least {} tokens of text (one context), found {}", window,
            text.size());
    const Vocabulary& vocabulary = engine.model()->tokenizer().vocabulary();
    Session session = engine.newSession();
    Score score;
    for (std::size_t begin = 0; begin + window <= text.size(); begin += window) {
        std::vector<TokenId> tokens(text.begin() + static_cast<std::ptrdiff_t>(begin),
            text.begin() + static_cast<std::ptrdiff_t>(begin + window));
        if (vocabulary.addBos && vocabulary.bos)
            tokens.front() = *vocabulary.bos;
        const auto visit = [&](std::uint32_t row, std::span<const float> logits) {
            if (row >= window / 2 && row + 1 < window)
                score.add(negativeLogProbability(logits, tokens[row + 1]));
        };
        if (!engine.evaluate(session, tokens, visit, stop))
            throw Interrupted();
        printNote(fmt::format("{} of {} tokens: {:.4f}", begin + window, text.size(), score.perplexity()));
    }
    return score;
}

void perplexity(const PerplexityOptions& options, const Devices& devices) {
    const std::string text = readTextFile(options.textFile);
    const InterruptGuard interrupt;
    EngineOptions engineOptions = options.engine;
    if (engineOptions.contextTokens == 0)
        engineOptions.contextTokens = 512;
    engineOptions.logitRows = kLogitRows;
    const auto engine = loadEngine(engineOptions, devices, interrupt.token());
    const Tokenizer& tokenizer = engine->model()->tokenizer();
    const std::vector<TokenId> ids = tokenizer.withBos(tokenizer.encode(PromptText::fromPerson(text)));
    const Score score = scoreText(*engine, ids, interrupt.token());
    if (!options.asJson) {
        printResult(fmt::format(
            "perplexity {:.4f} +/- {:.4f} over {} tokens", score.perplexity(), score.standardError(), score.tokens));
        return;
    }
    const nlohmann::ordered_json json = {{"model", options.engine.model}, {"device", engine->device().id},
        {"context", engine->contextTokens()}, {"tokens", score.tokens}, {"perplexity", score.perplexity()},
        {"standard_error", score.standardError()}};
    printJson(json);
}

} // namespace

void addPerplexity(Command program, const Devices& devices) {
    auto options = std::make_shared<PerplexityOptions>();
    Command command = program.command("perplexity", "how well a model predicts a text");
    addEngineOptions(command, options->engine);
    command.existing("--ctx").check(wholeNumber(4, 4294967295U)); // half a window and a token to score
    command.option("-f,--file", options->textFile, "UTF-8 text").required();
    command.flag("--json", options->asJson, "as JSON");
    command.onChosen([options, &devices] { perplexity(*options, devices); });
}

} // namespace strata::cli
