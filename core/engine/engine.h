// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/tier/metrics.h"
#include "core/chat/chat_template.h"
#include "core/engine/generation.h"
#include "core/engine/pass_runner.h"
#include "core/engine/session.h"
#include "core/model/model.h"
#include "core/tier/forecast.h"
#include "core/tier/weight_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace strata {

// The device that keeps conversations, and what computes beside it. Values.
struct EngineDevices {
    BackendChoice main;
    std::optional<BackendChoice> host = std::nullopt; // beside a GPU: the CPU, for what does not fit there

    EngineDevices() = default;
    EngineDevices(BackendChoice device) : main(std::move(device)) {} // implicit: one device is enough
    EngineDevices(BackendChoice device, BackendChoice cpu) : main(std::move(device)), host(std::move(cpu)) {}
};

// A loaded model, ready to generate: existing means loaded, destroying means unloaded.
// One thread at a time, save metrics(), which may be read from any. Its sessions must be gone before it is.
class Engine {
public:
    // Null: stop was requested, and everything taken was given back. Throws Error with a sentence.
    static std::unique_ptr<Engine> load(const LoadRequest& request, const EngineDevices& devices,
        const LoadProgressSink& progress, std::stop_token stop);
    ~Engine();

    // Throws what load() would throw before it takes memory, once `leaving` has given its own back: for a file that is
    // not there or can't be run, a context that is too long, a device whose memory does not suffice. What asks for this
    // keeps the model it has until the next one is known to fit.
    static void checkLoad(const LoadRequest& request, const EngineDevices& devices, const Engine& leaving);

    std::shared_ptr<const Model> model() const { return m_model; } // immutable: may be read from any thread
    const DeviceInfo& device() const { return attending().info(); } // that keeps the conversations
    std::uint32_t contextTokens() const { return m_limits.contextTokens; }
    std::uint32_t chunkTokens() const { return m_limits.maxTokens; } // of one prompt pass
    WeightStore& weights() { return *m_weights; } // to ask for its plan, schedules and notices
    // By the functions that planned, with wires at the pace they had in the last passes.
    Forecast forecast(std::uint32_t promptTokens) const;
    std::shared_ptr<const Metrics> metrics() const { return m_metrics; }

    Session newSession(); // throws Error (OutOfMemory)

    // Tokens of the prompt that the request stands for: what a context gauge counts before anything is computed.
    std::vector<TokenId> promptTokens(const GenerationRequest& request) const;

    // Continues the session: reuses what its cache shares with the prompt, then decodes until a stop rule holds.
    // Cancel is a result, not an error, and comes within one block. A prompt that leaves no room for a reply gives
    // ContextFull with no tokens generated and the session as it was. On Error the session is as after its last
    // finished pass.
    GenerationResult generate(
        Session& session, const GenerationRequest& request, const GenerationSinks& sinks, std::stop_token stop);

    // Empties the session, then gives the logits of each of `tokens` as they are, `visit(row, logits)` in order; for
    // perplexity and tests. False: stopped. Throws Error (BadRequest) if they do not fit.
    bool evaluate(Session& session, std::span<const TokenId> tokens,
        const std::function<void(std::uint32_t row, std::span<const float> logits)>& visit, std::stop_token stop);

    // Appends the tokens in passes of `perPass`, with the most likely token behind each of them: what verifying drafts
    // asks for. nullopt: stopped; the session keeps the passes that finished. Throws Error (BadRequest) if they do not
    // fit, or a pass can't give so many rows of logits (LoadRequest::logitRows).
    std::optional<std::vector<TokenId>> mostLikely(
        Session& session, std::span<const TokenId> tokens, std::uint32_t perPass, std::stop_token stop);

private:
    struct Opened { // devices that take part
        std::unique_ptr<Backend> gpu;  // null: the CPU alone
        std::unique_ptr<Backend> host; // null: the GPU alone
    };
    static Opened open(const EngineDevices& devices);
    Engine(std::shared_ptr<const Model> model, Opened devices);

    bool fill(const LoadRequest& request, const LoadProgressSink& progress, const std::stop_token& stop); // false: stop
    Backend& attending() const { return m_devices.gpu ? *m_devices.gpu : *m_devices.host; }
    std::uint64_t heldBytes(const Backend& device) const; // of its memory, with one conversation

    std::uint32_t reusePrefix(Session& session, std::span<const TokenId> prompt); // and shows it in the metrics
    RenderedChat render(const GenerationRequest& request) const;
    std::vector<TokenId> encode(const GenerationRequest& request, const PromptText& prompt) const;

    std::shared_ptr<const Model> m_model;
    Opened m_devices;
    PassLimits m_limits;
    std::unique_ptr<WeightStore> m_weights;
    ChatTemplate m_template;
    std::shared_ptr<Metrics> m_metrics;
    std::optional<PassRunner> m_passes;
};

} // namespace strata
