// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/device_backend.h"

#include "core/base/error.h"
#include "cuda/device_copies.h"
#include "cuda/pass_verbs.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace strata::cuda {
namespace {

static_assert(kTopLogitCount == kMaxTopLogits);

CudaActivations& own(Activations& activations) {
    return static_cast<CudaActivations&>(activations);
}

const CudaActivations& own(const Activations& activations) {
    return static_cast<const CudaActivations&>(activations);
}

cudaError_t tryContext(int device) {
    const cudaError_t status = cudaSetDevice(device);
    return status == cudaSuccess ? cudaDeviceSynchronize() : status;
}

// A context in which a computation failed stays broken. It is made anew where the driver allows that: nothing else
// lives in it any more, and what the lost one held was released before, since an address may come again.
void openContext(int device) {
    const cudaError_t status = tryContext(device);
    if (status == cudaSuccess)
        return;
    int current = -1;
    if (cudaGetDevice(&current) == cudaSuccess && current == device)
        cudaDeviceReset(); // of the current device, which must be this one
    cudaGetLastError();
    const cudaError_t again = tryContext(device);
    if (again != cudaSuccess && again != status)
        fail(ErrorCode::Device,
            "GPU, opening it: a computation on it failed before ({}), and it cannot be used until "
            "Strata is started again",
            cudaGetErrorName(status));
    checkCuda(again, "opening it");
}

// From now on, logits are those of this pass.
void noteHead(std::span<const PassCommand> started, CudaActivations& activations) {
    const auto isHead = [](const PassCommand& command) { return command.verb == Verb::Head; };
    if (std::any_of(started.begin(), started.end(), isHead))
        activations.headRowCount = activations.shape.logitRowCount;
}

// Commands are started once: where that fails the pass is lost, and is not tried again. Keeps their memory.
class ClearedAfterwards {
public:
    explicit ClearedAfterwards(std::vector<PassCommand>& commands) : m_commands(commands) {}
    ~ClearedAfterwards() { m_commands.clear(); }
    ClearedAfterwards(const ClearedAfterwards&) = delete;
    ClearedAfterwards& operator=(const ClearedAfterwards&) = delete;

private:
    std::vector<PassCommand>& m_commands;
};

Buffer ownedBuffer(std::byte* data, std::size_t byteCount, bool isHost, int device) {
    return Buffer(data, byteCount, isHost, [device, isHost](std::byte* memory) {
        cudaSetDevice(device);
        isHost ? releasePinned(memory) : releaseDevice(memory);
    });
}

} // namespace

DeviceBackend::DeviceBackend(int device, DeviceInfo info) : m_device(device), m_info(std::move(info)) {
    openContext(device);
    m_stream = makeStream();
    m_launch = launchOn(device, m_stream.get());
    m_copies = std::make_unique<StagedCopies>(m_stream);
    for (Event& event : m_blocksInFlight)
        event = makeEvent();
}

DeviceBackend::~DeviceBackend() {
    cudaSetDevice(m_device); // members give back what they hold of this GPU
}

MemoryState DeviceBackend::memory() const {
    use();
    std::size_t freeBytes = 0;
    std::size_t totalBytes = 0;
    checkCuda(cudaMemGetInfo(&freeBytes, &totalBytes), "asking for its free memory");
    return {.totalBytes = totalBytes,
        .freeBytes = freeBytes,
        .reserveBytes = std::min<std::uint64_t>(kGpuReserveBytes, freeBytes / 2)};
}

Buffer DeviceBackend::allocate(std::size_t byteCount) {
    use();
    Buffer buffer = ownedBuffer(allocateDevice(byteCount), byteCount, false, m_device);
    // Kernels read in whole words, past the end of a tensor and in rows of a cache that hold nothing yet.
    checkCuda(cudaMemsetAsync(buffer.data(), 0, byteCount, m_stream.get()), "clearing memory");
    return buffer;
}

