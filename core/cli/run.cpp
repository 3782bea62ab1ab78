// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"

#include <fmt/format.h>

namespace strata::cli {
namespace {

struct RunOptions {
    EngineOptions engine;
    SamplingOptions sampling;
    std::string prompt;
    std::string promptFile;
    std::string system;
    std::vector<std::string> stopStrings;
    std::uint32_t maxTokens = 0;
    bool isRaw = false;
};

GenerationRequest makeRequest(const RunOptions& options) {
    GenerationRequest request;
    const std::string prompt = options.promptFile.empty() ? options.prompt : readTextFile(options.promptFile);
    if (options.isRaw)
        request.rawText = prompt;
    if (!options.isRaw && !options.system.empty())
        request.messages.push_back({ChatRole::System, options.system});
    if (!options.isRaw)
        request.messages.push_back({ChatRole::User, prompt});
    request.sampling = options.sampling.chosen();
    request.maxTokens = options.maxTokens;
    request.stopStrings = options.stopStrings;
    return request;
}

void run(const RunOptions& options, const Devices& devices) {
    const GenerationRequest request = makeRequest(options);
    const InterruptGuard interrupt;
    const auto engine = loadEngine(options.engine, devices, interrupt.token());
    Session session = engine->newSession();
    if (options.isRaw)
        printPiece(request.rawText);
    GenerationSinks sinks;
    sinks.piece = [](std::string_view piece) { printPiece(piece); };
    const GenerationResult result = engine->generate(session, request, sinks, interrupt.token());
    printPiece("\n");
    if (result.reason == StopReason::ContextFull && result.generatedTokens == 0)
        failTooLong(result.promptTokens, engine->contextTokens());
    if (!result.templateNotice.empty())
        printNote(result.templateNotice);
    printNote(describeResult(result));
    if (result.reason == StopReason::ContextFull)
        printNote(fmt::format("The context of {} tokens is full; --ctx makes it larger.", engine->contextTokens()));
    if (result.reason == StopReason::Cancelled)
        throw Interrupted();
}

} // namespace

void addRun(Command program, const Devices& devices) {
    auto options = std::make_shared<RunOptions>();
    Command command =
        program.command("run", "answer one prompt: text on standard output, statistics on standard error");
    addEngineOptions(command, options->engine);
    addSamplingOptions(command, options->sampling);
    const Option prompt = command.option("-p,--prompt", options->prompt, "the prompt");
    const Option file =
        command.option("-f,--file", options->promptFile, "the prompt from a file instead; - is standard input");
    const Option system = command.option("--system", options->system, "system prompt");
    command.option("--stop", options->stopStrings, "end before this text; may be given more than once")
        .takesSeveral();
    command.option("-n", options->maxTokens, "tokens of the reply; 0: until it ends or the context is full")
        .check(wholeNumber(0, 4294967295U));
    command.flag("--raw", options->isRaw, "continue the prompt as plain text, without a chat template");
    command.onChosen([options, prompt, file, system, &devices] {
        if (!prompt.isGiven() && !file.isGiven())
            failMissing("-p or -f");
        if (prompt.isGiven() && file.isGiven())
            failUsage("-p and -f can't be given together: there is one prompt");
        if (options->isRaw && system.isGiven())
            failUsage("--raw and --system can't be given together: plain text has no system prompt");
        run(*options, devices);
    });
}

} // namespace strata::cli
