// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"

#include <iostream>

namespace strata::cli {
namespace {

struct ChatOptions {
    EngineOptions engine;
    SamplingOptions sampling;
    std::string system;
    std::uint32_t maxTokens = 0;
};

void explain() {
    printNote("Type a message and press Enter. /new starts over, /quit or Ctrl+D ends, Ctrl+C stops a reply, and ends "
              "the chat when there is none.");
}

// One reply to the last message; what was written before a Ctrl+C stays in the conversation.
void reply(Engine& engine, Session& session, const ChatOptions& options, std::vector<ChatMessage>& messages) {
    const InterruptGuard interrupt;
    GenerationRequest request;
    request.messages = messages;
    request.sampling = options.sampling.chosen();
    request.maxTokens = options.maxTokens;
    std::string text;
    GenerationSinks sinks;
    sinks.piece = [&](std::string_view piece) {
        text += piece;
        printPiece(piece);
    };
    const GenerationResult result = engine.generate(session, request, sinks, interrupt.token());
    printPiece("\n");
    if (result.reason == StopReason::Cancelled && InterruptGuard::isToEnd())
        throw Interrupted();
    if (!result.templateNotice.empty())
        printNote(result.templateNotice);
    printNote(describeResult(result));
    if (result.reason == StopReason::ContextFull)
        printNote(text.empty() ? "The message does not fit behind the conversation and was taken back: shorten it, "
                                 "start over with /new, or run again with a larger --ctx."
                               : "The context is full: /new starts a new chat, or run again with a larger --ctx.");
    if (text.empty())
        messages.pop_back(); // no reply, so no turn: the model must not see an empty one as its own
    else
        messages.push_back({ChatRole::Assistant, text});
}

// The shortest conversation that can be had: the system prompt and a message of one letter.
GenerationRequest openingOf(const std::vector<ChatMessage>& messages) {
    GenerationRequest request;
    request.messages = messages;
    request.messages.push_back({ChatRole::User, "a"});
    return request;
}

void chat(const ChatOptions& options, const Devices& devices) {
    const auto engine = loadEngine(options.engine, devices, {});
    Session session = engine->newSession();
    std::vector<ChatMessage> messages;
    const auto startOver = [&] {
        messages.clear();
        if (!options.system.empty())
            messages.push_back({ChatRole::System, options.system});
    };
    startOver();
    const std::size_t opening = engine->promptTokens(openingOf(messages)).size();
    if (opening >= engine->contextTokens())
        failTooLong(opening, engine->contextTokens());
    explain();
    std::string line;
    while (printPiece("> "), std::getline(std::cin, line)) {
        if (line == "/quit")
            return;
        if (line == "/new")
            startOver();
        else if (line.starts_with("/"))
            explain();
        else if (!line.empty()) {
            messages.push_back({ChatRole::User, line});
            reply(*engine, session, options, messages);
        }
    }
    printPiece("\n");
}

} // namespace

void addChat(Command program, const Devices& devices) {
    auto options = std::make_shared<ChatOptions>();
    Command command = program.command("chat", "a conversation in the terminal");
    addEngineOptions(command, options->engine);
    addSamplingOptions(command, options->sampling);
    command.option("--system", options->system, "system prompt");
    command.option("-n", options->maxTokens, "tokens of a reply; 0: until it ends or the context is full")
        .check(wholeNumber(0, 4294967295U));
    command.onChosen([options, &devices] { chat(*options, devices); });
}

} // namespace strata::cli
