// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/pass_schedule.h"

#include <algorithm>
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
        m_best.executors = m_executors;
        m_best.cost = passCost(plan, m_executors, tokens, profile, head);
    }

    // One kind all by the CPU or all streamed, and any number of the other: attention costs exchanges when the CPU
    // projects, feed-forward blocks are the larger ones, so the best number of both lies on one of these edges.
    Schedule run() {
        for (const std::size_t attention : {m_attention.size(), std::size_t(0)})
            for (std::size_t feedForward = 0; feedForward <= m_feedForward.size(); ++feedForward)
                tryStreaming(attention, feedForward);
        for (const std::size_t feedForward : {m_feedForward.size(), std::size_t(0)})
            for (std::size_t attention = 1; attention < m_attention.size(); ++attention)
                tryStreaming(attention, feedForward);
        return std::move(m_best);
    }

private:
    void tryStreaming(std::size_t attention, std::size_t feedForward) {
        stream(m_attention, attention, m_executors);
        stream(m_feedForward, feedForward, m_executors);
        const PassCost cost = passCost(m_plan, m_executors, m_best.tokens, m_profile, m_best.head);
        if (cost.seconds >= m_best.cost.seconds)
            return;
        m_best.cost = cost;
        m_best.executors = m_executors;
    }

    const Plan& m_plan;
    const MachineProfile& m_profile;
    Movable m_attention;
    Movable m_feedForward;
    std::vector<Executor> m_executors;
    Schedule m_best;
};

} // namespace

std::uint32_t scheduleTokens(std::uint32_t tokens) {
    return std::bit_ceil(tokens);
}

Schedule schedulePass(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head) {
    assert(tokens > 0);
    Schedule schedule = ScheduleSearch(plan, tokens, profile, head).run();
    for (std::uint32_t i = 0; i < plan.blocks.size(); ++i) {
        if (schedule.executors[i] == Executor::Streamed)
            schedule.streamOrder.emplace_back(i);
        if (plan.blocks[i].tier == Tier::Disk && isNeeded(plan.blocks[i].kind, head))
            schedule.diskOrder.emplace_back(i);
    }
    return schedule;
}

} // namespace strata
