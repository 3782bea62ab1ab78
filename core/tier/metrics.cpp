// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/metrics.h"

namespace strata {

MetricsSnapshot Metrics::snapshot() const {
    const std::lock_guard lock(m_mutex);
    return m_totals;
}

void Metrics::add(const MetricsSnapshot& increments) {
    const std::lock_guard lock(m_mutex);
    m_totals.promptTokens += increments.promptTokens;
    m_totals.generatedTokens += increments.generatedTokens;
    m_totals.promptNanoseconds += increments.promptNanoseconds;
    m_totals.decodeNanoseconds += increments.decodeNanoseconds;
    m_totals.weightBytesRead += increments.weightBytesRead;
    m_totals.passes += increments.passes;
    for (std::size_t i = 0; i < kWireCount; ++i) {
        m_totals.wires[i].bytes += increments.wires[i].bytes;
        m_totals.wires[i].busyNanoseconds += increments.wires[i].busyNanoseconds;
        m_totals.wires[i].waitNanoseconds += increments.wires[i].waitNanoseconds;
    }
}

void Metrics::setContext(std::uint32_t used, std::uint32_t capacity) {
    const std::lock_guard lock(m_mutex);
    m_totals.contextUsed = used;
    m_totals.contextCapacity = capacity;
}

void Metrics::setPinned(std::uint64_t bytes) {
    const std::lock_guard lock(m_mutex);
    m_totals.pinnedBytes = bytes;
}

void Metrics::setBlockTimes(std::span<const std::uint64_t> nanoseconds) {
    const std::lock_guard lock(m_mutex);
    m_blockTimes.assign(nanoseconds.begin(), nanoseconds.end()); // of one length: memory is taken once
}

void Metrics::readBlockTimes(std::vector<std::uint64_t>& nanoseconds) const {
    const std::lock_guard lock(m_mutex);
    nanoseconds.assign(m_blockTimes.begin(), m_blockTimes.end());
}

std::optional<std::uint32_t> Metrics::blockAtWork() const {
    const std::uint32_t block = m_blockAtWork.load(std::memory_order_relaxed);
    return block == kNoBlock ? std::nullopt : std::optional(block);
}

} // namespace strata
