// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model.h"
#include "core/tier/load_progress.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// The right to compute with one block's weights, on the device that is to compute it, until it is destroyed.
class BlockLease {
public:
    BlockLease(const BlockWeights& weights, Backend& executor) : m_weights(&weights), m_executor(&executor) {}
    BlockLease(BlockLease&&) noexcept = default;
    BlockLease& operator=(BlockLease&&) noexcept = default;
    BlockLease(const BlockLease&) = delete;
    BlockLease& operator=(const BlockLease&) = delete;

    const BlockWeights& weights() const { return *m_weights; }
    Backend& executor() const { return *m_executor; } // its verbs compute this block; not chosen by the forward pass

private:
    const BlockWeights* m_weights;
    Backend* m_executor;
};

// Makes each block's weights available to an executor, and hides where they rest. All blocks rest in the backend's own
// memory; each byte is read once, straight to its place, with ordinary reads (see RandomAccessFile).
// Construction loads; destruction gives the memory back. acquire() from the engine thread.
class WeightStore {
public:
    WeightStore(const WeightStore&) = delete;
    WeightStore& operator=(const WeightStore&) = delete;

    // Null: stop was requested; what was read is given back. Throws Error (Io, OutOfMemory).
    static std::unique_ptr<WeightStore> open(
        const Model& model, Backend& backend, const LoadProgressSink& progress, std::stop_token stop);

    // Waits until the block can be computed with; nullopt when stop was requested. Throws Error if reading failed.
    std::optional<BlockLease> acquire(BlockIndex block, const std::stop_token& stop);

    // The devices that leases may name, without repetition.
    std::span<Backend* const> executors() const { return std::span(&m_backend, 1); }

    static std::uint64_t byteCount(const Model& model); // that loading it will take
    std::uint64_t residentBytes() const { return m_residentBytes; }

private:
    explicit WeightStore(Backend& backend) : m_backend(&backend) {}

    Backend* m_backend;
    std::vector<Buffer> m_buffers;       // one a block
    std::vector<BlockWeights> m_weights; // one a block
    std::uint64_t m_residentBytes = 0;
};

} // namespace strata
