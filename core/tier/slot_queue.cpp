// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/slot_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace strata {

void SlotQueue::open(std::span<const BlockIndex> order, Fence free) {
    const std::lock_guard lock(m_mutex);
    assert(!m_isOpen && m_atWork == 0);
    m_isOpen = true;
    m_order.assign(order.begin(), order.end());
    m_claimed = 0;
    m_drop = std::stop_source();
    m_error = nullptr;
    for (Slot& slot : m_slots)
        slot = {.state = State::Free, .ticket = 0, .block = {}, .free = free, .ready = {}};
    m_changed.notify_all();
}

void SlotQueue::close() {
    std::unique_lock lock(m_mutex);
    m_isOpen = false;
    m_drop.request_stop();
    m_changed.wait(lock, [&] { return m_atWork == 0; });
}

bool SlotQueue::continuesAs(std::span<const BlockIndex> order) const {
    const std::lock_guard lock(m_mutex);
    if (!m_isOpen || m_error)
        return false;
    assert(m_claimed >= m_order.size());
    for (std::uint64_t ahead = m_order.size(); ahead < m_claimed; ++ahead)
        if (order.empty() || m_order[ahead % m_order.size()] != order[(ahead - m_order.size()) % order.size()])
            return false;
    return true;
}

void SlotQueue::beginPass(std::span<const BlockIndex> order) {
    const std::lock_guard lock(m_mutex);
    m_claimed -= m_order.size();
    for (Slot& slot : m_slots)
        slot.ticket -= std::min<std::uint64_t>(slot.ticket, m_order.size());
    m_order.assign(order.begin(), order.end()); // no longer than the first: memory is taken once
    m_changed.notify_all();
}

std::optional<SlotQueue::Ticket> SlotQueue::next(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [&] { return findFree() != nullptr; }))
        return std::nullopt;
    return claim(*findFree());
}

std::optional<SlotQueue::Ticket> SlotQueue::tryNext() {
    const std::lock_guard lock(m_mutex);
    Slot* slot = findFree();
    if (slot == nullptr)
        return std::nullopt;
    return claim(*slot);
}

void SlotQueue::publish(const Ticket& ticket, Fence ready) {
    const std::lock_guard lock(m_mutex);
    m_slots[ticket.slot].state = State::Filled;
    m_slots[ticket.slot].ready = ready;
    end();
}

void SlotQueue::letGo(const Ticket&) {
    const std::lock_guard lock(m_mutex);
    assert(!m_isOpen);
    end();
}

void SlotQueue::fail(const Ticket&, std::exception_ptr error) {
    const std::lock_guard lock(m_mutex);
    if (!m_error)
        m_error = std::move(error);
    end();
}

std::optional<SlotQueue::Filled> SlotQueue::take(BlockIndex block, const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [&] { return findFilled(block) != nullptr || m_error != nullptr; }))
        return std::nullopt;
    Slot* slot = findFilled(block);
    if (slot == nullptr)
        std::rethrow_exception(m_error);
    slot->state = State::Taken;
    return Filled{.slot = static_cast<std::size_t>(slot - m_slots.data()), .ready = slot->ready};
}

void SlotQueue::release(std::size_t slot, Fence free) {
    const std::lock_guard lock(m_mutex);
    assert(m_slots[slot].state == State::Taken);
    m_slots[slot].state = State::Free;
    m_slots[slot].free = free;
    m_changed.notify_all();
}

SlotQueue::Slot* SlotQueue::findFree() {
    if (!m_isOpen || m_order.empty() || m_error)
        return nullptr;
    const auto found = std::ranges::find(m_slots, State::Free, &Slot::state);
    return found == m_slots.end() ? nullptr : &*found;
}

SlotQueue::Slot* SlotQueue::findFilled(BlockIndex block) {
    Slot* oldest = nullptr;
    for (Slot& slot : m_slots)
        if (slot.state == State::Filled && slot.block == block && (oldest == nullptr || slot.ticket < oldest->ticket))
            oldest = &slot;
    return oldest;
}

SlotQueue::Ticket SlotQueue::claim(Slot& slot) {
    slot.state = State::AtWork;
    slot.ticket = m_claimed;
    slot.block = m_order[m_claimed % m_order.size()];
    ++m_claimed;
    ++m_atWork;
    return {.block = slot.block,
        .slot = static_cast<std::size_t>(&slot - m_slots.data()),
        .free = slot.free,
        .dropped = m_drop.get_token()};
}

void SlotQueue::end() {
    assert(m_atWork > 0);
    --m_atWork;
    m_changed.notify_all();
}

} // namespace strata
