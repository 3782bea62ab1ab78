// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of a ring: blocks that are held never overlap, no room is left unused that the next block fits into, and what
// is overwritten waits for exactly those who read it.
#include "core/tier/block_ring.h"

#include <QtTest>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

using namespace strata;

namespace {

using Range = std::pair<std::uint64_t, std::uint64_t>; // begin, end

RingBlock blockOf(std::vector<std::uint64_t> partBytes) {
    RingBlock block{.partOffsets = {}, .byteCount = 0};
    for (const std::uint64_t bytes : partBytes) {
        block.partOffsets.push_back(block.byteCount);
        block.byteCount += bytes;
    }
    return block;
}

std::vector<Range> rangesOf(const RingPlace& place, const RingBlock& block) {
    std::vector<Range> ranges;
    for (std::size_t i = 0; i < block.partOffsets.size(); ++i) {
        const std::uint64_t end = i + 1 < block.partOffsets.size() ? block.partOffsets[i + 1] : block.byteCount;
        const std::uint64_t begin = partBegin(place, block.partOffsets, i);
        ranges.emplace_back(begin, begin + (end - block.partOffsets[i]));
    }
    return ranges;
}

bool overlap(const std::vector<Range>& a, const std::vector<Range>& b) {
    for (const Range& left : a)
        for (const Range& right : b)
            if (left.first < right.second && right.first < left.second)
                return true;
    return false;
}

std::vector<BlockIndex> allOf(std::size_t count) {
    std::vector<BlockIndex> order;
    for (std::uint32_t i = 0; i < count; ++i)
        order.emplace_back(i);
    return order;
}

} // namespace

class TestBlockRing : public QObject {
    Q_OBJECT
private slots:
    void smallBlocksFillTheRoomOfALargeOne() {
        std::vector<RingBlock> blocks(12, blockOf({10}));
        blocks.push_back(blockOf({40, 60}));
        BlockRing ring(200, blocks);
        ring.open(allOf(blocks.size()), {});
        for (std::uint32_t i = 0; i < 12; ++i) {
            const auto ticket = ring.tryNext();
            QVERIFY(ticket);
            QCOMPARE(ticket->place.begin, std::uint64_t(10 * i));
            ring.publish(*ticket, {});
        }
        QVERIFY(!ring.tryNext()); // 80 are left at the end, and none at the beginning
        for (std::uint32_t i = 0; i < 6; ++i)
            ring.release(ring.take(BlockIndex(i), {})->number, {});
        const auto ticket = ring.tryNext();
        QVERIFY(ticket);
        QCOMPARE(ticket->place.begin, std::uint64_t(120)); // the first part at the end, the second at the beginning
        QCOMPARE(ticket->place.firstAtStart, std::size_t(1));
        QCOMPARE(partBegin(ticket->place, blocks.back().partOffsets, 1), std::uint64_t(0));
        ring.publish(*ticket, {});
        ring.close();
    }

