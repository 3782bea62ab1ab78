// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"
#include "core/tier/metrics.h"
#include "core/tier/pass_cost.h"
#include "core/tier/tier.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata {

// How long wires take beside what a profile says of them: 1 as it says, 1.2 a fifth longer. A value.
struct WirePace {
    std::array<double, kWireCount> factors = {1.0, 1.0, 1.0, 1.0}; // by Wire

    double operator[](Wire wire) const { return factors[static_cast<std::size_t>(wire)]; }
};

// The figures of a machine whose link, RAM and drives are at another pace than they were when it was measured.
MachineProfile atPace(MachineProfile profile, const WirePace& pace);

// Learns from passes at which pace link, RAM and drives are now: other programs, or on a shared host other guests, use
// them too, and did or did not when the machine was measured. Of each wire the median of the last passes counts, so
// that one that was disturbed does not. A GPU's own memory has no other users, and is taken as it was measured.
class PaceMeter {
public:
    // A pass that was finished: what was foretold of it, and what each wire carried meanwhile, in how long; the CPU
    // without waiting for activations, and without attention. A wire that has next to nothing to do says nothing of its
    // pace, and neither does the CPU in passes of so many tokens that it multiplies for longer than it reads.
    void add(const PassCost& foretold, const std::array<WireTotals, kWireCount>& measured, std::uint32_t tokens);

    WirePace pace() const; // 1 for wires that carried nothing yet

private:
    static constexpr std::size_t kPasses = 15; // that are remembered

    struct Recent { // of one wire: the last kPasses ratios, the oldest of which is overwritten
        std::array<double, kPasses> ratios = {};
        std::size_t count = 0; // that were ever added

        void add(double ratio) { ratios[count++ % kPasses] = ratio; }
        double median() const; // some must have been added
    };
    std::array<Recent, kWireCount> m_recent;
};

} // namespace strata
