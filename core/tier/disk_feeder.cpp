// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/disk_feeder.h"

#include "core/base/error.h"

#include <algorithm>
#include <cassert>

namespace strata {

void DiskFeeder::run(const std::stop_token& stop) {
    for (;;) {
        if (!m_fills.empty() && m_fills.front().ticket.dropped.stop_requested())
            dropAll();
        if (m_rest.empty()) {
            const auto ticket = m_fills.empty() ? m_ring.next(stop) : m_ring.tryNext();
            if (ticket)
                begin(*ticket);
            else if (m_fills.empty())
                return;
        }
        try {
            if (!m_rest.empty() && m_source->hasRoom())
                startOne();
            else
                finishOne();
        } catch (...) {
            failAll(std::current_exception()); // thrown by whoever takes the next block
        }
    }
}

void DiskFeeder::begin(const BlockRing::Ticket& ticket) {
    const BlockPlace& place = m_places[ticket.block.value];
    m_fills.push_back({.ticket = ticket, .number = m_fillCount++});
    for (const FileRun& run : place.host.runs)
        m_rest.push_back({.part = run.part,
            .offset = run.fileOffset,
            .target = m_memory.subspan(ticket.place.begin + run.memoryOffset, run.byteCount),
            .tag = m_fills.back().number});
}

void DiskFeeder::startOne() {
    m_source->start(takePiece(m_rest.front()));
    Fill& fill = m_fills.back();
    ++fill.readsLeft;
    if (!m_rest.front().target.empty())
        return;
    m_rest.pop_front();
    fill.isStarted = m_rest.empty();
}

void DiskFeeder::finishOne() {
    const std::uint64_t number = m_source->waitOne();
    const auto fill = std::find_if(
        m_fills.begin(), m_fills.end(), [&](const Fill& candidate) { return candidate.number == number; });
    assert(fill != m_fills.end());
    --fill->readsLeft;
    count();
    publishFilled();
}

// In the order of the tickets: nobody asks for a later block before an earlier one.
void DiskFeeder::publishFilled() {
    while (!m_fills.empty() && m_fills.front().isStarted && m_fills.front().readsLeft == 0) {
        m_ring.publish(m_fills.front().ticket, {});
        m_fills.pop_front();
    }
}

void DiskFeeder::drain() {
    m_rest.clear();
    while (m_source->inFlight() > 0) {
        try {
            m_source->waitOne();
        } catch (const Error&) { // what is dropped may fail as it likes
        }
    }
    count();
}

void DiskFeeder::dropAll() {
    drain();
    for (const Fill& fill : m_fills)
        m_ring.letGo(fill.ticket);
    m_fills.clear();
}

void DiskFeeder::failAll(const std::exception_ptr& error) {
    drain();
    for (const Fill& fill : m_fills)
        m_ring.fail(fill.ticket, error);
    m_fills.clear();
}

void DiskFeeder::count() {
    if (m_metrics == nullptr)
        return;
    const std::uint64_t bytes = m_source->bytesRead();
    const std::chrono::nanoseconds time = m_source->busyTime();
    MetricsSnapshot increments;
    increments.wire(Wire::Disk) = {.bytes = bytes - m_countedBytes,
        .busyNanoseconds = static_cast<std::uint64_t>((time - m_countedTime).count()),
        .waitNanoseconds = 0};
    m_countedBytes = bytes;
    m_countedTime = time;
    m_metrics->add(increments);
}

} // namespace strata
