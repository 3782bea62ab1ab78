// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model.h"
#include "core/tier/block_place.h"
#include "core/tier/block_source.h"
#include "core/tier/host_arena.h"
#include "core/tier/load_progress.h"
#include "core/tier/tier_plan.h"

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace strata {

// All memory that a model's weights take, as its plan says: VRAM blocks and the ring on the GPU, RAM blocks and
// the staging ring in one arena. Engine thread. Private to core/tier.
class BlockMemory {
public:
    BlockMemory(const BlockMemory&) = delete;
    BlockMemory& operator=(const BlockMemory&) = delete;

    // Takes the memory and reads what rests in it. Null: stop was requested. Throws Error (Io, OutOfMemory, Device).
    // `gpu` is null where nothing rests or is computed there, `host` where everything does.
    static std::unique_ptr<BlockMemory> load(const Model& model, const Plan& plan, Backend* gpu, Backend* host,
        BlockSource& source, const LoadProgressSink& progress, const std::stop_token& stop);

    std::span<const BlockPlace> places() const { return m_places; } // one a block
    std::span<std::byte> staging() const { return m_staging; } // empty: nothing rests on disk
    const Buffer& ring() const { return m_ring; }              // empty: nothing is streamed
    CopyQueue* copies() const { return m_copies.get(); }       // to the GPU; null without one
    std::uint64_t pinnedBytes() const { return m_arena ? m_arena->pinnedBytes() : 0; }
    const std::string& notice() const { return m_notice; }     // about memory that could not be pinned; or empty

private:
    BlockMemory(const Model& model, const Plan& plan);
    void takeVram(const Plan& plan, Backend& gpu);
    bool takeHost(const Plan& plan, Backend& host, const std::stop_token& stop); // false: stop

    std::vector<BlockPlace> m_places;
    std::vector<Buffer> m_vram; // one a block that rests there
    Buffer m_ring;
    std::unique_ptr<HostArena> m_arena;
    std::span<std::byte> m_staging;
    std::string m_notice;
    std::unique_ptr<CopyQueue> m_copies; // goes first, and waits for copies from and to the memory above
};

} // namespace strata
