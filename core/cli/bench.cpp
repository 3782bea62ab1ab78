// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cli/bench_report.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"
#include "core/cli/json_output.h"

#include <algorithm>
#include <random>

namespace strata::cli {
namespace {

constexpr std::uint32_t kVerifyPasses = 16; // in a row, timed together
constexpr std::uint32_t kWarmUpPrompt = 8; // tokens
constexpr std::uint32_t kWarmUpTokens = 8; // a pass each but the first: enough to learn how fast wires are now

struct BenchOptions {
    EngineOptions engine;
    std::uint32_t promptTokens = 512;
    std::uint32_t decodeTokens = 128;
    std::uint32_t repetitions = 3;
    std::uint32_t depth = 0;              // tokens in the context before anything is timed
    std::uint32_t verify = 0;             // tokens of a verification pass; 0: none are timed
    bool asJson = false;
};

// Made-up but fixed ids, so that runs and machines compute the same thing.
std::vector<TokenId> promptOf(std::size_t count, std::size_t vocabularySize) {
    std::mt19937_64 generator(1);
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.emplace_back(static_cast<std::uint32_t>(generator() % vocabularySize));
    return ids;
}

// Continues behind what the session holds, which must be the first tokens of the made-up prompt.
GenerationResult generate(
    Engine& engine, Session& session, std::size_t prompt, std::uint32_t reply, std::stop_token stop) {
    GenerationRequest request;
    request.rawTokens = promptOf(prompt, engine.model()->tokenizer().size());
    request.sampling.temperature = 0.0F;
    request.stopAtEndOfText = false;
    request.maxTokens = reply;
    GenerationResult result = engine.generate(session, request, {}, stop);
    if (result.reason == StopReason::Cancelled)
        throw Interrupted();
    return result;
}

// Leaves the first `depth` tokens of the made-up prompt in the session, and no others.
void rewind(Engine& engine, Session& session, std::uint32_t depth, std::stop_token stop) {
    const std::vector<TokenId> prompt = promptOf(depth + 1, engine.model()->tokenizer().size());
    if (session.reusePrefix(prompt) < depth)
        generate(engine, session, depth, 1, stop);
    session.reusePrefix(prompt);
}

// Seconds of one pass of `perPass` tokens: medians over the repetitions, each of a few passes in a row.
double passSeconds(
    Engine& engine, Session& session, const BenchOptions& options, std::uint32_t perPass, std::stop_token stop) {
    const std::vector<TokenId> tokens =
        promptOf(std::size_t(kVerifyPasses) * perPass, engine.model()->tokenizer().size());
    std::vector<double> seconds;
    for (std::uint32_t i = 0; i <= options.repetitions; ++i) {
        rewind(engine, session, options.depth, stop);
        const auto start = std::chrono::steady_clock::now();
        if (!engine.mostLikely(session, tokens, perPass, stop))
            throw Interrupted();
        if (i > 0) // the first warms up
            seconds.push_back(
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kVerifyPasses);
    }
    return medianOf(seconds);
}

Rates measurePrompt(Engine& engine, Session& session, const BenchOptions& options, std::stop_token stop) {
    Rates rates = {.tokens = options.promptTokens, .perSecond = {}};
    for (std::uint32_t i = 0; i < options.repetitions && options.promptTokens > 0; ++i) {
        rewind(engine, session, options.depth, stop);
        const GenerationResult result = generate(engine, session, options.depth + options.promptTokens, 1, stop);
        rates.perSecond.push_back(tokensPerSecond(options.promptTokens, result.promptTime));
        rates.logitsHash = result.logitsHash;
    }
    return rates;
}

Rates measureDecode(Engine& engine, Session& session, const BenchOptions& options, std::stop_token stop) {
    Rates rates = {.tokens = options.decodeTokens, .perSecond = {}};
    for (std::uint32_t i = 0; i < options.repetitions && options.decodeTokens > 0; ++i) {
        rewind(engine, session, options.depth, stop);
        const GenerationResult result = generate(engine, session, options.depth + 1, options.decodeTokens + 1, stop);
        rates.perSecond.push_back(tokensPerSecond(result.generatedTokens - 1, result.decodeTime));
        rates.logitsHash = result.logitsHash;
    }
    return rates;
}

std::optional<Foretold> foretell(Engine& engine, const BenchOptions& options) {
    if (engine.weights().profile().date.empty())
        return std::nullopt;
    return Foretold{.prompt = engine.forecast(options.promptTokens).promptTokensPerSecond,
        .decode = engine.forecast(options.depth).decodeTokensPerSecond};
}

// A timed prompt is computed whole each time; a timed reply starts behind one token of its own.
BenchMeasurement measure(Engine& engine, const BenchOptions& options, std::stop_token stop) {
    BenchMeasurement measured;
    measured.depth = options.depth;
    Session session = engine.newSession();
    measured.byProfile = foretell(engine, options);
    generate(engine, session, kWarmUpPrompt, kWarmUpTokens, stop); // warms caches and threads; not counted
    measured.afterWarmUp = foretell(engine, options);
    measured.pace = engine.weights().pace();
    measured.prompt = measurePrompt(engine, session, options, stop);
    rewind(engine, session, options.depth, stop);
    const MetricsSnapshot before = engine.metrics()->snapshot();
    measured.decode = measureDecode(engine, session, options, stop);
    const MetricsSnapshot after = engine.metrics()->snapshot();
    // One pass in each repetition read the prompt's one token, outside the timed part.
    const std::uint64_t n = options.decodeTokens;
    const auto timed = [&](std::uint64_t earlier, std::uint64_t later) { return (later - earlier) * n / (n + 1); };
    measured.decodeTotals.weightBytesRead = timed(before.weightBytesRead, after.weightBytesRead);
    measured.decodeTotals.decodeNanoseconds = after.decodeNanoseconds - before.decodeNanoseconds;
    for (std::size_t i = 0; i < kWireCount; ++i) {
        const WireTotals& from = before.wires[i];
        const WireTotals& to = after.wires[i];
        measured.decodeTotals.wires[i] = {.bytes = timed(from.bytes, to.bytes),
            .busyNanoseconds = timed(from.busyNanoseconds, to.busyNanoseconds),
            .waitNanoseconds = timed(from.waitNanoseconds, to.waitNanoseconds)};
    }
    if (options.verify > 0)
        measured.verification = {.tokens = options.verify,
            .passSeconds = passSeconds(engine, session, options, options.verify, stop),
            .singleSeconds = passSeconds(engine, session, options, 1, stop)};
    return measured;
}

void bench(const BenchOptions& options, const Devices& devices) {
    const InterruptGuard interrupt;
    EngineOptions engineOptions = options.engine;
    const std::uint32_t needed = options.depth + 2 +
                                 std::max({kWarmUpPrompt + kWarmUpTokens, options.promptTokens,
                                     options.decodeTokens + 1, kVerifyPasses * options.verify});
    if (engineOptions.contextTokens == 0)
        engineOptions.contextTokens = std::max(needed, 32U);
    if (engineOptions.contextTokens < needed)
        fail(ErrorCode::BadRequest, "--ctx {}: expected at least {} for this prompt and reply",
            engineOptions.contextTokens, needed);
    const auto start = std::chrono::steady_clock::now();
    const auto engine = loadEngine(engineOptions, devices, interrupt.token());
    const double loadSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    BenchMeasurement measured = measure(*engine, options, interrupt.token());
    measured.loadSeconds = loadSeconds;
    if (options.asJson)
        printJson(toJson(*engine, options.engine.model, measured));
    else
        printResult(describeBench(*engine, measured));
}

} // namespace

void addBench(Command program, const Devices& devices) {
    auto options = std::make_shared<BenchOptions>();
    Command command = program.command("bench", "tokens per second of a model on this machine");
    addEngineOptions(command, options->engine);
    command.option("-p", options->promptTokens, "prompt tokens; 0: no prompt run")
        .check(wholeNumber(0, 4294967295U))
        .showDefault();
    command.option("-n", options->decodeTokens, "tokens to decode; 0: no decode run")
        .check(wholeNumber(0, 4294967295U))
        .showDefault();
    command.option("-r", options->repetitions, "repetitions; the median is shown")
        .check(wholeNumber(1, 1000))
        .showDefault();
    command.option("--depth", options->depth, "tokens in the context before anything is timed")
        .check(wholeNumber(0, 4294967295U))
        .showDefault();
    command.option("--verify", options->verify, "also time passes of so many tokens, at most 8; 0: none")
        .check(wholeNumber(0, 8))
        .showDefault();
    command.flag("--json", options->asJson, "as JSON");
    command.onChosen([options, &devices] { bench(*options, devices); });
}

} // namespace strata::cli
