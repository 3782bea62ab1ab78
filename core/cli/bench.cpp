// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"
#include "core/cli/json_output.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

namespace strata::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kVerifyPasses = 16; // in a row, timed together

struct BenchOptions {
    EngineOptions engine;
    std::uint32_t promptTokens = 512;
    std::uint32_t decodeTokens = 128;
    std::uint32_t repetitions = 3;
    std::uint32_t depth = 0;              // tokens in the context before anything is timed
    std::uint32_t verify = 0;             // tokens of a verification pass; 0: none are timed
    bool asJson = false;
};

double medianOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

// Rates of the repetitions of one kind of work.
struct Rates {
    std::uint32_t tokens = 0;
    std::vector<double> perSecond;
    std::uint64_t logitsHash = 0; // of the last token: changes when the computed numbers change

    Json toJson() const {
        if (perSecond.empty())
            return nullptr;
        const auto [low, high] = std::minmax_element(perSecond.begin(), perSecond.end());
        return {{"tokens", tokens}, {"tokens_per_s", medianOf(perSecond)}, {"min", *low}, {"max", *high},
            {"logits_hash", fmt::format("{:016x}", logitsHash)}};
    }
};

// What a pass of several tokens costs beside a pass of one, with the most likely token behind each.
struct Verification {
    std::uint32_t tokens = 0;
    double passSeconds = 0.0;
    double singleSeconds = 0.0;

    Json toJson() const {
        if (tokens == 0)
            return nullptr;
        return {{"tokens", tokens}, {"pass_ms", passSeconds * 1e3}, {"single_ms", singleSeconds * 1e3},
            {"ratio", passSeconds / singleSeconds}};
    }
};

