// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/link_feeder.h"

#include <exception>
#include <utility>

namespace strata {

void LinkFeeder::run(const std::stop_token& stop) {
    while (const auto ticket = m_ring.next(stop)) {
        try {
            if (!bring(*ticket))
                m_ring.letGo(*ticket);
        } catch (...) {
            m_ring.fail(*ticket, std::current_exception()); // thrown by whoever takes the next block
        }
    }
}

bool LinkFeeder::bring(const BlockRing::Ticket& ticket) {
    if (ticket.dropped.stop_requested())
        return false;
    m_copies->waitForDevice(ticket.free);
    const BlockPlace& place = m_places[ticket.block.value];
    if (place.tier == Tier::Disk) {
        const auto staged = m_staging.take(ticket.block, ticket.dropped);
        if (!staged)
            return false;
        m_ring.publish(ticket, copyStaged(place, *staged, ticket.place));
        return true;
    }
    const Fence copied = copy(place, place.hostMemory, ticket.place);
    // One copy runs and one waits behind it: the link is never idle, and a pass that is stopped has little to wait for.
    settle(std::exchange(m_previous, copied));
    m_ring.publish(ticket, copied);
    return true;
}

// The drive sets the pace: the staging memory is given back as soon as may be, and before anybody learns that the
// ticket has ended.
Fence LinkFeeder::copyStaged(
    const BlockPlace& place, const BlockRing::Filled& staged, const RingPlace& target) {
    struct GivenBack {
        BlockRing& staging;
        std::uint64_t number;
        ~GivenBack() { staging.release(number, {}); }
    } const givenBack{m_staging, staged.number};
    const Fence copied = copy(place, m_stagingMemory.data() + staged.place.begin, target);
    settle(copied);
    return copied;
}

Fence LinkFeeder::copy(const BlockPlace& place, const std::byte* source, const RingPlace& target) {
    m_pieces.clear();
    for (std::size_t i = 0; i < place.block->tensors.size(); ++i)
        m_pieces.push_back({.offset = partBegin(target, place.packed.offsets, i),
            .source = std::span(source + place.host.offsets[i], place.block->tensors[i].byteCount)});
    const Fence copied = m_copies->copyIn(m_ringMemory, m_pieces);
    m_uncountedBytes += place.block->byteCount;
    return copied;
}

void LinkFeeder::settle(Fence copied) {
    const std::chrono::nanoseconds busy = m_copies->wait(copied);
    if (m_metrics == nullptr)
        return;
    MetricsSnapshot increments;
    increments.wire(Wire::Link) = {.bytes = std::exchange(m_uncountedBytes, 0),
        .busyNanoseconds = static_cast<std::uint64_t>(busy.count()),
        .waitNanoseconds = 0};
    m_metrics->add(increments);
}

} // namespace strata