    // Blocks of all sizes, brought, used and given back at random.
    void nothingHeldOverlapsAndEverythingArrives() {
        std::mt19937 random(1);
        for (int round = 0; round < 200; ++round) {
            std::vector<RingBlock> blocks;
            std::uint64_t largest = 0;
            for (int i = 0; i < 9; ++i) {
                std::vector<std::uint64_t> parts(1 + random() % 4);
                for (std::uint64_t& part : parts)
                    part = 1 + random() % 50;
                blocks.push_back(blockOf(parts));
                largest = std::max(largest, blocks.back().byteCount);
            }
            BlockRing ring(largest * (1 + random() % 3), blocks);
            ring.open(allOf(blocks.size()), {});
            std::map<std::uint64_t, std::vector<Range>> held;
            std::deque<BlockIndex> waiting;
            std::deque<BlockRing::Filled> taken;
            std::uint64_t brought = 0;
            std::size_t takenInPass = 0;
            for (int step = 0; step < 400; ++step) {
                if (random() % 2 == 0) {
                    if (const auto ticket = ring.tryNext()) {
                        const auto ranges = rangesOf(ticket->place, blocks[ticket->block.value]);
                        for (const auto& [number, others] : held)
                            QVERIFY(!overlap(ranges, others));
                        for (const Range& range : ranges)
                            QVERIFY(range.second <= ring.byteCount());
                        held[ticket->number] = ranges;
                        waiting.push_back(ticket->block);
                        ring.publish(*ticket, {});
                        ++brought;
                    } else {
                        QVERIFY(!held.empty() || takenInPass == blocks.size()); // an empty ring takes any block
                    }
                } else if (!taken.empty() && random() % 2 == 0) {
                    held.erase(taken.front().number);
                    ring.release(taken.front().number, {});
                    taken.pop_front();
                } else if (!waiting.empty()) {
                    if (takenInPass == blocks.size()) {
                        QVERIFY(ring.continueAs(allOf(blocks.size())));
                        takenInPass = 0;
                    }
                    taken.push_back(*ring.take(waiting.front(), {}));
                    waiting.pop_front();
                    ++takenInPass;
                }
            }
            QVERIFY(brought > 30);
            ring.close();
        }
    }

    // Four blocks of a quarter each were used; the first that comes next overwrites the first of them alone.
    void memoryIsUsedAgainInTheOrderOfItsFences() {
        const std::vector<RingBlock> blocks(4, blockOf({25}));
        BlockRing ring(100, blocks);
        ring.open(allOf(4), Fence{3});
        for (std::uint32_t i = 0; i < 4; ++i) {
            const auto ticket = ring.tryNext();
            QCOMPARE(ticket->free.value, std::uint64_t(3));
            ring.publish(*ticket, {});
        }
        for (std::uint32_t i = 0; i < 4; ++i)
            ring.release(ring.take(BlockIndex(i), {})->number, Fence{10 + i});
        for (std::uint32_t i = 0; i < 4; ++i) {
            const auto ticket = ring.tryNext();
            QCOMPARE(ticket->free.value, std::uint64_t(10 + i));
            QCOMPARE(ticket->place.begin, std::uint64_t(25 * i));
            ring.publish(*ticket, {});
        }
        ring.close();
    }

    // Passes of another order go on only with what they begin with: the check and the change are one step, since the
    // bringer may claim the next block at any moment.
    void anotherOrderContinuesOnlyWithWhatIsAhead() {
        const std::vector<RingBlock> blocks(4, blockOf({10}));
        BlockRing ring(30, blocks);
        const auto order = [](std::initializer_list<std::uint32_t> indices) {
            std::vector<BlockIndex> all;
            for (const std::uint32_t index : indices)
                all.emplace_back(index);
            return all;
        };
        ring.open(order({0, 1}), {});
        for (const std::uint32_t block : {0U, 1U}) {
            ring.publish(*ring.tryNext(), {});
            ring.release(ring.take(BlockIndex(block), {})->number, {});
        }
        ring.publish(*ring.tryNext(), {}); // block 0 of the pass behind
        QVERIFY(!ring.continueAs(order({2, 0})));
        QVERIFY(ring.continueAs(order({0, 3})));
        QVERIFY(ring.take(BlockIndex(0), {}));
        QCOMPARE(ring.tryNext()->block, BlockIndex(3));
    }

