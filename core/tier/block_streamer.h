// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/block_ring.h"
#include "core/tier/disk_feeder.h"
#include "core/tier/link_feeder.h"
#include "core/tier/pass_schedule.h"

#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace strata {

// What a streamer works with; all of it must outlive the streamer. Private to core/tier.
struct StreamerParts {
    std::span<const BlockPlace> places;
    BlockSource* source = nullptr;            // null: nothing rests on disk
    std::span<std::byte> stagingMemory;       // of the host, for some blocks on disk
    CopyQueue* copies = nullptr;              // null: nothing is streamed
    const Buffer* ringMemory = nullptr;       // of the GPU, for some blocks outside of it; never null
    Metrics* metrics = nullptr;               // may be null
};

// Brings blocks to where they are computed, ahead of the pass and across the ends of passes, on a thread for the drive
// and one for the link:
//
//     drive --(DiskFeeder)--> staging ring --.---------------------------> computed by the CPU
//     RAM  -----------------------------------`--(LinkFeeder)--> ring - --> computed by the GPU
//
// Engine thread. Blocks must be taken in the order of the schedule, each given back before the next is taken.
class BlockStreamer {
public:
    explicit BlockStreamer(const StreamerParts& parts);
    ~BlockStreamer();
    BlockStreamer(const BlockStreamer&) = delete;
    BlockStreamer& operator=(const BlockStreamer&) = delete;

    // A pass by this schedule begins. What was brought ahead is used if the schedule begins with it. `isLeft`: the pass
    // before was not finished; what the device was given of it may still read the ring.
    void begin(const Schedule& schedule, bool isLeft);

    BlockRing& staging() { return m_staging; } // the user's side of it
    BlockRing& ring() { return m_ring; }

private:
    CopyQueue* m_copies;
    BlockIndex m_head; // which never crosses the link
    BlockRing m_staging;
    BlockRing m_ring;
    DiskFeeder m_disk;
    LinkFeeder m_link;
    std::jthread m_diskThread;
    std::jthread m_linkThread;
};

} // namespace strata
