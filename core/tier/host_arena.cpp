// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/host_arena.h"

#include "core/base/thread_pool.h"
#include "core/tier/block_source.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

constexpr std::uint64_t kStepBytes = 1 << 30;       // touched or pinned in a tenth of a second: then stop is asked for
constexpr std::uint64_t kWorthThreads = 64 << 20;   // less is touched sooner than threads are started
constexpr std::size_t kPageBytes = 4096;            // the smallest: of huge pages most of these writes are cheap
constexpr std::size_t kGrainBytes = std::size_t(2) << 20;

std::byte* alignUp(std::byte* address) {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    return address + ((value + kSectorBytes - 1) / kSectorBytes * kSectorBytes - value);
}

} // namespace

HostArena::HostArena(Backend& host, std::uint64_t byteCount)
    : m_memory(host.allocate(static_cast<std::size_t>(byteCount + kSectorBytes))) {
    assert(m_memory.isHost());
    m_begin = alignUp(m_memory.data());
}

std::byte* HostArena::take(std::uint64_t byteCount) {
    assert(byteCount % kSectorBytes == 0);
    std::byte* data = m_begin + m_byteCount;
    m_byteCount += byteCount;
    m_ends.push_back(m_byteCount);
    assert(data + byteCount <= m_memory.data() + m_memory.byteCount());
    return data;
}

bool HostArena::touch(const std::stop_token& stop) {
    if (m_byteCount < kWorthThreads)
        return !stop.stop_requested();
    ThreadPool pool(0);
    for (std::uint64_t done = 0; done < m_byteCount; done += kStepBytes) {
        if (stop.stop_requested())
            return false;
        std::byte* step = m_begin + done;
        const auto count = static_cast<std::size_t>(std::min(kStepBytes, m_byteCount - done));
        pool.parallelFor(count, kGrainBytes, [&](std::size_t begin, std::size_t end, unsigned) {
            for (std::size_t at = begin; at < end; at += kPageBytes)
                *const_cast<volatile std::byte*>(step + at) = std::byte(0);
        });
    }
    return true;
}

HostArena::Pinning HostArena::pin(CopyQueue& copies, const std::stop_token& stop) {
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < m_ends.size(); ++i) {
        const bool isLast = i + 1 == m_ends.size();
        if (m_ends[i] == begin || (!isLast && m_ends[i] - begin < kStepBytes))
            continue;
        if (stop.stop_requested())
            return Pinning::Stopped;
        auto pinned = copies.pin(std::span(m_begin + begin, m_ends[i] - begin));
        if (pinned == nullptr)
            return Pinning::Refused;
        m_pinned.push_back(std::move(pinned));
        m_pinnedBytes += m_ends[i] - begin;
        begin = m_ends[i];
    }
    return Pinning::Done;
}

} // namespace strata
