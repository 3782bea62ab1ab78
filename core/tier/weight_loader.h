// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/backend/copy_queue.h"
#include "core/tier/block_place.h"
#include "core/tier/block_source.h"
#include "core/tier/load_progress.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// Reads the weights of all blocks that rest in RAM or VRAM to where they rest, each byte once: into RAM directly, to
// VRAM through a few pieces of pinned memory, so that drive and link work at the same time. One load, engine thread.
// Private to core/tier.
class WeightLoader {
public:
    // All must outlive this. `gpu` and `copies` are null where nothing rests in VRAM.
    WeightLoader(BlockSource& source, std::span<const BlockPlace> places, Backend* gpu, CopyQueue* copies,
        const LoadProgressSink& progress);
    ~WeightLoader();
    WeightLoader(const WeightLoader&) = delete;
    WeightLoader& operator=(const WeightLoader&) = delete;

    // False: stop was requested. Throws Error (Io, OutOfMemory, Device).
    bool run(const std::stop_token& stop);

private:
    struct Piece { // of a run, on its way
        const BlockPlace* place = nullptr;
        std::uint64_t fileOffset = 0;
        std::uint32_t part = 0;
        std::span<std::byte> memory; // where it is read to
        std::size_t bounce = 0;      // to VRAM: which of the pinned pieces that is
    };
    struct Crossing { // from a pinned piece into VRAM
        std::size_t bounce = 0;
        Fence copied;
    };
    bool isBounced(const BlockPlace& place) const { return place.tier == Tier::Vram; }
    void findNextRun();
    bool hasMore() const { return m_block < m_places.size(); }
    bool needsBounce() const; // and there is none free
    void startOne();
    void finishOne();
    void cross(const Piece& piece);
    void freeOldestBounce();
    void drain() noexcept; // nothing is written to memory afterwards
    void report(std::uint64_t bytes);

    BlockSource& m_source;
    std::span<const BlockPlace> m_places;
    CopyQueue* m_copies;
    const LoadProgressSink& m_progress;
    LoadProgress m_state;

    std::size_t m_block = 0; // being read
    std::size_t m_run = 0;
    FileRun m_rest;          // what is left of that run
    std::vector<Piece> m_pieces; // by tag
    std::vector<std::uint64_t> m_freeTags;
    Buffer m_bounces;
    std::vector<std::size_t> m_freeBounces;
    std::deque<Crossing> m_crossings;    // oldest first
    std::vector<CopyPiece> m_copyPieces; // scratch
};

} // namespace strata
