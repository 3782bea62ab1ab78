// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model.h"
#include "core/tier/block_layout.h"
#include "core/tier/block_source.h"
#include "core/tier/load_progress.h"
#include "core/tier/metrics.h"
#include "core/tier/pass_schedule.h"
#include "core/tier/wire_pace.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace strata {

class BlockMemory;
class BlockStreamer;

// The weights of one block and the device that is to compute with them, until the next block is acquired or the pass is
// finished. A value.
class BlockLease {
public:
    BlockLease(const BlockWeights& weights, Backend& executor) : m_weights(&weights), m_executor(&executor) {}

    const BlockWeights& weights() const { return *m_weights; }
    Backend& executor() const { return *m_executor; } // its verbs compute this block; not chosen by the forward pass

private:
    const BlockWeights* m_weights;
    Backend* m_executor;
};

// Opens the model's files for reading past the page cache, as DriveReader does. `prefersCache`: for a load, which takes
// what happens to be cached from there.
using OpenBlockSource =
    std::function<std::unique_ptr<BlockSource>(std::span<const RandomAccessFile> files, bool prefersCache)>;

// Where weights rest and who computes with them.
struct WeightPlan {
    Plan plan;
    MachineProfile profile;          // what schedules are made from
    Backend* gpu = nullptr;          // null: the CPU alone, and nothing in VRAM
    Backend* host = nullptr;         // null: everything in VRAM
    OpenBlockSource openSource = {}; // empty: DriveReader
    std::shared_ptr<Metrics> metrics = nullptr;
};

// Makes each block's weights available to an executor, and hides where they rest: resident on the GPU, in RAM, or on
// disk, brought to where they are computed ahead of the pass. Construction loads, each byte once, straight to its
// place; destruction gives everything back. Engine thread.
class WeightStore {
public:
    ~WeightStore();
    WeightStore(const WeightStore&) = delete;
    WeightStore& operator=(const WeightStore&) = delete;

    // Null: stop was requested; what was read is given back. Throws Error (Io, OutOfMemory, Device).
    // The model and the devices must outlive the store.
    static std::unique_ptr<WeightStore> open(
        const Model& model, WeightPlan plan, const LoadProgressSink& progress, std::stop_token stop);
    // Everything in the memory of one device, whatever that takes.
    static std::unique_ptr<WeightStore> open(
        const Model& model, Backend& backend, const LoadProgressSink& progress, std::stop_token stop);

    // A pass of so many tokens acquires every block once, in order, but a head that is left out, and finishes; one that
    // was left half way is forgotten when the next begins. Throws Error (Device).
    void beginPass(std::uint32_t tokens, HeadUse head = HeadUse::Computed);
    // Waits until the block can be computed with; nullopt when stop was requested. Throws Error if reading or copying
    // failed.
    std::optional<BlockLease> acquire(BlockIndex block, const std::stop_token& stop);
    // So much of the time since then was not spent on the block's weights: the pass waited for activations to come
    // from another device, or attended.
    void spentElsewhere(std::chrono::steady_clock::duration time);
    void finishPass(); // everything was handed over to the devices

    // The devices that leases may name, without repetition.
    std::span<Backend* const> executors() const { return m_executors; }
    const Plan& plan() const { return m_plan.plan; }
    const MachineProfile& profile() const { return m_plan.profile; }
    WirePace pace() const { return m_pace.pace(); } // of the last passes beside the profile; needs metrics
    const Schedule& scheduleFor(std::uint32_t tokens, HeadUse head = HeadUse::Computed); // made when first asked for
    // What a person should know of: memory that could not be pinned, files that take no direct reads. Sentences.
    std::vector<std::string> notices() const;

    static std::uint64_t byteCount(const Model& model); // that all blocks take in a device's memory
    std::uint64_t residentBytes() const { return m_plan.plan.vramBytes() + m_plan.plan.ramBytes(); } // with the rings

private:
    struct HeldBlock { // the last that was acquired
        BlockIndex block;
        Executor executor = Executor::Resident;
        std::uint64_t number = 0; // by which a ring holds it, if it was brought
        std::chrono::steady_clock::time_point since;         // it was asked for
        std::chrono::steady_clock::time_point computedSince; // it was there
        std::chrono::steady_clock::duration elsewhere = {};
    };

    WeightStore(const Model& model, WeightPlan plan);
    bool load(const LoadProgressSink& progress, const std::stop_token& stop); // false: stop
    void setResidentWeights();
    void startStreaming();
    BlockWeights weightsOf(BlockIndex block, const BlockLayout& layout, const std::byte* memory) const;
    // The block's weights where they rest, or in the ring to which they were brought. Null: stop.
    const BlockWeights* bring(
        BlockIndex block, Executor executor, std::uint64_t& number, const std::stop_token& stop);
    void giveBack(); // what is held
    void count(const HeldBlock& held, std::chrono::steady_clock::time_point end);
    void learnPace();

    const Model* m_model;
    WeightPlan m_plan;
    std::vector<Backend*> m_executors;
    std::unique_ptr<BlockMemory> m_memory;
    std::unique_ptr<BlockSource> m_source;      // goes before the memory it reads into
    std::unique_ptr<BlockStreamer> m_streamer;  // goes first; null: nothing streams
    std::vector<BlockWeights> m_weights;        // one a block, where it rests; none of those on disk
    BlockWeights m_brought;                     // of the block that is held, if it lies in a ring
    BlockLayout m_ringLayout;                   // scratch
    std::map<std::pair<std::uint32_t, HeadUse>, Schedule> m_schedules; // by scheduleTokens

    const Schedule* m_schedule = nullptr; // of the pass that is open, or was last
    std::uint32_t m_passTokens = 0;
    bool m_isPassOpen = false;
    std::optional<HeldBlock> m_held;
    std::chrono::steady_clock::time_point m_passStart;
    MetricsSnapshot m_counted;               // of this pass
    std::vector<std::uint64_t> m_blockTimes; // likewise

    PaceMeter m_pace;
    std::array<WireTotals, kWireCount> m_totals = {}; // when the pace was last learned
    std::uint64_t m_hostNanoseconds = 0;              // of this pass, for the CPU's weights alone
};

} // namespace strata
