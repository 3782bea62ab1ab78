// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"
#include "core/tier/block_place.h"
#include "core/tier/metrics.h"
#include "core/tier/slot_queue.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Copies blocks that the GPU computes and that do not rest there into slots of its memory, ahead of the pass: from RAM,
// or from the staging slots into which they are read. One thread, which `run` takes until it is stopped. Private to
// core/tier.
class LinkFeeder {
public:
    // All must outlive this. `staging` brings the blocks that rest on disk to `stagingSlots`. `metrics` may be null.
    LinkFeeder(SlotQueue& ring, SlotQueue& staging, CopyQueue* copies, std::span<const BlockPlace> places,
        std::span<const Buffer> ringSlots, std::span<std::byte* const> stagingSlots, Metrics* metrics)
        : m_ring(ring), m_staging(staging), m_copies(copies), m_places(places), m_ringSlots(ringSlots),
          m_stagingSlots(stagingSlots), m_metrics(metrics) {}

    void run(const std::stop_token& stop);

private:
    bool bring(const SlotQueue::Ticket& ticket); // false: dropped
    Fence copyStaged(const BlockPlace& place, std::size_t stagingSlot, std::size_t ringSlot);
    Fence copy(const BlockPlace& place, const std::byte* source, std::size_t slot);
    void settle(Fence copied); // waits, and counts

    SlotQueue& m_ring;
    SlotQueue& m_staging;
    CopyQueue* m_copies;
    std::span<const BlockPlace> m_places;
    std::span<const Buffer> m_ringSlots;
    std::span<std::byte* const> m_stagingSlots;
    Metrics* m_metrics;
    std::vector<CopyPiece> m_pieces; // scratch
    Fence m_previous;                // the copy that may still run
    std::uint64_t m_uncountedBytes = 0;
};

} // namespace strata
