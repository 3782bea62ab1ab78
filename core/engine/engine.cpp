// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine.h"

#include "core/backend/kv_rows.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/memory_need.h"
#include "core/engine/reply_loop.h"
#include "core/sample/sampler.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <random>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

void checkCacheType(const LoadRequest& request, const ModelSpec& spec) {
    const std::string name = request.path.filename().string();
    const std::string_view type = traits(request.cacheType).name;
    if (!isKvType(request.cacheType))
        fail(ErrorCode::BadRequest, "{}: expected keys and values in F16 or Q8_0, found {}", name, type);
    if (request.cacheType == QuantType::Q8_0 && spec.kvLength() % kKvBlockLength != 0)
        fail(ErrorCode::BadRequest,
            "{}: a token has {} keys in each layer, and only multiples of {} can be kept in {}: use F16 for this model",
            name, spec.kvLength(), kKvBlockLength, type);
}

// Prompt tokens per pass: a GPU's tensor cores want many, the CPU's caches few.
std::uint32_t suitableChunk(DeviceKind kind) {
    return kind == DeviceKind::Gpu ? 2048 : 512;
}

PassLimits chooseLimits(const LoadRequest& request, const ModelSpec& spec, DeviceKind kind) {
    if (request.contextTokens > spec.trainedContext)
        fail(ErrorCode::BadRequest, "{}: a context of {} tokens was asked for, the model was trained for at most {}",
            request.path.filename().string(), formatCount(request.contextTokens), formatCount(spec.trainedContext));
    if (request.logitRows == 0)
        fail(ErrorCode::BadRequest, "{}: expected at least 1 row of logits per pass, found 0",
            request.path.filename().string());
    checkCacheType(request, spec);
    const std::uint32_t context =
        request.contextTokens != 0 ? request.contextTokens : std::min(spec.trainedContext, kDefaultContextTokens);
    const std::uint32_t chunk = std::min(request.chunkTokens != 0 ? request.chunkTokens : suitableChunk(kind), context);
    return {.maxTokens = chunk,
        .maxLogitRows = std::min(request.logitRows, chunk),
        .contextTokens = context,
        .cacheType = request.cacheType};
}

// The limits that fit into the memory, with smaller passes than would suit best if need be and the request allows it.
// Throws Error (OutOfMemory).
PassLimits fittingLimits(
    const LoadRequest& request, const Model& model, const Backend& backend, const MemoryState& memory) {
    PassLimits limits = chooseLimits(request, model.spec(), backend.info().kind);
    const std::uint32_t least = std::max(256U, limits.maxLogitRows);
    const std::uint64_t room = roomBytes(memory);
    while (request.chunkTokens == 0 && limits.maxTokens > least && memoryNeed(model, limits, backend).total() > room)
        limits.maxTokens = std::max(limits.maxTokens / 2, least);
    checkMemory(request.path.filename().string(), memoryNeed(model, limits, backend), backend.info(), memory);
    return limits;
}

std::string textOf(const Vocabulary& vocabulary, const std::optional<TokenId>& token) {
    return token ? vocabulary.texts.at(token->value) : std::string();
}

std::string today() {
    return fmt::format("{:%d %b %Y}", fmt::localtime(std::time(nullptr)));
}

std::uint64_t freshSeed() {
    std::random_device device;
    return std::uint64_t(device()) << 32 | device();
}

// FNV-1a, 64 bits, over the bytes of the numbers (Fowler, Noll, Vo).
std::uint64_t hashOf(std::span<const float> logits) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::byte byte : std::as_bytes(logits))
        hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3U;
    return hash;
}

} // namespace

void Engine::checkLoad(const LoadRequest& request, const BackendChoice& device, const Engine& leaving) {
    const Model model(request.path);
    if (leaving.device().id != device.info.id) {
        const auto backend = device.open();
        fittingLimits(request, model, *backend, backend->memory());
        return;
    }
    MemoryState memory = leaving.m_backend->memory();
    const std::uint64_t given = memoryNeed(*leaving.m_model, leaving.m_limits, *leaving.m_backend).total();
    memory.freeBytes = std::min(memory.totalBytes, memory.freeBytes + given);
    fittingLimits(request, model, *leaving.m_backend, memory);
}

std::unique_ptr<Engine> Engine::load(
    const LoadRequest& request, const BackendChoice& device, const LoadProgressSink& progress, std::stop_token stop) {
    auto model = std::make_shared<const Model>(request.path);
    if (stop.stop_requested())
        return nullptr;
    auto backend = device.open();
    const PassLimits limits = fittingLimits(request, *model, *backend, backend->memory());
    std::unique_ptr<Engine> engine(new Engine(std::move(model), std::move(backend), limits));
    engine->m_weights = WeightStore::open(*engine->m_model, *engine->m_backend, progress, stop);
    if (!engine->m_weights || stop.stop_requested())
        return nullptr;
    engine->m_passes.emplace(*engine->m_model, *engine->m_weights, limits, engine->m_metrics);
    return engine;
}

Engine::Engine(std::shared_ptr<const Model> model, std::unique_ptr<Backend> backend, const PassLimits& limits)
    : m_model(std::move(model)), m_backend(std::move(backend)), m_limits(limits), m_template(m_model->chatTemplate()),
      m_metrics(std::make_shared<Metrics>()) {}

Engine::~Engine() = default;

Session Engine::newSession() {
    Session session(KvCache(*m_backend, m_model->spec(), m_limits.contextTokens, m_limits.cacheType));
    m_metrics->setContext(0, session.capacity());
    return session;
}