    // However much room there is: what is brought for a pass that nobody knows yet may be the wrong thing.
    void nothingIsBroughtBeyondTheNextPass() {
        BlockRing ring(100, std::vector<RingBlock>(2, blockOf({10})));
        ring.open(allOf(2), {});
        for (int i = 0; i < 4; ++i)
            ring.publish(*ring.tryNext(), {});
        QVERIFY(!ring.tryNext());
        for (const std::uint32_t block : {0U, 1U})
            ring.release(ring.take(BlockIndex(block), {})->number, {});
        QVERIFY(!ring.tryNext());
        QVERIFY(ring.continueAs(allOf(2)));
        QCOMPARE(ring.tryNext()->block, BlockIndex(0));
    }
    // Brought ahead or on its way, when the next pass turns out to need the others alone: its memory is used again.
    void whatAPassLeavesOutGivesItsMemoryBack_data() {
        QTest::addColumn<bool>("isOnItsWay");
        QTest::newRow("there") << false;
        QTest::newRow("on its way") << true;
    }
    void whatAPassLeavesOutGivesItsMemoryBack() {
        QFETCH(bool, isOnItsWay);
        BlockRing ring(60, std::vector<RingBlock>(3, blockOf({10})));
        ring.open(allOf(3), {});
        for (std::uint32_t block = 0; block < 3; ++block) {
            ring.publish(*ring.tryNext(), {});
            ring.release(ring.take(BlockIndex(block), {})->number, {});
        }
        for (std::uint32_t block = 0; block < 2; ++block)
            ring.publish(*ring.tryNext(), {});
        const auto last = ring.tryNext();
        if (!isOnItsWay)
            ring.publish(*last, {});
        QVERIFY(ring.continueAs(allOf(2), BlockIndex(2)));
        if (isOnItsWay)
            ring.publish(*last, {});
        for (std::uint32_t block = 0; block < 2; ++block)
            ring.release(ring.take(BlockIndex(block), {})->number, {});
        QVERIFY(ring.continueAs(allOf(3)));
        for (std::uint32_t block = 0; block < 6; ++block) { // all of the memory once
            const auto ticket = ring.tryNext();
            QVERIFY(ticket);
            QCOMPARE(ticket->block, BlockIndex(block % 3));
            ring.publish(*ticket, {});
        }
        QVERIFY(!ring.tryNext());
        ring.close();
    }
    void aBlockThatIsNotAheadIsLeftOutWithoutEffect() {
        BlockRing ring(20, std::vector<RingBlock>(2, blockOf({10})));
        QVERIFY(!ring.continueAs(allOf(1), BlockIndex(1))); // closed
        ring.open(allOf(2), {});
        for (const std::uint32_t block : {0U, 1U}) {
            ring.publish(*ring.tryNext(), {}); // of this pass, not of the next
            ring.release(ring.take(BlockIndex(block), {})->number, {});
        }
        QVERIFY(ring.continueAs(allOf(1), BlockIndex(1)));
        QCOMPARE(ring.tryNext()->block, BlockIndex(0));
    }
    void theOnlyBlockMayBeLeftOutAgainAndAgain() {
        BlockRing ring(20, std::vector<RingBlock>(1, blockOf({10})));
        ring.open(allOf(1), {});
        ring.publish(*ring.tryNext(), {});
        ring.release(ring.take(BlockIndex(0), {})->number, {});
        ring.publish(*ring.tryNext(), {});
        for (int pass = 0; pass < 3; ++pass)
            QVERIFY(ring.continueAs({}, BlockIndex(0)));
        QVERIFY(ring.continueAs(allOf(1)));
        for (int copies = 0; copies < 2; ++copies)
            ring.publish(*ring.tryNext(), {});
        ring.close();
    }

    // One user runs ahead of the other: memory comes free in the order in which it was filled.
    void whoRunsAheadLeavesWhatIsInFrontOfIt() {
        const std::vector<RingBlock> blocks(3, blockOf({50}));
        BlockRing ring(100, blocks);
        ring.open(allOf(3), {});
        ring.publish(*ring.tryNext(), {});
        ring.publish(*ring.tryNext(), {});
        ring.release(ring.take(BlockIndex(1), {})->number, {});
        QVERIFY(!ring.tryNext());
        ring.release(ring.take(BlockIndex(0), {})->number, {});
        const auto third = ring.tryNext();
        QVERIFY(third);
        QCOMPARE(third->place.begin, std::uint64_t(0));
        ring.publish(*third, {});
        ring.close();
    }
};

QTEST_APPLESS_MAIN(TestBlockRing)
#include "tst_block_ring.moc"
