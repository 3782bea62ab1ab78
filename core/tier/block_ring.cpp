// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/block_ring.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace strata {
namespace {

// More would hold up fences that a device keeps a limited number of, and nothing needs to be further ahead.
constexpr std::size_t kMaxHeld = 32;

} // namespace

void BlockRing::open(std::span<const BlockIndex> order, Fence free) {
    const std::lock_guard lock(m_mutex);
    assert(!m_isOpen && m_atWork == 0);
    m_isOpen = true;
    m_order.assign(order.begin(), order.end());
    m_claimed = 0;
    m_firstHeld += m_held.size(); // numbers are never used again
    m_held.clear();
    m_free = free;
    m_drop = std::stop_source();
    m_error = nullptr;
    m_changed.notify_all();
}

void BlockRing::close() {
    std::unique_lock lock(m_mutex);
    m_isOpen = false;
    m_drop.request_stop();
    m_changed.wait(lock, [&] { return m_atWork == 0; });
}

bool BlockRing::continueAs(std::span<const BlockIndex> order, std::optional<BlockIndex> leftOut) {
    const std::lock_guard lock(m_mutex);
    if (!m_isOpen || m_error)
        return false;
    if (leftOut)
        leaveOut(*leftOut);
    if (!isAhead(order))
        return false;
    m_claimed -= m_order.size();
    m_order.assign(order.begin(), order.end()); // no longer than the first: memory is taken once
    m_changed.notify_all();
    return true;
}

bool BlockRing::isAhead(std::span<const BlockIndex> order) const {
    assert(m_claimed >= m_order.size());
    for (std::uint64_t ahead = m_order.size(); ahead < m_claimed; ++ahead)
        if (order.empty() || m_order[ahead % m_order.size()] != order[(ahead - m_order.size()) % order.size()])
            return false;
    return true;
}

void BlockRing::leaveOut(BlockIndex block) {
    const bool isWhole = m_claimed == 2 * m_order.size(); // the next pass, to its last block
    if (!isWhole || m_order.empty() || m_order.back() != block)
        return;
    Held& last = m_held.back();
    assert(last.block == block);
    assert(last.state == State::AtWork || last.state == State::Filled);
    last.state = last.state == State::AtWork ? State::Unwanted : State::Released;
    last.fence = {};
    --m_claimed;
}

std::optional<BlockRing::Ticket> BlockRing::next(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    std::optional<Held> room;
    if (!m_changed.wait(lock, stop, [&] { return (room = findRoom()).has_value(); }))
        return std::nullopt;
    return claim(*room);
}

std::optional<BlockRing::Ticket> BlockRing::tryNext() {
    const std::lock_guard lock(m_mutex);
    const std::optional<Held> room = findRoom();
    if (!room)
        return std::nullopt;
    return claim(*room);
}

void BlockRing::publish(const Ticket& ticket, Fence ready) {
    const std::lock_guard lock(m_mutex);
    Held& brought = held(ticket.number);
    const bool isUnwanted = brought.state == State::Unwanted;
    brought.state = isUnwanted ? State::Released : State::Filled;
    brought.fence = isUnwanted ? Fence() : ready;
    end();
}

void BlockRing::letGo(const Ticket&) {
    const std::lock_guard lock(m_mutex);
    assert(!m_isOpen);
    end();
}

void BlockRing::fail(const Ticket&, std::exception_ptr error) {
    const std::lock_guard lock(m_mutex);
    if (!m_error)
        m_error = std::move(error);
    end();
}

std::optional<BlockRing::Filled> BlockRing::take(BlockIndex block, const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [&] { return findFilled(block) != m_held.end() || m_error != nullptr; }))
        return std::nullopt;
    const auto found = findFilled(block);
    if (found == m_held.end())
        std::rethrow_exception(m_error);
    found->state = State::Taken;
    return Filled{.place = found->place,
        .ready = found->fence,
        .number = m_firstHeld + static_cast<std::uint64_t>(found - m_held.begin())};
}

void BlockRing::release(std::uint64_t number, Fence free) {
    const std::lock_guard lock(m_mutex);
    assert(held(number).state == State::Taken);
    held(number).state = State::Released;
    held(number).fence = free;
    m_changed.notify_all();
}

// A fence is waited for by whoever writes there next, so memory that was released early is used before that released
// late.
std::optional<BlockRing::Held> BlockRing::findRoom() {
    if (!m_isOpen || m_error || m_claimed >= 2 * m_order.size())
        return std::nullopt;
    const BlockIndex block = m_order[m_claimed % m_order.size()];
    for (;;) {
        const std::optional<Held> found = m_held.size() < kMaxHeld ? placed(block) : std::nullopt;
        if (found || m_held.empty() || m_held.front().state != State::Released)
            return found;
        m_free.value = std::max(m_free.value, m_held.front().fence.value);
        m_held.pop_front();
        ++m_firstHeld;
    }
}

// Behind the newest, from there on at the beginning of the memory, or part here and part there.
std::optional<BlockRing::Held> BlockRing::placed(BlockIndex block) const {
    const RingBlock& shape = m_blocks[block.value];
    const std::size_t partCount = shape.partOffsets.size();
    assert(shape.byteCount > 0 && shape.byteCount <= m_byteCount);
    const std::uint64_t head = m_held.empty() ? 0 : m_held.front().place.begin;
    const std::uint64_t tail = m_held.empty() ? 0 : m_held.back().end;
    const bool isAround = !m_held.empty() && tail <= head; // free: only from tail to head
    const std::uint64_t room = (isAround ? head : m_byteCount) - tail;
    if (shape.byteCount <= room)
        return Held{.block = block, .place = {tail, partCount}, .end = tail + shape.byteCount};
    if (isAround)
        return std::nullopt;
    std::size_t cut = partCount - 1; // parts that fit before the end
    while (shape.partOffsets[cut] > room)
        --cut;
    const std::uint64_t rest = shape.byteCount - shape.partOffsets[cut];
    if (rest > head)
        return std::nullopt;
    return Held{.block = block, .place = cut == 0 ? RingPlace{0, partCount} : RingPlace{tail, cut}, .end = rest};
}

std::deque<BlockRing::Held>::iterator BlockRing::findFilled(BlockIndex block) {
    return std::ranges::find_if(
        m_held, [&](const Held& held) { return held.state == State::Filled && held.block == block; });
}

BlockRing::Ticket BlockRing::claim(const Held& held) {
    ++m_claimed;
    ++m_atWork;
    m_held.push_back(held);
    return {.block = held.block,
        .place = held.place,
        .free = m_free,
        .dropped = m_drop.get_token(),
        .number = m_firstHeld + m_held.size() - 1};
}

void BlockRing::end() {
    assert(m_atWork > 0);
    --m_atWork;
    m_changed.notify_all();
}

} // namespace strata
