// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace strata {

// What one wire has carried. Monotonic totals.
struct WireTotals {
    std::uint64_t bytes = 0; // of weights
    // While it carried them. Link and disk: measured there. Host: while the CPU computed blocks, with the exchanges
    // before and behind them. GPU memory: the rest of each pass, which is more than its reads alone.
    std::uint64_t busyNanoseconds = 0;
    std::uint64_t waitNanoseconds = 0; // that passes stood still for it: link and disk
};

// Monotonic totals since the engine was made. Rates are the reader's business: two snapshots and a clock.
struct MetricsSnapshot {
    std::uint64_t promptTokens = 0;    // computed, not taken from the cache
    std::uint64_t generatedTokens = 0; // by decode passes: the first of each reply comes from its prompt
    std::uint64_t promptNanoseconds = 0;
    std::uint64_t decodeNanoseconds = 0;
    std::uint64_t weightBytesRead = 0; // by executors
    std::uint64_t passes = 0;          // that were finished
    std::array<WireTotals, kWireCount> wires = {};
    std::uint32_t contextUsed = 0;     // rows of the current conversation: a level, not a total
    std::uint32_t contextCapacity = 0; // rows: a level
    std::uint64_t pinnedBytes = 0;     // of RAM, kept in place for the GPU's copies: a level

    WireTotals& wire(Wire which) { return wires[static_cast<std::size_t>(which)]; }
    const WireTotals& wire(Wire which) const { return wires[static_cast<std::size_t>(which)]; }
};

// The one core object that engine and GUI threads share. Every call is a struct copy under a lock, or one atomic
// number.
class Metrics {
public:
    MetricsSnapshot snapshot() const;
    void add(const MetricsSnapshot& increments); // of the totals; the levels in it are ignored
    void setContext(std::uint32_t used, std::uint32_t capacity);
    void setPinned(std::uint64_t bytes);

    // Nanoseconds of the last finished pass from the start of each block to the start of the next, one a block of the
    // model. A GPU that works on by itself is seen where the pass waits for it.
    void setBlockTimes(std::span<const std::uint64_t> nanoseconds);
    void readBlockTimes(std::vector<std::uint64_t>& nanoseconds) const; // empty before the first pass

    // Which block of the model a pass is at, or was at last.
    void setBlockAtWork(std::uint32_t block) { m_blockAtWork.store(block, std::memory_order_relaxed); }
    std::optional<std::uint32_t> blockAtWork() const; // nullopt before the first pass

private:
    static constexpr std::uint32_t kNoBlock = 0xffffffff;

    std::atomic<std::uint32_t> m_blockAtWork = kNoBlock;
    mutable std::mutex m_mutex;
    MetricsSnapshot m_totals;
    std::vector<std::uint64_t> m_blockTimes;
};

} // namespace strata
