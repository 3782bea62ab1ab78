// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/load_plan.h"
#include "core/engine/reply_loop.h"
#include "core/sample/sampler.h"
#include "core/tier/typical_profile.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <random>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

MemoryRoom roomOf(const Backend& device, const ModelSpec& spec, std::uint64_t givenBack) {
    MemoryRoom room{.memory = device.memory(),
        .scratchBytes = [&device, &spec](const PassLimits& limits) { return device.activationBytes(spec, limits); }};
    room.memory.freeBytes = std::min(room.memory.totalBytes, room.memory.freeBytes + givenBack);
    return room;
}

// Figures that know no GPU can't plan for one.
MachineProfile profileFor(const LoadRequest& request, const Backend* gpu, const Backend* host) {
    if (request.profile != nullptr && (gpu == nullptr || request.profile->hasGpu()))
        return *request.profile;
    return typicalProfile(host != nullptr ? host->info() : DeviceInfo(),
        gpu != nullptr ? std::optional(gpu->info()) : std::nullopt);
}

LoadSubject subjectOf(const Model& model) {
    return {model.file().path().string(), model.spec(), model.blocks()};
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

// What passes between two readings of the totals took, with `whole` of them as the runner of passes counted it.
PassTimes timesBetween(const MetricsSnapshot& before, const MetricsSnapshot& after, std::uint64_t whole) {
    const auto since = [&](Wire wire, std::uint64_t WireTotals::*count) {
        return after.wire(wire).*count - before.wire(wire).*count;
    };
    const auto time = [](std::uint64_t count) {
        return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(count));
    };
    PassTimes times{.whole = time(whole),
        .gpu = time(since(Wire::Vram, &WireTotals::busyNanoseconds)),
        .cpu = time(since(Wire::Host, &WireTotals::busyNanoseconds)),
        .linkWait = time(since(Wire::Link, &WireTotals::waitNanoseconds)),
        .diskWait = time(since(Wire::Disk, &WireTotals::waitNanoseconds)),
        .passes = after.passes - before.passes};
    for (std::size_t i = 0; i < kWireCount; ++i)
        times.bytes[i] = since(static_cast<Wire>(i), &WireTotals::bytes);
    return times;
}

// FNV-1a, 64 bits, over the bytes of the numbers (Fowler, Noll, Vo).
std::uint64_t hashOf(std::span<const float> logits) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const std::byte byte : std::as_bytes(logits))
        hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3U;
    return hash;
}

} // namespace

Engine::Opened Engine::open(const EngineDevices& devices) {
    Opened opened;
    auto main = devices.main.open();
    const bool isGpu = main->info().kind == DeviceKind::Gpu;
    (isGpu ? opened.gpu : opened.host) = std::move(main);
    if (isGpu && devices.host)
        opened.host = devices.host->open();
    return opened;
}

void Engine::checkLoad(const LoadRequest& request, const EngineDevices& devices, const Engine& leaving) {
    const Model model(request.path);
    const LoadSubject subject = subjectOf(model);
    const Opened& held = leaving.m_devices;
    const bool isSameMain = leaving.device().id == devices.main.info.id;
    Opened opened; // what the leaving engine does not have open itself
    if (!isSameMain)
        opened = open({devices.main});
    const Backend* gpu = isSameMain ? held.gpu.get() : opened.gpu.get();
    if (held.host == nullptr && opened.host == nullptr && devices.host)
        opened.host = devices.host->open();
    const Backend* host = held.host ? held.host.get() : opened.host.get();
    std::optional<MemoryRoom> vram;
    if (gpu != nullptr)
        vram = roomOf(*gpu, model.spec(), isSameMain ? leaving.heldBytes(*gpu) : 0);
    const MemoryRoom ram =
        host != nullptr ? roomOf(*host, model.spec(), held.host ? leaving.heldBytes(*host) : 0) : MemoryRoom();
    planLoad(request, subject, vram, ram, profileFor(request, gpu, host));
}

