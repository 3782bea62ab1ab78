// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/buffer.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace strata {

// A moment in what a device, or a queue of copies, was given to do. 0: the beginning, which is always past.
struct Fence {
    std::uint64_t value = 0;
};

// Bytes of the host on their way into a Buffer.
struct CopyPiece {
    std::size_t offset = 0; // in the target
    std::span<const std::byte> source;
};

// Memory of the host that stays in place, so that a device copies from it at the link's full speed. Gives that up when
// destroyed, which must be before the memory itself goes and after the copies from it.
class PinnedRange {
public:
    virtual ~PinnedRange() = default;
};

// Copies from host memory into the memory of one device, in the order they are given, beside the verbs of its Backend.
// Two threads share it, and fences carry the order from one to the other:
//
//     copying thread    copyIn .... copied fence ------.            .---> waitForDevice, copyIn into the same place
//     engine thread                               holdDevice, verbs, deviceFence
//
// Memory just allocated may still be cleared by the device: the first copy into it comes after waitForDevice.
// Errors: Error (Device). A copy that fails may show only in `wait`, or in the Backend's wait once it was held for it.
// Must go before its Backend does.
class CopyQueue {
public:
    virtual ~CopyQueue() = default; // waits for the copies that were started

    // --- The copying thread.
    // Sources must stay as they are until the copies are done. From memory that is not pinned they take longer, and may
    // hold up the caller.
    virtual Fence copyIn(const Buffer& target, std::span<const CopyPiece> pieces) = 0;
    // Waits until these copies, and so all before them, are done. Returns how long the link was busy with those that no
    // earlier wait has counted.
    virtual std::chrono::nanoseconds wait(Fence copied) = 0;
    virtual void waitForDevice(Fence given) = 0; // until the device has done what deviceFence stands for

    // --- The engine thread.
    virtual Fence deviceFence() = 0;           // everything the device was given so far; starts what is gathered
    virtual void holdDevice(Fence copied) = 0; // what the device is given from here on waits for these copies

    // --- Any thread. Null: the system refuses to keep so much in place.
    virtual std::unique_ptr<PinnedRange> pin(std::span<std::byte> memory) = 0;
};

} // namespace strata