std::vector<TokenId> Engine::promptTokens(const GenerationRequest& request) const {
    return encode(request, render(request).prompt);
}

GenerationResult Engine::generate(
    Session& session, const GenerationRequest& request, const GenerationSinks& sinks, std::stop_token stop) {
    checkSamplingParams(request.sampling);
    const Clock::time_point start = Clock::now();
    const RenderedChat rendered = render(request);
    const std::vector<TokenId> prompt = encode(request, rendered.prompt);
    if (prompt.empty())
        fail(ErrorCode::BadRequest, "There is nothing to continue: expected a message or some text, found neither");
    GenerationResult result;
    result.templateNotice = rendered.fallbackReason;
    result.promptTokens = static_cast<std::uint32_t>(prompt.size());
    result.seed = request.sampling.seed ? *request.sampling.seed : freshSeed();
    if (prompt.size() >= session.capacity()) {
        result.reason = StopReason::ContextFull;
        return result;
    }
    result.cachedTokens = reusePrefix(session, prompt);
    ReplyLoop reply(*m_passes, session, m_model->tokenizer(), request, sinks, result.seed);
    const Clock::time_point promptStart = Clock::now();
    const bool isRead =
        m_passes->readPrompt(session, std::span(prompt).subspan(result.cachedTokens), sinks.progress, stop);
    result.promptTime = Clock::now() - promptStart;
    if (!isRead) {
        result.reason = StopReason::Cancelled;
        return result;
    }
    reply.run(result, start, stop);
    result.logitsHash = hashOf(m_passes->logits(0));
    return result;
}

bool Engine::evaluate(Session& session, std::span<const TokenId> tokens,
    const std::function<void(std::uint32_t row, std::span<const float> logits)>& visit, std::stop_token stop) {
    if (tokens.size() > session.capacity())
        fail(ErrorCode::BadRequest, "{} tokens do not fit in a context of {}", formatCount(tokens.size()),
            formatCount(session.capacity()));
    reusePrefix(session, {});
    std::vector<std::uint32_t> rows(std::min(m_limits.maxTokens, m_limits.maxLogitRows));
    std::iota(rows.begin(), rows.end(), 0U);
    for (std::size_t done = 0; done < tokens.size();) {
        const std::size_t count = std::min(rows.size(), tokens.size() - done);
        if (!m_passes->readChunk(session, tokens.subspan(done, count), std::span(rows).first(count), stop))
            return false;
        for (std::uint32_t row = 0; row < count; ++row)
            visit(static_cast<std::uint32_t>(done) + row, m_passes->logits(row));
        done += count;
    }
    return true;
}

std::optional<std::vector<TokenId>> Engine::mostLikely(
    Session& session, std::span<const TokenId> tokens, std::uint32_t perPass, std::stop_token stop) {
    if (tokens.size() > session.capacity() - session.tokens().size())
        fail(ErrorCode::BadRequest, "{} more tokens do not fit in a context of {}", formatCount(tokens.size()),
            formatCount(session.capacity()));
    if (perPass == 0 || perPass > m_limits.maxLogitRows)
        fail(ErrorCode::BadRequest, "A pass: expected logits of 1 to {} tokens, found {}", m_limits.maxLogitRows,
            perPass);
    std::vector<std::uint32_t> rows(perPass);
    std::iota(rows.begin(), rows.end(), 0U);
    m_passes->setTopCount(1);
    std::vector<TokenId> best;
    while (best.size() < tokens.size()) {
        const std::size_t count = std::min<std::size_t>(perPass, tokens.size() - best.size());
        if (!m_passes->readChunk(session, tokens.subspan(best.size(), count), std::span(rows).first(count), stop))
            return std::nullopt;
        for (std::uint32_t row = 0; row < count; ++row)
            best.push_back(m_passes->topLogits(row).front().token);
    }
    return best;
}

std::uint32_t Engine::reusePrefix(Session& session, std::span<const TokenId> prompt) {
    const std::uint32_t reused = session.reusePrefix(prompt);
    m_metrics->setContext(reused, session.capacity());
    return reused;
}

RenderedChat Engine::render(const GenerationRequest& request) const {
    if (!request.rawTokens.empty())
        return {};
    if (!request.rawText.empty())
        return {.prompt = PromptText::fromPerson(request.rawText), .fallbackReason = {}};
    if (request.messages.empty())
        return {};
    if (request.continuesReply && request.messages.back().role != ChatRole::Assistant)
        fail(ErrorCode::BadRequest, "A reply to continue: expected the assistant's message last, found another");
    const auto messages = std::span(request.messages).first(request.messages.size() - (request.continuesReply ? 1 : 0));
    const Vocabulary& vocabulary = m_model->tokenizer().vocabulary();
    RenderedChat rendered = m_template.render(messages, {.bosText = textOf(vocabulary, vocabulary.bos),
                                                            .eosText = textOf(vocabulary, vocabulary.eos),
                                                            .today = today(),
                                                            .addGenerationPrompt = true});
    if (request.continuesReply)
        rendered.prompt.append(PromptText::fromPerson(request.messages.back().content));
    return rendered;
}

std::vector<TokenId> Engine::encode(const GenerationRequest& request, const PromptText& prompt) const {
    if (!request.rawTokens.empty())
        return request.rawTokens;
    if (prompt.empty())
        return {};
    return m_model->tokenizer().withBos(m_model->tokenizer().encode(prompt));
}

} // namespace strata
