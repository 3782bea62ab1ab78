// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"
#include "core/tier/block_place.h"
#include "core/tier/block_ring.h"
#include "core/tier/metrics.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Copies blocks that the GPU computes and that do not rest there into a ring in its memory, ahead of the pass: from
// RAM, or from the staging ring into which they are read. One thread, which `run` takes until it is stopped. Private to
// core/tier.
class LinkFeeder {
public:
    // All must outlive this. `staging` brings the blocks that rest on disk into `stagingMemory`. `metrics` may be null.
    LinkFeeder(BlockRing& ring, BlockRing& staging, CopyQueue* copies, std::span<const BlockPlace> places,
        const Buffer& ringMemory, std::span<std::byte> stagingMemory, Metrics* metrics)
        : m_ring(ring), m_staging(staging), m_copies(copies), m_places(places), m_ringMemory(ringMemory),
          m_stagingMemory(stagingMemory), m_metrics(metrics) {}

    void run(const std::stop_token& stop);

private:
    bool bring(const BlockRing::Ticket& ticket); // false: dropped
    Fence copyStaged(const BlockPlace& place, const BlockRing::Filled& staged, const RingPlace& target);
    Fence copy(const BlockPlace& place, const std::byte* source, const RingPlace& target);
    void settle(Fence copied); // waits, and counts

    BlockRing& m_ring;
    BlockRing& m_staging;
    CopyQueue* m_copies;
    std::span<const BlockPlace> m_places;
    const Buffer& m_ringMemory;
    std::span<std::byte> m_stagingMemory;
    Metrics* m_metrics;
    std::vector<CopyPiece> m_pieces; // scratch
    Fence m_previous;                // the copy that may still run
    std::uint64_t m_uncountedBytes = 0;
};

} // namespace strata
