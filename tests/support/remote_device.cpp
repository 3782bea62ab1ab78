// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/remote_device.h"

#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "tests/support/task_queue.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

namespace strata {
namespace {

constexpr std::size_t kGatheredTokens = 8; // longer passes start verb by verb
constexpr int kRubbish = 0xD7;

bool isDue(std::atomic<std::int64_t>& left) {
    return left >= 0 && left-- == 0;
}

// A pass that outlives its caller's spans.
struct OwnPass {
    std::vector<TokenId> tokens;
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> visible;
    std::vector<std::uint32_t> logitRows;
    Pass pass;

    explicit OwnPass(const Pass& source)
        : tokens(source.tokens.begin(), source.tokens.end()),
          positions(source.positions.begin(), source.positions.end()),
          visible(source.visible.begin(), source.visible.end()),
          logitRows(source.logitRows.begin(), source.logitRows.end()), pass(source) {
        pass.tokens = tokens;
        pass.positions = positions;
        pass.visible = visible;
        pass.logitRows = logitRows;
    }
};

class RemoteActivations : public Activations {
public:
    RemoteActivations(std::unique_ptr<Activations> activations, TaskQueue& stream)
        : inner(std::move(activations)), m_stream(stream) {}
    ~RemoteActivations() override { m_stream.finish(); }

    std::unique_ptr<Activations> inner;

private:
    TaskQueue& m_stream;
};

class PinCount : public PinnedRange {
public:
    PinCount(std::shared_ptr<RemoteWorld> world, std::uint64_t bytes) : m_world(std::move(world)), m_bytes(bytes) {
        m_world->pinnedBytes += bytes;
    }
    ~PinCount() override { m_world->pinnedBytes -= m_bytes; }
    PinCount(const PinCount&) = delete;
    PinCount& operator=(const PinCount&) = delete;

private:
    std::shared_ptr<RemoteWorld> m_world;
    std::uint64_t m_bytes;
};

class RemoteCopies : public CopyQueue {
public:
    RemoteCopies(TaskQueue& device, std::function<void()> startGathered, std::shared_ptr<RemoteWorld> world)
        : m_device(device), m_startGathered(std::move(startGathered)), m_world(std::move(world)) {}

    Fence copyIn(const Buffer& target, std::span<const CopyPiece> pieces) override {
        std::uint64_t point = 0;
        for (const CopyPiece& piece : pieces)
            point = m_copies.add([this, to = target.data() + piece.offset, source = piece.source] {
                ++m_world->copyCount;
                if (isDue(m_world->copiesLeft))
                    fail(ErrorCode::Device, "The test device failed to copy, as planned");
                std::memset(to, kRubbish, source.size());
                std::memcpy(to, source.data(), source.size());
            });
        return {point};
    }
    std::chrono::nanoseconds wait(Fence copied) override {
        m_copies.wait(copied.value);
        return std::chrono::nanoseconds(1);
    }
    void waitForDevice(Fence given) override { m_device.wait(given.value); }
    Fence deviceFence() override {
        m_startGathered();
        return {m_device.added()};
    }
    void holdDevice(Fence copied) override {
        m_startGathered();
        m_device.add([this, copied] { m_copies.wait(copied.value); });
    }
    std::unique_ptr<PinnedRange> pin(std::span<std::byte> memory) override {
        if (isDue(m_world->pinsLeft))
            return nullptr;
        return std::make_unique<PinCount>(m_world, memory.size());
    }

private:
    TaskQueue& m_device;
    std::function<void()> m_startGathered;
    std::shared_ptr<RemoteWorld> m_world;
    TaskQueue m_copies;
};

class RemoteDevice : public Backend {
public:
    explicit RemoteDevice(std::shared_ptr<RemoteWorld> world)
        : m_world(std::move(world)), m_inner(cpuBackend(1).open()), m_info(m_inner->info()) {
        m_info.id = "test:0";
        m_info.kind = DeviceKind::Gpu;
        m_info.name = "Test device";
    }

    const DeviceInfo& info() const override { return m_info; }
    MemoryState memory() const override {
        const std::uint64_t total = m_world->totalBytes;
        const std::uint64_t live = m_world->liveBytes;
        return {.totalBytes = total, .freeBytes = total - std::min(total, live), .reserveBytes = 0};
    }

    Buffer allocate(std::size_t byteCount) override {
        if (byteCount > memory().freeBytes)
            fail(ErrorCode::OutOfMemory, "The test device has no memory left");
        auto buffer = std::make_shared<Buffer>(m_inner->allocate(byteCount));
        m_world->liveBytes += byteCount;
        ++m_world->liveCount;
        std::byte* data = buffer->data();
        m_stream->add([buffer] { std::memset(buffer->data(), kRubbish, buffer->byteCount()); });
        return Buffer(data, byteCount, false, [this, world = m_world, buffer](std::byte*) mutable {
            m_stream->add([buffer] {}); // goes when what was begun is done
            world->liveBytes -= buffer->byteCount();
            --world->liveCount;
            buffer.reset();
        });
    }
    Buffer allocateStaging(std::size_t byteCount) override { return m_inner->allocateStaging(byteCount); }

