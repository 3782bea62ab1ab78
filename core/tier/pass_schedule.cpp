// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/pass_schedule.h"

#include "core/tier/pass_timeline.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace strata {
namespace {

// Blocks of one kind that the ring could bring, in the order of work.
using Movable = std::vector<std::size_t>;

Movable movableBlocks(const Plan& plan, BlockKind kind) {
    Movable found;
    if (!plan.usesGpu || plan.ringBytes == 0)
        return found;
    for (std::size_t i = 0; i < plan.blocks.size(); ++i)
        if (plan.blocks[i].kind == kind && plan.blocks[i].tier != Tier::Vram)
            found.push_back(i);
    return found;
}

// `count` of them to be streamed, as evenly between the others as whole blocks allow, the rest by the CPU.
void stream(const Movable& blocks, std::size_t count, std::vector<Executor>& executors) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const bool isNext = (i + 1) * count / blocks.size() > i * count / blocks.size();
        executors[blocks[i]] = isNext ? Executor::Streamed : Executor::Host;
    }
}

std::vector<Executor> firstExecutors(const Plan& plan) {
    std::vector<Executor> executors;
    for (const PlannedBlock& block : plan.blocks)
        executors.push_back(block.tier == Tier::Vram ? Executor::Resident : Executor::Host);
    return executors;
}

// Tries numbers of attention and feed-forward blocks to stream, and keeps the fastest.
class ScheduleSearch {
public:
    ScheduleSearch(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head)
        : m_plan(plan), m_profile(profile), m_attention(movableBlocks(plan, BlockKind::Attention)),
          m_feedForward(movableBlocks(plan, BlockKind::FeedForward)), m_executors(firstExecutors(plan)) {
        m_best.tokens = tokens;
        m_best.head = head;
    }

    Schedule balance() {
        m_best.executors = m_executors;
        m_best.cost = costOf(m_executors);
        forEachSpread([&] {
            const PassCost cost = costOf(m_executors);
            if (cost.seconds >= m_best.cost.seconds)
                return;
            m_best.cost = cost;
            m_best.executors = m_executors;
        });
        return m_best;
    }

    // Behind balance().
    Schedule arrange() {
        if (!canArrange())
            return m_best;
        PassTimeline timeline(m_plan, m_best.tokens, m_profile, m_best.head);
        double best = timeline.seconds(m_best.executors);
        const auto consider = [&](const std::vector<Executor>& executors) {
            const PassCost cost = costOf(executors);
            if (cost.seconds >= best) // which no ring makes faster
                return;
            const double seconds = timeline.seconds(executors);
            if (seconds >= best)
                return;
            best = seconds;
            m_best.cost = cost;
            m_best.executors = executors;
        };
        forEachSpread([&] { consider(m_executors); });
        std::vector<bool> movable(m_plan.blocks.size());
        for (const Movable* blocks : {&m_attention, &m_feedForward})
            for (const std::size_t block : *blocks)
                movable[block] = true;
        for (const double share : kShares)
            consider(timeline.chooseOnTheWay(m_best.executors, movable, share));
        return m_best;
    }

private:
    static constexpr std::array<double, 6> kShares = {0.1, 0.2, 0.4, 0.6, 0.8, 1.0};

    PassCost costOf(const std::vector<Executor>& executors) const {
        return passCost(m_plan, executors, m_best.tokens, m_profile, m_best.head);
    }

    // Long passes stream nearly all, and the drive has a pace of its own.
    bool canArrange() const {
        const bool isOnDisk = std::any_of(m_plan.blocks.begin(), m_plan.blocks.end(),
            [](const PlannedBlock& block) { return block.tier == Tier::Disk; });
        return m_best.tokens <= MultiplyRates::kTokenCounts.back() && !isOnDisk &&
               m_attention.size() + m_feedForward.size() > 0;
    }

    // One kind all by the CPU or all streamed, and any number of the other: attention costs exchanges when the CPU
    // projects, feed-forward blocks are the larger ones, so the best number of both lies on one of these edges.
    template <typename Visit>
    void forEachSpread(const Visit& visit) {
        const auto spread = [&](std::size_t attention, std::size_t feedForward) {
            stream(m_attention, attention, m_executors);
            stream(m_feedForward, feedForward, m_executors);
            visit();
        };
        for (const std::size_t attention : {m_attention.size(), std::size_t(0)})
            for (std::size_t feedForward = 0; feedForward <= m_feedForward.size(); ++feedForward)
                spread(attention, feedForward);
        for (const std::size_t feedForward : {m_feedForward.size(), std::size_t(0)})
            for (std::size_t attention = 1; attention < m_attention.size(); ++attention)
                spread(attention, feedForward);
    }

    const Plan& m_plan;
    const MachineProfile& m_profile;
    Movable m_attention;
    Movable m_feedForward;
    std::vector<Executor> m_executors;
    Schedule m_best;
};

void listOrders(const Plan& plan, Schedule& schedule) {
    for (std::uint32_t i = 0; i < plan.blocks.size(); ++i) {
        if (schedule.executors[i] == Executor::Streamed)
            schedule.streamOrder.emplace_back(i);
        if (plan.blocks[i].tier == Tier::Disk && isNeeded(plan.blocks[i].kind, schedule.head))
            schedule.diskOrder.emplace_back(i);
    }
}

} // namespace

std::uint32_t scheduleTokens(std::uint32_t tokens) {
    return std::bit_ceil(tokens);
}

Schedule balancePass(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head) {
    assert(tokens > 0);
    Schedule schedule = ScheduleSearch(plan, tokens, profile, head).balance();
    listOrders(plan, schedule);
    return schedule;
}

Schedule schedulePass(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head) {
    assert(tokens > 0);
    ScheduleSearch search(plan, tokens, profile, head);
    search.balance();
    Schedule schedule = search.arrange();
    listOrders(plan, schedule);
    return schedule;
}

} // namespace strata
