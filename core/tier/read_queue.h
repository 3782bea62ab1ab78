// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace strata {

// One read as the kernel is asked for it.
struct RawRead {
    int descriptor = -1;
    std::uint64_t offset = 0;
    std::span<std::byte> target;
    bool mayBlock = false;  // it is likely to copy or to sleep while being started: another thread should start it
    std::uint32_t slot = 0; // which of the reads in flight
};

// How it ended: bytes read, 0 at the end of the file, or a negative errno.
struct RawResult {
    std::uint32_t slot = 0;
    std::int64_t bytes = 0;
};

// Reads under way, asked of the kernel in one of two ways. Used by DriveReader alone and as it says: one thread at a
// time. Destruction returns when the kernel writes into no target any more.
class ReadQueue {
public:
    ReadQueue() = default;
    virtual ~ReadQueue() = default;
    ReadQueue(const ReadQueue&) = delete;
    ReadQueue& operator=(const ReadQueue&) = delete;

    virtual void submit(const RawRead& read) = 0;                 // throws Error (Io), then nothing is under way
    virtual RawResult wait() = 0;                                 // for any of those under way
    virtual bool registerMemory(std::span<std::byte> memory) = 0; // false: refused; it is only speed
};

// By io_uring, up to `depth` at a time. Null where the system refuses it, as containers do, with the system's reason.
std::unique_ptr<ReadQueue> makeUringReads(std::uint32_t depth, std::string& refusal);

// By pread, one after the other, in wait(): no read is under way outside of it.
std::unique_ptr<ReadQueue> makePlainReads();

} // namespace strata
