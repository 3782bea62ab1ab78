// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/block_place.h"
#include "core/tier/block_ring.h"
#include "core/tier/block_source.h"
#include "core/tier/metrics.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Reads the blocks that rest on disk into a ring in host memory, ahead of whoever uses them, with reads of several
// blocks in flight at once. One thread, which `run` takes until it is stopped. Private to core/tier.
class DiskFeeder {
public:
    // All must outlive this. `memory`: of the ring, from a multiple of kSectorBytes on. `metrics` may be null.
    DiskFeeder(BlockRing& ring, BlockSource* source, std::span<const BlockPlace> places, std::span<std::byte> memory,
        Metrics* metrics)
        : m_ring(ring), m_source(source), m_places(places), m_memory(memory), m_metrics(metrics) {}

    void run(const std::stop_token& stop);

private:
    struct Fill {
        BlockRing::Ticket ticket;
        std::uint64_t number = 0;    // the tag of its reads
        std::size_t readsLeft = 0;   // started and not done
        bool isStarted = false;      // all its reads have been
    };
    void begin(const BlockRing::Ticket& ticket);
    void startOne();
    void finishOne();
    void publishFilled();
    void drain(); // drops what was not started, and waits for the rest
    void dropAll();
    void failAll(const std::exception_ptr& error);
    void count();

    BlockRing& m_ring;
    BlockSource* m_source;
    std::span<const BlockPlace> m_places;
    std::span<std::byte> m_memory;
    Metrics* m_metrics;
    std::deque<Fill> m_fills; // in the order they were claimed
    std::deque<FileRead> m_rest; // runs of the newest fill that are not read yet
    std::uint64_t m_fillCount = 0;
    std::uint64_t m_countedBytes = 0;
    std::chrono::nanoseconds m_countedTime{};
};

} // namespace strata