std::unique_ptr<Engine> Engine::load(
    const LoadRequest& request, const EngineDevices& devices, const LoadProgressSink& progress, std::stop_token stop) {
    auto model = std::make_shared<const Model>(request.path);
    if (stop.stop_requested())
        return nullptr;
    std::unique_ptr<Engine> engine(new Engine(std::move(model), open(devices)));
    return engine->fill(request, progress, stop) ? std::move(engine) : nullptr;
}

Engine::Engine(std::shared_ptr<const Model> model, Opened devices)
    : m_model(std::move(model)), m_devices(std::move(devices)), m_template(m_model->chatTemplate()),
      m_metrics(std::make_shared<Metrics>()) {}

Engine::~Engine() = default;

bool Engine::fill(const LoadRequest& request, const LoadProgressSink& progress, const std::stop_token& stop) {
    std::optional<MemoryRoom> vram;
    if (m_devices.gpu)
        vram = roomOf(*m_devices.gpu, m_model->spec(), 0);
    const MemoryRoom ram = m_devices.host ? roomOf(*m_devices.host, m_model->spec(), 0) : MemoryRoom();
    WeightPlan weights{.plan = {}, .profile = profileFor(request, m_devices.gpu.get(), m_devices.host.get())};
    LoadPlan load = planLoad(request, subjectOf(*m_model), vram, ram, weights.profile);
    m_limits = load.limits;
    weights.plan = std::move(load.plan);
    weights.gpu = m_devices.gpu.get();
    if (m_devices.gpu && weights.plan.blocksIn(Tier::Vram) == weights.plan.blocks.size())
        m_devices.host.reset(); // nothing is left for it to do
    weights.host = m_devices.host.get();
    weights.metrics = m_metrics;
    m_weights = WeightStore::open(*m_model, std::move(weights), progress, stop);
    if (m_weights == nullptr || stop.stop_requested())
        return false;
    m_passes.emplace(*m_model, *m_weights, m_limits, m_metrics);
    return true;
}

std::uint64_t Engine::heldBytes(const Backend& device) const {
    const Plan& plan = m_weights->plan();
    const bool isGpu = &device == m_devices.gpu.get();
    std::uint64_t bytes = isGpu ? plan.vramBytes() : plan.ramBytes();
    bytes += device.activationBytes(m_model->spec(), m_limits);
    if (&device == &attending())
        bytes += KvCache::byteCount(m_model->spec(), m_limits.contextTokens, m_limits.cacheType);
    return bytes;
}

Forecast Engine::forecast(std::uint32_t promptTokens) const {
    return strata::forecast(m_weights->plan(), m_weights->profile(),
        {.promptTokens = promptTokens, .chunkTokens = m_limits.maxTokens}, m_weights->pace());
}

Session Engine::newSession() {
    Session session(KvCache(attending(), m_model->spec(), m_limits.contextTokens, m_limits.cacheType));
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
    const MetricsSnapshot before = m_metrics->snapshot();
    ReplyLoop reply(*m_passes, session, m_model->tokenizer(), request, sinks, result.seed);
    const Clock::time_point promptStart = Clock::now();
    const bool isRead =
        m_passes->readPrompt(session, std::span(prompt).subspan(result.cachedTokens), sinks.progress, stop);
    result.promptTime = Clock::now() - promptStart;
    const MetricsSnapshot read = m_metrics->snapshot();
    result.times.prompt = timesBetween(before, read, read.promptNanoseconds - before.promptNanoseconds);
    if (isRead) {
        reply.run(result, start, stop);
        const MetricsSnapshot written = m_metrics->snapshot();
        result.times.decode = timesBetween(read, written, written.decodeNanoseconds - read.decodeNanoseconds);
        result.logitsHash = hashOf(m_passes->logits(0));
    } else {
        result.reason = StopReason::Cancelled;
    }
    result.times.whole = Clock::now() - start;
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
