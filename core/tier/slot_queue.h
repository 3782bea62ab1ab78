// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"
#include "core/base/ids.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// The order between a thread that brings blocks into slots of memory and those that use them there. Blocks are brought
// in the order in which a pass needs them, pass after pass, as far ahead as there are slots:
//
//     ticket     | 0 | 1 | 2 | 3 | 4 | 5 | 6 | ..      ticket t of a pass: block order[t]; then the next pass begins
//                 ^pass begins        ^ claimed: at work in some slot, or there
//
// The bringer calls next or tryNext, and ends every ticket by publish, letGo or fail. Users call take and release; one
// who runs ahead may take a block before another has taken those in front of it. The owner opens, closes, and says where
// passes begin. Bringer, owner and each user are one thread each.
class SlotQueue {
public:
    // One block to be brought into one slot.
    struct Ticket {
        BlockIndex block;
        std::size_t slot = 0;
        Fence free;              // the slot may be overwritten behind this
        std::stop_token dropped; // nobody wants it any more
    };
    // One block in its slot.
    struct Filled {
        std::size_t slot = 0;
        Fence ready; // its weights are there behind this
    };

    explicit SlotQueue(std::size_t slotCount) : m_slots(slotCount) {} // closed

    // A pass begins that needs blocks in this order, and those behind it are taken to need the same. All slots may be
    // overwritten behind `free`. The queue must be closed. An empty order brings nothing.
    void open(std::span<const BlockIndex> order, Fence free);
    // Drops everything, and waits until the bringer has ended its tickets. Forgets an error. Users must have given
    // everything back, or never touch it again.
    void close();

    // The pass before has taken every block once. Whether what was brought ahead is what a pass of this order begins
    // with; false also after an error, and when closed.
    bool continuesAs(std::span<const BlockIndex> order) const;
    void beginPass(std::span<const BlockIndex> order); // as which it continues

    std::optional<Ticket> next(const std::stop_token& stop); // waits for a slot; nullopt: stop
    std::optional<Ticket> tryNext();                         // nullopt: no slot is free now
    void publish(const Ticket& ticket, Fence ready);
    void letGo(const Ticket& ticket); // once dropped
    // Thrown by every take that does not find its block, until the queue is closed; until then nothing more is brought.
    void fail(const Ticket& ticket, std::exception_ptr error);

    // Waits for the block. nullopt: stop. Throws what `fail` was given.
    std::optional<Filled> take(BlockIndex block, const std::stop_token& stop);
    void release(std::size_t slot, Fence free); // that was taken

private:
    enum class State { Free, AtWork, Filled, Taken };
    struct Slot {
        State state = State::Free;
        std::uint64_t ticket = 0;
        BlockIndex block;
        Fence free;
        Fence ready;
    };
    Slot* findFree();
    Slot* findFilled(BlockIndex block); // the oldest, if a short order has brought it twice
    Ticket claim(Slot& slot);
    void end();

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    bool m_isOpen = false;
    std::vector<BlockIndex> m_order;
    std::vector<Slot> m_slots;
    std::uint64_t m_claimed = 0; // tickets since the present pass began
    std::size_t m_atWork = 0;
    std::stop_source m_drop;
    std::exception_ptr m_error;
};

} // namespace strata
