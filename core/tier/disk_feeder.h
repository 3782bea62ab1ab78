// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/block_place.h"
#include "core/tier/block_source.h"
#include "core/tier/metrics.h"
#include "core/tier/slot_queue.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Reads the blocks that rest on disk into slots of host memory, ahead of whoever uses them, with reads of several
// blocks in flight at once. One thread, which `run` takes until it is stopped. Private to core/tier.
class DiskFeeder {
public:
    // All must outlive this. `slotBegins`: where each slot begins, at a multiple of kSectorBytes. `metrics` may be null.
    DiskFeeder(SlotQueue& queue, BlockSource* source, std::span<const BlockPlace> places,
        std::span<std::byte* const> slotBegins, Metrics* metrics)
        : m_queue(queue), m_source(source), m_places(places), m_slots(slotBegins), m_metrics(metrics) {}

    void run(const std::stop_token& stop);

private:
    struct Fill {
        SlotQueue::Ticket ticket;
        std::uint64_t number = 0;    // the tag of its reads
        std::size_t readsLeft = 0;   // started and not done
        bool isStarted = false;      // all its reads have been
    };
    void begin(const SlotQueue::Ticket& ticket);
    void startOne();
    void finishOne();
    void publishFilled();
    void drain(); // drops what was not started, and waits for the rest
    void dropAll();
    void failAll(const std::exception_ptr& error);
    void count();

    SlotQueue& m_queue;
    BlockSource* m_source;
    std::span<const BlockPlace> m_places;
    std::span<std::byte* const> m_slots;
    Metrics* m_metrics;
    std::deque<Fill> m_fills; // in the order they were claimed
    std::deque<FileRead> m_rest; // runs of the newest fill that are not read yet
    std::uint64_t m_fillCount = 0;
    std::uint64_t m_countedBytes = 0;
    std::chrono::nanoseconds m_countedTime{};
};

} // namespace strata