    void copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) override {
        runNow([&] { m_inner->copyIn(target, offset, source); });
    }
    void copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) override {
        runNow([&] { m_inner->copyOut(target, source, offset); });
    }
    void copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) override {
        runNow([&] { m_inner->copyWithin(buffer, to, from, byteCount); });
    }
    std::unique_ptr<CopyQueue> makeCopyQueue() override {
        return std::make_unique<RemoteCopies>(*m_stream, [this] { startGathered(); }, m_world);
    }

    std::uint64_t activationBytes(const ModelSpec& spec, const PassLimits& limits) const override {
        return m_inner->activationBytes(spec, limits);
    }
    std::unique_ptr<Activations> makeActivations(const ModelSpec& spec, const PassLimits& limits) override {
        return std::make_unique<RemoteActivations>(m_inner->makeActivations(spec, limits), *m_stream);
    }

    void beginPass(const Pass& pass, Activations&) override {
        m_gathered.clear();
        m_pass = std::make_shared<OwnPass>(pass);
    }
    void endPass(Activations&) override { startGathered(); }
    void abandonPass(Activations&) noexcept override { m_gathered.clear(); }
    void wait() override {
        startGathered();
        m_stream->waitForAll();
    }

    void embed(const BlockWeights& weights, const Pass&, Activations& activations) override {
        gather(activations, [this, weights](const Pass& pass, Activations& a) { m_inner->embed(weights, pass, a); });
    }
    void projectQkv(const BlockWeights& weights, const Pass&, Activations& activations) override {
        gather(
            activations, [this, weights](const Pass& pass, Activations& a) { m_inner->projectQkv(weights, pass, a); });
    }
    void attend(const KvLayer& cache, const Pass&, Activations& activations) override {
        gather(activations, [this, cache](const Pass& pass, Activations& a) { m_inner->attend(cache, pass, a); });
    }
    void projectOutput(const BlockWeights& weights, const Pass&, Activations& activations) override {
        gather(activations,
            [this, weights](const Pass& pass, Activations& a) { m_inner->projectOutput(weights, pass, a); });
    }
    void feedForward(const BlockWeights& weights, const Pass&, Activations& activations) override {
        gather(
            activations, [this, weights](const Pass& pass, Activations& a) { m_inner->feedForward(weights, pass, a); });
    }
    void head(const BlockWeights& weights, const Pass&, Activations& activations) override {
        gather(activations, [this, weights](const Pass& pass, Activations& a) { m_inner->head(weights, pass, a); });
    }

    void readPart(const Activations& activations, ActivationPart part, std::span<float> rows) override {
        runNow([&] { m_inner->readPart(innerOf(activations), part, rows); });
    }
    void writePart(Activations& activations, ActivationPart part, std::span<const float> rows) override {
        runNow([&] { m_inner->writePart(innerOf(activations), part, rows); });
    }
    void readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) override {
        runNow([&] { m_inner->readLogits(innerOf(activations), row, logits); });
    }
    void readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) override {
        runNow([&] { m_inner->readTopLogits(innerOf(activations), row, best); });
    }

private:
    static Activations& innerOf(const Activations& activations) {
        return *static_cast<const RemoteActivations&>(activations).inner;
    }

    template <typename Verb>
    void gather(Activations& activations, Verb verb) {
        m_gathered.push_back(
            [verb = std::move(verb), pass = m_pass, &inner = innerOf(activations)] { verb(pass->pass, inner); });
        if (m_pass->tokens.size() > kGatheredTokens)
            startGathered();
    }
    void startGathered() {
        for (std::function<void()>& verb : m_gathered)
            m_stream->add(std::move(verb));
        m_gathered.clear();
    }
    template <typename Body>
    void runNow(const Body& body) {
        startGathered();
        m_stream->add(body);
        m_stream->waitForAll();
    }

    std::shared_ptr<RemoteWorld> m_world;
    std::unique_ptr<Backend> m_inner; // the stream's thread computes with it
    DeviceInfo m_info;
    std::shared_ptr<OwnPass> m_pass;
    std::vector<std::function<void()>> m_gathered;
    std::unique_ptr<TaskQueue> m_stream = std::make_unique<TaskQueue>(); // goes first
};

} // namespace

BackendChoice remoteDevice(std::shared_ptr<RemoteWorld> world) {
    DeviceInfo info = RemoteDevice(world).info();
    info.totalBytes = info.freeBytes = world->totalBytes;
    return {.info = info, .open = [world] { return std::make_unique<RemoteDevice>(world); }};
}

} // namespace strata
