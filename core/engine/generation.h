// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/chat/chat_message.h"
#include "core/quant/quant_type.h"
#include "core/sample/sampling_params.h"
#include "core/tier/machine_profile.h"
#include "core/tier/tier.h"
#include "core/tier/tier_plan.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// Values of the core's public door.

struct LoadRequest {
    std::filesystem::path path;
    std::uint32_t contextTokens = 0;      // 0: the model's own, at most kDefaultContextTokens
    std::uint32_t chunkTokens = 0;        // prompt tokens per pass; 0: as many as suit the device and its memory
    QuantType cacheType = QuantType::F16; // of keys and values; Q8_0 takes about half the memory
    std::uint32_t logitRows = 8;          // rows of logits one pass can give; perplexity asks for more
    // At most so many bytes of graphics memory, and of RAM, for everything; nullopt: what is free, less a reserve.
    std::optional<std::uint64_t> vramCap = std::nullopt;
    std::optional<std::uint64_t> ramCap = std::nullopt;
    std::vector<TierOverride> places = {}; // blocks that are to rest in certain tiers
    // Figures of this machine, which decide for a model that no one memory holds; null: typical ones.
    std::shared_ptr<const MachineProfile> profile = nullptr;
};
inline constexpr std::uint32_t kDefaultContextTokens = 8192;

// What to continue: a conversation, rendered by the model's template, or plain text, or tokens as they are.
struct GenerationRequest {
    std::vector<ChatMessage> messages; // used when rawText and rawTokens are empty
    std::string rawText;               // used when rawTokens is empty; nothing in it becomes a control token
    std::vector<TokenId> rawTokens;
    bool stopAtEndOfText = true; // false: go on behind the model's end token, for measurements
    bool continuesReply = false; // the last message is the assistant's and is not finished: go on behind it
    SamplingParams sampling;
    std::uint32_t maxTokens = 0;          // of the reply; 0: until the context is full
    std::vector<std::string> stopStrings; // the reply ends before the first of these
};

enum class StopReason {
    EndOfText, // the model ended its turn
    StopString,
    TokenLimit,  // maxTokens
    ContextFull, // nothing fits behind the last token; the reply so far is kept
    Cancelled,
};

struct PromptProgress {
    std::uint32_t doneTokens = 0;  // of the new part
    std::uint32_t totalTokens = 0; // of the new part: what the cache holds already does not count
};

struct GenerationSinks {
    // From no token to all; while a prompt pass goes through the model its tokens count by the share of the blocks that
    // is done. At most once a percent.
    std::function<void(const PromptProgress&)> progress;
    std::function<void(std::string_view piece)> piece; // whole UTF-8 characters, never empty
};

// Where the time of some passes went, by the clock of the engine's thread: parts that do not overlap. What they lack to
// `whole` is the passes' own.
struct PassTimes {
    std::chrono::nanoseconds whole{};
    std::chrono::nanoseconds gpu{};      // work of the GPU, as far as passes stood still for it
    std::chrono::nanoseconds cpu{};      // the CPU computing blocks, with the exchanges before and behind them
    std::chrono::nanoseconds linkWait{}; // standing still for weights on their way over the link
    std::chrono::nanoseconds diskWait{}; // likewise from the drive
    std::array<std::uint64_t, kWireCount> bytes = {}; // of weights, by Wire
    std::uint64_t passes = 0;                         // that were finished

    bool operator==(const PassTimes&) const = default;
};

// Of one reply. What prompt, decode and sampling lack to `whole` is everything else: template, tokenizer, text out, and
// a pass that was stopped.
struct ReplyTimes {
    std::chrono::nanoseconds whole{}; // of the call
    PassTimes prompt;
    PassTimes decode;
    std::chrono::nanoseconds sampling{}; // choosing tokens, with the way of the logits from the device

    bool operator==(const ReplyTimes&) const = default;
};

struct GenerationResult {
    StopReason reason = StopReason::EndOfText;
    std::string stopText;           // which stop string
    std::string templateNotice;     // empty, or why the model's chat template was not used
    std::uint32_t promptTokens = 0; // whole prompt
    std::uint32_t cachedTokens = 0; // of these, reused from the turns before
    std::uint32_t generatedTokens = 0;
    std::chrono::nanoseconds firstToken{}; // from the call to the first token
    std::chrono::nanoseconds promptTime{}; // spent in prompt passes
    std::chrono::nanoseconds decodeTime{}; // from the first token to the last
    ReplyTimes times;
    std::uint64_t seed = 0;                // that was used
    std::uint64_t logitsHash = 0;          // FNV-1a over the last token's logits: a change of numbers shows itself
};

} // namespace strata
