// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/chat/chat_template.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/chat/chat_ml.h"
#include "core/chat/jinja/functions.h"
#include "core/chat/jinja/interpreter.h"
#include "core/chat/jinja/parser.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace strata {
namespace {

// One try at a template: a prompt, or what went wrong.
struct Attempt {
    std::optional<PromptText> prompt;
    std::string problem;
    bool isRefusal = false; // the template itself raised the problem
};

// This and the constructor are where the errors of templates end: falling back is a result, not a failure, and the
// interpreter below has too many places that can give up to pass each of them up by hand.
template <typename Action>
Attempt attempt(Action action) {
    Attempt result;
    try {
        result.prompt = action();
    } catch (const Error& error) {
        result.problem = error.what();
        result.isRefusal = error.code() == ErrorCode::BadRequest;
    }
    return result;
}

jinja::Value messageList(jinja::Runtime& runtime, std::span<const ChatMessage> messages) {
    const jinja::Value roleKey = runtime.templateText("role");
    const jinja::Value contentKey = runtime.templateText("content");
    std::vector<jinja::Value> values;
    for (const ChatMessage& message : messages) {
        const jinja::Value content = runtime.text(jinja::Text(message.content, jinja::Origin::Person));
        values.push_back(
            runtime.dict({{roleKey, runtime.templateText(roleName(message.role))}, {contentKey, content}}));
    }
    return runtime.list(std::move(values));
}

// The variables that templates are written for. There are neither tools nor documents, which is None to them.
void defineVariables(jinja::Runtime& runtime, jinja::Scope* scope, std::span<const ChatMessage> messages,
    const ChatTemplateContext& context) {
    scope->variables["messages"] = messageList(runtime, messages);
    scope->variables["add_generation_prompt"] = context.addGenerationPrompt;
    scope->variables["bos_token"] = runtime.templateText(context.bosText);
    scope->variables["eos_token"] = runtime.templateText(context.eosText);
    scope->variables["tools"] = jinja::None{};
    scope->variables["documents"] = jinja::None{};
}

PromptText runTemplate(
    const jinja::Block& program, std::span<const ChatMessage> messages, const ChatTemplateContext& context) {
    std::uint64_t bytes = 0;
    for (const ChatMessage& message : messages)
        bytes += message.content.size();
    jinja::Runtime runtime(bytes, context.today);
    jinja::Scope* globals = runtime.makeScope(nullptr);
    jinja::defineFunctions(runtime, globals);
    defineVariables(runtime, globals, messages, context);
    return toPromptText(jinja::Interpreter(&runtime, globals).run(program));
}

// Without system messages: their text goes before that of the first message of the user.
std::vector<ChatMessage> mergeSystem(std::span<const ChatMessage> messages) {
    std::string system;
    std::vector<ChatMessage> merged;
    for (const ChatMessage& message : messages) {
        if (message.role != ChatRole::System)
            merged.push_back(message);
        else if (!message.content.empty())
            system += (system.empty() ? "" : "\n\n") + message.content;
    }
    const auto user =
        std::find_if(merged.begin(), merged.end(), [](const auto& m) { return m.role == ChatRole::User; });
    if (user == merged.end())
        merged.insert(merged.begin(), {ChatRole::User, system});
    else if (!system.empty())
        user->content = system + "\n\n" + user->content;
    return merged;
}

} // namespace

struct ChatTemplate::State {
    jinja::Block program;
    std::string problem; // why there is no program
    bool isChatMl = false;
};

ChatTemplate::ChatTemplate(std::string_view source) {
    auto state = std::make_unique<State>();
    state->isChatMl = source.empty();
    try {
        state->program = jinja::parseTemplate(source);
    } catch (const Error& error) {
        state->problem = error.what();
    }
    m_state = std::move(state);
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;

RenderedChat ChatTemplate::render(std::span<const ChatMessage> messages, const ChatTemplateContext& context) const {
    if (m_state->isChatMl)
        return {renderChatMl(messages, context.addGenerationPrompt),
            "The model's file has no chat template; ChatML is used instead"};
    Attempt result;
    result.problem = m_state->problem;
    if (result.problem.empty()) {
        result = attempt([&] { return runTemplate(m_state->program, messages, context); });
        const bool hasSystem =
            std::any_of(messages.begin(), messages.end(), [](const auto& m) { return m.role == ChatRole::System; });
        if (result.isRefusal && hasSystem) {
            const std::vector<ChatMessage> merged = mergeSystem(messages);
            result = attempt([&] { return runTemplate(m_state->program, merged, context); });
        }
    }
    if (result.isRefusal)
        fail(ErrorCode::BadRequest, "The model's chat template refuses this conversation: {}",
            quoteForMessage(result.problem, 500));
    if (result.prompt)
        return {std::move(*result.prompt), {}};
    return {renderChatMl(messages, context.addGenerationPrompt),
        fmt::format("The model's chat template {}; ChatML is used instead", result.problem)};
}

} // namespace strata
