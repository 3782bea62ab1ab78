// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/device_copies.h"

#include "cuda/runtime/check.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace strata::cuda {
namespace {

// Copies of this size were fastest on the machine of docs/measurements.md, and others get in between them.
constexpr std::size_t kStrideBytes = std::size_t(16) << 20U;

class RegisteredRange : public PinnedRange {
public:
    RegisteredRange(int device, std::byte* memory) : m_device(device), m_memory(memory) {}
    ~RegisteredRange() override {
        cudaSetDevice(m_device);
        cudaHostUnregister(m_memory); // a lost device has already let go of it
    }
    RegisteredRange(const RegisteredRange&) = delete;
    RegisteredRange& operator=(const RegisteredRange&) = delete;

private:
    int m_device;
    std::byte* m_memory;
};

std::chrono::nanoseconds timeBetween(const Event& begin, const Event& end) {
    float milliseconds = 0.0F;
    checkCuda(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()), "timing copies");
    return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(milliseconds) * 1e6));
}

} // namespace

DeviceCopies::DeviceCopies(int device, const Stream& compute, std::function<void()> startGathered)
    : m_device(device), m_compute(&compute), m_startGathered(std::move(startGathered)), m_stream(makeStream()) {
    for (TimedCopy& copy : m_copies)
        copy = {.begin = makeTimedEvent(), .end = makeAwaitedEvent()};
    for (Event& event : m_deviceEvents)
        event = makeAwaitedEvent();
}

DeviceCopies::~DeviceCopies() {
    cudaSetDevice(m_device);
    cudaStreamSynchronize(m_stream.get()); // a copy that failed has nobody left to be told
}

Fence DeviceCopies::copyIn(const Buffer& target, std::span<const CopyPiece> pieces) {
    checkCuda(cudaSetDevice(m_device), "using it");
    const TimedCopy& copy = copyAt(++m_copyCount);
    record(copy.begin, m_stream);
    for (const CopyPiece& piece : pieces) {
        assert(piece.offset + piece.source.size() <= target.byteCount());
        for (std::size_t done = 0; done < piece.source.size(); done += kStrideBytes) {
            const std::size_t count = std::min(kStrideBytes, piece.source.size() - done);
            checkCuda(cudaMemcpyAsync(target.data() + piece.offset + done, piece.source.data() + done, count,
                          cudaMemcpyHostToDevice, m_stream.get()),
                "copying weights");
        }
    }
    record(copy.end, m_stream);
    return {m_copyCount};
}

std::chrono::nanoseconds DeviceCopies::wait(Fence copied) {
    if (copied.value == 0)
        return {};
    checkCuda(cudaSetDevice(m_device), "using it");
    waitFor(copyAt(copied.value).end);
    std::chrono::nanoseconds busy{};
    const std::uint64_t oldest = m_copyCount - std::min<std::uint64_t>(m_copyCount, kEventCount - 1);
    for (m_countedCopies = std::max(m_countedCopies, oldest); m_countedCopies < copied.value;) {
        const TimedCopy& copy = copyAt(++m_countedCopies);
        busy += timeBetween(copy.begin, copy.end);
    }
    return busy;
}

void DeviceCopies::waitForDevice(Fence given) {
    if (given.value == 0)
        return;
    checkCuda(cudaSetDevice(m_device), "using it");
    waitFor(m_deviceEvents[given.value % kEventCount]);
}

Fence DeviceCopies::deviceFence() {
    m_startGathered();
    record(m_deviceEvents[++m_deviceCount % kEventCount], *m_compute);
    return {m_deviceCount};
}

void DeviceCopies::holdDevice(Fence copied) {
    if (copied.value == 0)
        return;
    m_startGathered();
    follow(*m_compute, copyAt(copied.value).end);
}

std::unique_ptr<PinnedRange> DeviceCopies::pin(std::span<std::byte> memory) {
    checkCuda(cudaSetDevice(m_device), "using it");
    if (cudaHostRegister(memory.data(), memory.size(), cudaHostRegisterPortable) == cudaSuccess)
        return std::make_unique<RegisteredRange>(m_device, memory.data());
    cudaGetLastError();
    return nullptr;
}

} // namespace strata::cuda