Buffer DeviceBackend::allocateStaging(std::size_t byteCount) {
    use();
    return ownedBuffer(allocatePinned(byteCount), byteCount, true, m_device);
}

void DeviceBackend::copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) {
    assert(offset + source.size() <= target.byteCount());
    startOpen();
    m_copies->upload(target.data() + offset, source);
}

void DeviceBackend::copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) {
    assert(offset + target.size() <= source.byteCount());
    startOpen();
    m_copies->download(target, source.data() + offset);
}

void DeviceBackend::copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) {
    assert(to + byteCount <= buffer.byteCount() && from + byteCount <= buffer.byteCount());
    startOpen();
    const auto copy = [&](std::size_t target, std::size_t source, std::size_t count) {
        checkCuda(cudaMemcpyAsync(
                      buffer.data() + target, buffer.data() + source, count, cudaMemcpyDeviceToDevice, m_stream.get()),
            "moving");
    };
    const std::size_t distance = to > from ? to - from : from - to;
    if (distance == 0 || byteCount == 0)
        return;
    // Pieces no longer than the distance do not overlap; the order keeps a piece from being overwritten unread.
    for (std::size_t done = 0; done < byteCount;) {
        const std::size_t count = std::min(distance, byteCount - done);
        const std::size_t at = to < from ? done : byteCount - done - count;
        copy(to + at, from + at, count);
        done += count;
    }
}

std::unique_ptr<CopyQueue> DeviceBackend::makeCopyQueue() {
    use();
    return std::make_unique<DeviceCopies>(m_device, m_stream, [this] { startOpen(); });
}

std::uint64_t DeviceBackend::activationBytes(const ModelSpec& spec, const PassLimits& limits) const {
    return ActivationLayout(spec, limits, m_launch).total;
}

std::unique_ptr<Activations> DeviceBackend::makeActivations(const ModelSpec& spec, const PassLimits& limits) {
    use();
    return std::make_unique<CudaActivations>(spec, limits, m_launch, m_open);
}

void DeviceBackend::beginPass(const Pass& pass, Activations& activations) {
    use();
    CudaActivations& a = own(activations);
    a.begin(pass);
    m_open = &a;
    m_copies->upload(a.at<std::byte>(a.layout.state), a.packState(pass));
}

void DeviceBackend::endPass([[maybe_unused]] Activations& activations) {
    assert(m_open == &activations);
    startOpen(true);
    m_open = nullptr;
}

void DeviceBackend::abandonPass(Activations& activations) noexcept {
    own(activations).commands.clear();
    m_open = nullptr;
}

void DeviceBackend::wait() {
    startOpen();
    waitFor(m_stream);
}

void DeviceBackend::embed(const BlockWeights& weights, const Pass&, Activations& activations) {
    take({.verb = Verb::Embed, .weights = weights}, activations);
}

void DeviceBackend::projectQkv(const BlockWeights& weights, const Pass&, Activations& activations) {
    take({.verb = Verb::ProjectQkv, .weights = weights}, activations);
    own(activations).hasRotated = false;
}

void DeviceBackend::attend(const KvLayer& cache, const Pass&, Activations& activations) {
    CudaActivations& a = own(activations);
    take({.verb = Verb::Attend,
             .cache = cache,
             .rotates = !a.hasRotated,
             .preparesAngles = !a.hasRotated && !a.hasAngles},
        a);
    a.hasAngles = a.hasAngles || !a.hasRotated;
    a.hasRounded = roundsAttended(a, cache);
}

void DeviceBackend::projectOutput(const BlockWeights& weights, const Pass&, Activations& activations) {
    take({.verb = Verb::ProjectOutput, .weights = weights, .takesRounded = own(activations).hasRounded}, activations);
    own(activations).hasRounded = false;
}

void DeviceBackend::feedForward(const BlockWeights& weights, const Pass&, Activations& activations) {
    take({.verb = Verb::FeedForward, .weights = weights}, activations);
}