struct Measurement {
    Rates prompt;
    Rates decode;
    Verification verification;
    double loadSeconds = 0.0;
    MetricsSnapshot decodeTotals; // of all timed decodes
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

// A timed prompt is computed whole each time; a timed reply starts behind one token of its own.
Measurement measure(Engine& engine, const BenchOptions& options, std::stop_token stop) {
    Measurement measured;
    Session session = engine.newSession();
    generate(engine, session, 8, 4, stop); // warms caches and threads; not counted
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

// Nothing is foretold from figures that nobody measured.
bool hasForecast(Engine& engine) {
    return !engine.weights().profile().date.empty();
}

Json forecastOf(const BenchOptions& options, Engine& engine) {
    if (!hasForecast(engine))
        return nullptr;
    return {{"prompt_tokens_per_s", engine.forecast(options.promptTokens).promptTokensPerSecond},
        {"decode_tokens_per_s", engine.forecast(options.depth).decodeTokensPerSecond}};
}

Json wiresOf(const MetricsSnapshot& totals, std::uint64_t WireTotals::*what) {
    Json json;
    for (const auto& [name, wire] : {std::pair("vram", Wire::Vram), std::pair("link", Wire::Link),
             std::pair("host", Wire::Host), std::pair("disk", Wire::Disk)})
        json[name] = totals.wire(wire).*what;
    return json;
}

Json toJson(const BenchOptions& options, Engine& engine, const Measurement& measured) {
    const Plan& plan = engine.weights().plan();
    const MetricsSnapshot& totals = measured.decodeTotals;
    return {{"model", options.engine.model}, {"device", engine.device().id}, {"device_name", engine.device().name},
        {"prompt", measured.prompt.toJson()}, {"decode", measured.decode.toJson()}, {"depth", options.depth},
        {"verify", measured.verification.toJson()}, {"load_s", measured.loadSeconds}, {"vram_bytes", plan.vramBytes()},
        {"ram_bytes", plan.ramBytes()},
        {"plan", {{"vram_blocks", plan.blocksIn(Tier::Vram)}, {"ram_blocks", plan.blocksIn(Tier::Ram)},
                     {"disk_blocks", plan.blocksIn(Tier::Disk)}}},
        {"forecast", forecastOf(options, engine)}, {"bytes", wiresOf(totals, &WireTotals::bytes)},
        {"busy_ns", wiresOf(totals, &WireTotals::busyNanoseconds)},
        {"wait_ns", wiresOf(totals, &WireTotals::waitNanoseconds)}, {"decode_ns", totals.decodeNanoseconds},
        {"decode_weight_bytes_per_s",
            static_cast<double>(totals.weightBytesRead) * 1e9 /
                std::max(1.0, static_cast<double>(totals.decodeNanoseconds))}};
}

// "GPU memory 4.52 GB/s (12 %), link ..": of the wires that carried something, and how busy each was.
std::string describeWires(const MetricsSnapshot& totals) {
    std::string text;
    const auto time = static_cast<double>(totals.decodeNanoseconds);
    for (std::size_t i = 0; i < kWireCount; ++i) {
        const WireTotals& wire = totals.wires[i];
        if (wire.bytes > 0)
            text += fmt::format("{}{} {:.2f} GB/s, busy {:.0f} %", text.empty() ? "" : "; ",
                wireName(static_cast<Wire>(i)), static_cast<double>(wire.bytes) / time,
                std::min(100.0, 100.0 * static_cast<double>(wire.busyNanoseconds) / time));
    }
    return text;
}

std::string toText(const BenchOptions& options, Engine& engine, const Measurement& measured) {
    const Plan& plan = engine.weights().plan();
    std::string text = fmt::format("{} on {}, {} of weights, loaded in {:.2f} s\n", engine.model()->spec().name,
        engine.device().name, formatBytes(engine.weights().residentBytes()), measured.loadSeconds);
    text += fmt::format("blocks: {} in VRAM, {} in RAM, {} on disk\n", plan.blocksIn(Tier::Vram),
        plan.blocksIn(Tier::Ram), plan.blocksIn(Tier::Disk));
    const auto line = [&](const char* label, const Rates& rates, double foretold) {
        if (rates.perSecond.empty())
            return;
        text += fmt::format("{:<7} {:>5} tokens  {:>9.2f} tok/s  logits {:016x}", label, rates.tokens,
            medianOf(rates.perSecond), rates.logitsHash);
        if (hasForecast(engine))
            text += fmt::format("  forecast {:.2f} ({:+.0f} %)", foretold,
                100.0 * (foretold / medianOf(rates.perSecond) - 1.0));
        text += "\n";
    };
    line("prompt", measured.prompt, engine.forecast(options.promptTokens).promptTokensPerSecond);
    line("decode", measured.decode, engine.forecast(options.depth).decodeTokensPerSecond);
    if (const Verification& v = measured.verification; v.tokens > 0)
        text += fmt::format("verify  {:>5} tokens  {:>9.3f} ms a pass, {:.2f} times a pass of 1\n", v.tokens,
            v.passSeconds * 1e3, v.passSeconds / v.singleSeconds);
    if (measured.decodeTotals.decodeNanoseconds > 0)
        text += fmt::format("weights read while decoding: {:.2f} GB/s\n  {}",
            static_cast<double>(measured.decodeTotals.weightBytesRead) /
                static_cast<double>(measured.decodeTotals.decodeNanoseconds),
            describeWires(measured.decodeTotals));
    return text;
}

void bench(const BenchOptions& options, const Devices& devices) {
    const InterruptGuard interrupt;
    EngineOptions engineOptions = options.engine;
    const std::uint32_t needed =
        options.depth + std::max({options.promptTokens, options.decodeTokens + 1, kVerifyPasses * options.verify}) + 2;
    if (engineOptions.contextTokens == 0)
        engineOptions.contextTokens = std::max(needed, 32U);
    if (engineOptions.contextTokens < needed)
        fail(ErrorCode::BadRequest, "--ctx {}: expected at least {} for this prompt and reply",
            engineOptions.contextTokens, needed);
    const auto start = std::chrono::steady_clock::now();
    const auto engine = loadEngine(engineOptions, devices, interrupt.token());
    const double loadSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    Measurement measured = measure(*engine, options, interrupt.token());
    measured.loadSeconds = loadSeconds;
    if (options.asJson)
        printJson(toJson(options, *engine, measured));
    else
        printResult(toText(options, *engine, measured));
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
