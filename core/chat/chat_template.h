// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/chat/chat_message.h"
#include "core/tokenizer/prompt_text.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace strata {

// Texts of the special tokens that templates ask for, and the day that some print.
struct ChatTemplateContext {
    std::string bosText;
    std::string eosText;
    std::string today;               // "26 Jul 2024"; what strftime_now answers from
    bool addGenerationPrompt = true; // end with the opening of the assistant's turn
};

struct RenderedChat {
    PromptText prompt;
    std::string fallbackReason; // empty: the model's own template ran. Else a sentence: which construct, and why ChatML
};

// A model's chat template (Jinja), parsed once. Source: the Jinja 2.11 template designer documentation and the
// templates that models publish. Rendering is bounded in steps, output and nesting, so no template can hang or
// exhaust memory. Text of the messages stays marked as a person's. Immutable after construction: any thread.
class ChatTemplate {
public:
    // An empty source means ChatML, and RenderedChat says so. A source that does not parse is not an error: see
    // RenderedChat.
    explicit ChatTemplate(std::string_view source);
    ~ChatTemplate();
    ChatTemplate(ChatTemplate&&) noexcept;
    ChatTemplate& operator=(ChatTemplate&&) noexcept;

    // Falls back to ChatML when the template cannot be run. A template's own refusal (raise_exception: say, roles that
    // must alternate) is an Error (BadRequest) with the template's words; if there are system messages, their text is
    // first tried before that of the first user message.
    RenderedChat render(std::span<const ChatMessage> messages, const ChatTemplateContext& context) const;

private:
    struct State;
    std::unique_ptr<const State> m_state;
};

} // namespace strata