void DeviceBackend::head(const BlockWeights& weights, const Pass&, Activations& activations) {
    take({.verb = Verb::Head, .weights = weights}, activations);
}

void DeviceBackend::readPart(const Activations& activations, ActivationPart part, std::span<float> rows) {
    startOpen();
    const CudaActivations& a = own(activations);
    if ((part == ActivationPart::Query || part == ActivationPart::Key) && m_open == &a && !a.hasRotated) {
        launchRotation(m_launch, *m_open);
        m_open->hasRotated = true;
    }
    m_copies->download(std::as_writable_bytes(rows), reinterpret_cast<const std::byte*>(a.rows(part)));
}

void DeviceBackend::writePart(Activations& activations, ActivationPart part, std::span<const float> rows) {
    startOpen();
    CudaActivations& a = own(activations);
    m_copies->upload(reinterpret_cast<std::byte*>(a.rows(part)), std::as_bytes(rows));
    if (part == ActivationPart::Query || part == ActivationPart::Key)
        a.hasRotated = true; // whoever computed them has
    if (part == ActivationPart::Attended)
        a.hasRounded = false;
}

void DeviceBackend::readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) {
    startOpen();
    const CudaActivations& a = own(activations);
    assert(row < a.headRowCount && logits.size() == a.vocabularySize);
    const float* source = a.at(a.layout.logits) + std::size_t(row) * a.vocabularySize;
    m_copies->download(std::as_writable_bytes(logits), reinterpret_cast<const std::byte*>(source));
}

void DeviceBackend::readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) {
    startOpen();
    const CudaActivations& a = own(activations);
    assert(row < a.headRowCount && best.size() <= std::min(kTopLogitCount, a.vocabularySize));
    const TopLogit* chosen = a.topLogits.as<TopLogit>();
    if (a.headRowCount <= kFewTokens)
        chosen += std::size_t(row) * kTopLogitCount; // the pass itself chose
    else
        selectTopLogits(m_launch, a.at(a.layout.logits) + std::size_t(row) * a.vocabularySize, 1, a.vocabularySize,
            a.at<std::byte>(a.layout.topScratch), a.topLogits.as<TopLogit>());
    waitFor(m_stream);
    std::transform(chosen, chosen + best.size(), best.begin(),
        [](const TopLogit& top) { return TokenLogit{.token = TokenId(top.token), .logit = top.logit}; });
}

void DeviceBackend::use() const {
    checkCuda(cudaSetDevice(m_device), "using it");
}

// Only what a whole pass left gathered is worth a graph. Stretches between blocks that come over the link are many, and
// the link sets their pace.
void DeviceBackend::startOpen(bool asGraph) {
    use();
    if (m_open == nullptr || m_open->commands.empty())
        return;
    CudaActivations& a = *m_open;
    const ClearedAfterwards cleared(a.commands);
    const auto launchAll = [&] {
        for (const PassCommand& command : a.commands)
            launchCommand(m_launch, command, a);
    };
    if (asGraph)
        a.graphs.run(a.shape, a.commands, m_stream, launchAll);
    else
        launchAll();
    noteHead(a.commands, a);
}

void DeviceBackend::take(const PassCommand& command, Activations& activations) {
    CudaActivations& a = own(activations);
    assert(m_open == &a);
    if (a.shape.tokenCount <= kFewTokens) {
        a.commands.push_back(command);
        return;
    }
    use();
    launchCommand(m_launch, command, a);
    noteHead(std::span(&command, 1), a);
    if (command.verb == Verb::ProjectOutput || command.verb == Verb::FeedForward)
        keepPace();
}

void DeviceBackend::keepPace() {
    Event& oldest = m_blocksInFlight[m_nextBlock];
    m_nextBlock = (m_nextBlock + 1) % m_blocksInFlight.size();
    waitFor(oldest);
    record(oldest, m_stream);
}

} // namespace strata::cuda
