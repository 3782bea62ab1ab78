// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/pass_timeline.h"

#include "core/tier/pass_cost.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

constexpr int kFirstPasses = 3;   // in which the ring fills
constexpr int kCountedPasses = 5; // blocks don't fit passes evenly: some passes find more in the ring than others

} // namespace

PassTimeline::PassTimeline(
    const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head)
    : m_plan(plan), m_head(head), m_linkAlone(profile.linkIn), m_linkBeside(profile.linkInBesideHost),
      m_exchange(exchangeSeconds(plan, tokens, profile)) {
    assert(plan.usesGpu && plan.ringBytes > 0);
    for (const PlannedBlock& block : plan.blocks) {
        m_hostAlone.push_back(hostBlockSeconds(block, tokens, profile.hostRead, profile));
        m_hostBeside.push_back(hostBlockSeconds(block, tokens, profile.hostReadBesideLink, profile));
        m_gpuSeconds.push_back(gpuBlockSeconds(block, tokens, profile));
    }
}

void PassTimeline::restart(const Shares& shares) {
    m_shares = shares;
    m_linkRate = 1.0 / ((1.0 - shares.host) / m_linkAlone + shares.host / m_linkBeside);
    m_now = m_linkFree = m_linkSeconds = m_hostBusy = 0.0;
    m_ringEnd = 0;
    m_held.clear();
    m_isOnHost = m_hasBegun = false;
}

// How busy both are shows how much each slows the other down, which shows how busy they are: once is near enough.
double PassTimeline::seconds(std::span<const Executor> executors) {
    const Timing busy = run(executors, {});
    const auto share = [&](double seconds) { return std::min(seconds / busy.seconds, 1.0); };
    return run(executors, {.link = share(busy.linkSeconds), .host = share(busy.hostSeconds)}).seconds;
}

PassTimeline::Timing PassTimeline::run(std::span<const Executor> executors, const Shares& shares) {
    restart(shares);
    Timing begin;
    for (int pass = 0; pass < kFirstPasses + kCountedPasses; ++pass) {
        if (pass == kFirstPasses)
            begin = {.seconds = m_now, .linkSeconds = m_linkSeconds, .hostSeconds = m_hostBusy};
        for (std::size_t i = 0; i < executors.size(); ++i)
            if (isNeeded(i))
                compute(i, executors[i],
                    executors[i] == Executor::Streamed ? arrivalOf(m_plan.blocks[i]) : Arrival());
    }
    return {.seconds = (m_now - begin.seconds) / kCountedPasses,
        .linkSeconds = (m_linkSeconds - begin.linkSeconds) / kCountedPasses,
        .hostSeconds = (m_hostBusy - begin.hostSeconds) / kCountedPasses};
}

std::vector<Executor> PassTimeline::chooseOnTheWay(
    std::span<const Executor> executors, const std::vector<bool>& movable, double share) {
    restart({});
    std::vector<Executor> chosen(executors.begin(), executors.end());
    for (int pass = 0; pass < kFirstPasses; ++pass)
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            if (!isNeeded(i))
                continue;
            Arrival arrival;
            if (movable[i]) {
                arrival = arrivalOf(m_plan.blocks[i]);
                const double streamed = std::max(arrival.time - m_now, 0.0) + gpuSeconds(i);
                chosen[i] = streamed <= share * hostSeconds(i) ? Executor::Streamed : Executor::Host;
            }
            compute(i, chosen[i], arrival);
        }
    return chosen;
}

// Its copy begins when the one before has ended and what lies where it is to go was computed with. Tensors are taken to
// be of one size, the largest's.
PassTimeline::Arrival PassTimeline::arrivalOf(const PlannedBlock& block) const {
    const std::uint64_t ring = m_plan.ringBytes;
    const std::uint64_t largest = block.largestTensorBytes;
    assert(largest > 0);
    const std::uint64_t parts = (block.packedBytes + largest - 1) / largest;
    const std::uint64_t part = (block.packedBytes + parts - 1) / parts;
    Arrival arrival{.end = m_ringEnd, .time = m_linkFree};
    for (std::uint64_t i = 0; i < parts; ++i) {
        const std::uint64_t left = ring - arrival.end % ring;
        arrival.end += part <= left ? part : left + part;
    }
    for (; arrival.overwritten < m_held.size(); ++arrival.overwritten) {
        const Held& held = m_held[arrival.overwritten];
        if (arrival.end - held.begin <= ring)
            break;
        arrival.time = std::max(arrival.time, held.computed);
    }
    arrival.time += static_cast<double>(block.packedBytes) / m_linkRate;
    return arrival;
}

void PassTimeline::compute(std::size_t block, Executor executor, const Arrival& arrival) {
    if (executor == Executor::Host) {
        const double seconds = hostSeconds(block);
        m_now += seconds;
        m_hostBusy += seconds;
    } else {
        const double begin = executor == Executor::Streamed ? std::max(m_now, arrival.time) : m_now;
        m_now = begin + gpuSeconds(block);
    }
    m_isOnHost = executor == Executor::Host;
    m_hasBegun = true;
    if (executor != Executor::Streamed)
        return;
    m_held.erase(m_held.begin(), m_held.begin() + static_cast<std::ptrdiff_t>(arrival.overwritten));
    m_held.push_back({.begin = m_ringEnd, .computed = m_now});
    m_ringEnd = arrival.end;
    m_linkFree = arrival.time;
    m_linkSeconds += static_cast<double>(m_plan.blocks[block].packedBytes) / m_linkRate;
}

double PassTimeline::hostSeconds(std::size_t block) const {
    const int attends = m_plan.blocks[block].kind == BlockKind::Attention ? 2 : 0; // the cache is the GPU's
    return m_hostAlone[block] + m_shares.link * (m_hostBeside[block] - m_hostAlone[block]) +
           m_exchange * (attends + (m_hasBegun && !m_isOnHost ? 1 : 0));
}

double PassTimeline::gpuSeconds(std::size_t block) const {
    return m_gpuSeconds[block] + (m_isOnHost ? m_exchange : 0.0);
}

} // namespace strata
