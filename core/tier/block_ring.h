// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"
#include "core/base/ids.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace strata {

// How much of a ring a block takes, and where it may be cut: part i begins at partOffsets[i], a multiple of the ring's
// alignment, the first at 0. A value.
struct RingBlock {
    std::vector<std::uint64_t> partOffsets = {0};
    std::uint64_t byteCount = 0;
};

// Where a block lies in a ring: its parts in a row from `begin` on, but those from `firstAtStart` on from the ring's
// beginning on. A value.
struct RingPlace {
    std::uint64_t begin = 0;
    std::size_t firstAtStart = 0; // as many as there are parts: it was not cut
};

// Where a part of a block begins that lies so.
constexpr std::uint64_t partBegin(
    const RingPlace& place, std::span<const std::uint64_t> partOffsets, std::size_t part) {
    return part < place.firstAtStart ? place.begin + partOffsets[part]
                                     : partOffsets[part] - partOffsets[place.firstAtStart];
}

// Memory that holds as many blocks as fit into it, and the order between a thread that brings them there and those that
// use them there. Blocks are brought in the order in which a pass needs them, pass after pass, as far ahead as there is
// room, though no further than to the end of the next pass, and their memory is used again in the same order:
//
//     ticket     | 0 | 1 | 2 | 3 | 4 | 5 | 6 | ..      ticket t of a pass: block order[t]; then the next pass begins
//                 ^pass begins        ^ claimed: on its way, or there
//
// The bringer calls next or tryNext, and ends every ticket by publish, letGo or fail. Users call take and release; one
// who runs ahead may take a block before another has taken those in front of it. The owner opens, closes, and says
// where passes begin. Bringer, owner and each user are one thread each.
class BlockRing {
public:
    // One block to be brought to one place.
    struct Ticket {
        BlockIndex block;
        RingPlace place;
        Fence free;              // the place may be overwritten behind this
        std::stop_token dropped; // nobody wants it any more
        std::uint64_t number = 0;
    };
    // One block that was brought.
    struct Filled {
        RingPlace place;
        Fence ready; // its weights are there behind this
        std::uint64_t number = 0;
    };

    // `blocks`: one of each index that an order may name, none larger than the ring. Closed at first.
    BlockRing(std::uint64_t byteCount, std::vector<RingBlock> blocks)
        : m_byteCount(byteCount), m_blocks(std::move(blocks)) {}

    std::uint64_t byteCount() const { return m_byteCount; }

    // A pass begins that needs blocks in this order, and those behind it are taken to need the same. All memory may be
    // overwritten behind `free`. The ring must be closed. An empty order brings nothing.
    void open(std::span<const BlockIndex> order, Fence free);
    // Drops everything, and waits until the bringer has ended its tickets. Forgets an error. Users must have given
    // everything back, or never touch it again.
    void close();

    // The pass before has taken every block once, and one of this order begins. It does without `leftOut` where that
    // ended the order before: if it was brought ahead, nobody takes it, and its memory is used again without a fence.
    // False: what was brought ahead is not what the order begins with, or there was an error, or the ring is closed;
    // it can then only be closed.
    bool continueAs(std::span<const BlockIndex> order, std::optional<BlockIndex> leftOut = std::nullopt);

    std::optional<Ticket> next(const std::stop_token& stop); // waits for room; nullopt: stop
    std::optional<Ticket> tryNext();                         // nullopt: there is no room now
    void publish(const Ticket& ticket, Fence ready);
    void letGo(const Ticket& ticket); // once dropped
    // Thrown by every take that does not find its block, until the ring is closed; until then nothing more is brought.
    void fail(const Ticket& ticket, std::exception_ptr error);

    // Waits for the block. nullopt: stop. Throws what `fail` was given.
    std::optional<Filled> take(BlockIndex block, const std::stop_token& stop);
    void release(std::uint64_t number, Fence free); // that was taken

private:
    enum class State { AtWork, Unwanted, Filled, Taken, Released }; // unwanted: still on its way
    struct Held {
        State state = State::AtWork;
        BlockIndex block;
        RingPlace place;
        std::uint64_t end = 0; // of its memory
        Fence fence = {};      // Filled: behind which it is there; Released: behind which it may be overwritten
    };
    std::optional<Held> findRoom(); // for the next block; gives up memory that was released, as little as will do
    std::optional<Held> placed(BlockIndex block) const;
    Held& held(std::uint64_t number) { return m_held[number - m_firstHeld]; }
    std::deque<Held>::iterator findFilled(BlockIndex block); // the oldest, if a short order has brought it twice
    void leaveOut(BlockIndex block);
    bool isAhead(std::span<const BlockIndex> order) const; // everything claimed for the pass behind this one
    Ticket claim(const Held& held);
    void end();

    const std::uint64_t m_byteCount;
    const std::vector<RingBlock> m_blocks;
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    bool m_isOpen = false;
    std::vector<BlockIndex> m_order;
    std::uint64_t m_claimed = 0; // tickets since the present pass began
    std::deque<Held> m_held;     // in the order of their memory
    std::uint64_t m_firstHeld = 0; // the number of the first
    Fence m_free;                // behind which all memory that nobody holds may be overwritten
    std::size_t m_atWork = 0;
    std::stop_source m_drop;
    std::exception_ptr m_error;
};

} // namespace strata
