// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/backend/copy_queue.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// One stretch of host memory for everything that rests or is staged there: in huge pages where the system has them,
// handed out piece by piece, and kept in place for the GPU. Touching the pages with all cores and pinning them
// afterwards takes a tenth of the time that allocating so much pinned memory at once does. Engine thread.
class HostArena {
public:
    HostArena(Backend& host, std::uint64_t byteCount); // throws Error (OutOfMemory)
    HostArena(const HostArena&) = delete;
    HostArena& operator=(const HostArena&) = delete;

    // A multiple of kSectorBytes, from such a multiple on; lasts as long as this.
    std::byte* take(std::uint64_t byteCount);

    // Makes the system find the pages now, by all cores: reads into them, and pinning, would do so one by one.
    // False: stop was requested.
    bool touch(const std::stop_token& stop);

    enum class Pinning { Done, Refused, Stopped };
    // Refused: copies still work, more slowly.
    Pinning pin(CopyQueue& copies, const std::stop_token& stop);
    std::uint64_t pinnedBytes() const { return m_pinnedBytes; }

private:
    Buffer m_memory;
    std::byte* m_begin = nullptr;
    std::uint64_t m_byteCount = 0;
    std::uint64_t m_pinnedBytes = 0;
    std::vector<std::uint64_t> m_ends; // of what was taken: a copy must not span two pinned ranges
    std::vector<std::unique_ptr<PinnedRange>> m_pinned; // goes before the memory
};

} // namespace strata
