// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"
#include "cuda/runtime/stream.h"

#include <array>
#include <cstdint>
#include <functional>

namespace strata::cuda {

// Copies to one GPU on a queue of their own, ordered against its verbs by events.
//
// Events are used again in a circle, longer than the number of blocks that a ring holds, and so than that of copies and
// uses that matter at once. A fence whose event has come round all the same stands for a later moment of the same
// queue.
class DeviceCopies : public CopyQueue {
public:
    // `startGathered` starts what the backend holds back; `compute` is its queue, and both must outlive this.
    DeviceCopies(int device, const Stream& compute, std::function<void()> startGathered);
    ~DeviceCopies() override;
    DeviceCopies(const DeviceCopies&) = delete;
    DeviceCopies& operator=(const DeviceCopies&) = delete;

    Fence copyIn(const Buffer& target, std::span<const CopyPiece> pieces) override;
    std::chrono::nanoseconds wait(Fence copied) override;
    void waitForDevice(Fence given) override;
    Fence deviceFence() override;
    void holdDevice(Fence copied) override;
    std::unique_ptr<PinnedRange> pin(std::span<std::byte> memory) override;

private:
    static constexpr std::size_t kEventCount = 64;
    struct TimedCopy {
        Event begin;
        Event end;
    };
    const TimedCopy& copyAt(std::uint64_t value) const { return m_copies[value % kEventCount]; }

    int m_device;
    const Stream* m_compute;
    std::function<void()> m_startGathered;
    Stream m_stream;
    // The copying thread's.
    std::array<TimedCopy, kEventCount> m_copies;
    std::uint64_t m_copyCount = 0;
    std::uint64_t m_countedCopies = 0; // whose time wait has given out
    // The engine thread's.
    std::array<Event, kEventCount> m_deviceEvents;
    std::uint64_t m_deviceCount = 0;
};

} // namespace strata::cuda
