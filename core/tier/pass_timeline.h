// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"
#include "core/tier/tier_plan.h"

#include <cstdint>
#include <span>
#include <vector>

namespace strata {

// When each block of a pass is computed, with a ring that holds so much and no more: what passCost can't see, since it
// adds up the work of a pass as if a wire could run ahead as far as it liked. For plans without blocks on disk.
class PassTimeline {
public:
    // The plan and the profile must outlive it.
    PassTimeline(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile, HeadUse head);

    // Seconds from pass to pass when many follow one another: the link runs ahead into the next.
    double seconds(std::span<const Executor> executors);

    // Executors as a pass would find them by itself: a block that could be streamed or computed by the CPU is streamed
    // if it would be done `share` of the CPU's time from now, and else is the CPU's. `movable`: one a block, whether it
    // may be either; the others stay as in `executors`.
    std::vector<Executor> chooseOnTheWay(
        std::span<const Executor> executors, const std::vector<bool>& movable, double share);

private:
    struct Held { // a block in the ring; positions count on without end
        std::uint64_t begin = 0;
        double computed = 0.0; // when its memory is free
    };
    struct Arrival { // of a block in the ring, if it were streamed
        std::uint64_t end = 0;
        std::size_t overwritten = 0; // blocks that were held
        double time = 0.0;
    };

    struct Shares { // of a pass, for which each is busy: by it the other is as slow as beside it
        double link = 1.0;
        double host = 1.0;
    };
    struct Timing { // of one of many passes
        double seconds = 0.0;
        double linkSeconds = 0.0; // of copies
        double hostSeconds = 0.0; // of the CPU's blocks
    };

    void restart(const Shares& shares);
    Timing run(std::span<const Executor> executors, const Shares& shares);
    Arrival arrivalOf(const PlannedBlock& block) const;
    // Advances the pass by one block, streamed ones as arrivalOf says.
    void compute(std::size_t block, Executor executor, const Arrival& arrival);
    bool isNeeded(std::size_t block) const { return strata::isNeeded(m_plan.blocks[block].kind, m_head); }
    double hostSeconds(std::size_t block) const; // with exchanges
    double gpuSeconds(std::size_t block) const;

    const Plan& m_plan;
    HeadUse m_head;
    double m_linkAlone; // bytes per second
    double m_linkBeside;
    double m_exchange;
    std::vector<double> m_hostAlone; // seconds, one a block, without exchanges
    std::vector<double> m_hostBeside;
    std::vector<double> m_gpuSeconds;

    Shares m_shares;
    double m_linkRate = 0.0;
    double m_linkSeconds = 0.0; // of copies, so far
    double m_hostBusy = 0.0;    // seconds, so far

    double m_now = 0.0;      // of the pass
    double m_linkFree = 0.0; // when the last copy ends
    std::uint64_t m_ringEnd = 0;
    std::vector<Held> m_held; // in the order they were brought
    bool m_isOnHost = false;
    bool m_hasBegun = false;
};

} // namespace strata
