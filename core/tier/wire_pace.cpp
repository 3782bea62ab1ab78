// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/wire_pace.h"

#include <algorithm>

namespace strata {
namespace {

// Of one pass. Beyond it something else was the matter: a machine that slept, a debugger.
constexpr double kSlowest = 10.0;
// Of a pass that a wire is busy for, lest a row of the embedding stands for all of RAM.
constexpr double kLeastShare = 0.05;

} // namespace

MachineProfile atPace(MachineProfile profile, const WirePace& pace) {
    for (double* rate : {&profile.linkIn, &profile.linkInBesideHost})
        *rate /= pace[Wire::Link];
    for (double* rate : {&profile.hostRead, &profile.hostReadBesideLink})
        *rate /= pace[Wire::Host];
    // What bounded the CPU's blocks, reading or multiplying, is not known.
    for (double& rate : profile.cpuMultiply.weightBytesPerSecond)
        rate /= pace[Wire::Host];
    for (DriveRate& drive : profile.drives)
        drive.bytesPerSecond /= pace[Wire::Disk];
    return profile;
}

double PaceMeter::Recent::median() const {
    std::array<double, kPasses> sorted = ratios;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count, kPasses));
    const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
    std::nth_element(sorted.begin(), middle, end);
    return *middle;
}

void PaceMeter::add(
    const PassCost& foretold, const std::array<WireTotals, kWireCount>& measured, std::uint32_t tokens) {
    for (const Wire wire : {Wire::Link, Wire::Host, Wire::Disk}) {
        const auto i = static_cast<std::size_t>(wire);
        const double expected = foretold.busySeconds[i];
        if (wire == Wire::Host && tokens > MultiplyRates::kTokenCounts.back())
            continue;
        if (measured[i].bytes == 0 || measured[i].busyNanoseconds == 0 || expected <= kLeastShare * foretold.seconds)
            continue;
        // By the byte: what runs ahead of a pass does not end with it.
        const double share = static_cast<double>(measured[i].bytes) / static_cast<double>(foretold.bytes[i]);
        const double ratio = static_cast<double>(measured[i].busyNanoseconds) * 1e-9 / (share * expected);
        m_recent[i].add(std::clamp(ratio, 1.0 / kSlowest, kSlowest));
    }
}

WirePace PaceMeter::pace() const {
    WirePace pace;
    for (std::size_t i = 0; i < kWireCount; ++i)
        if (m_recent[i].count > 0)
            pace.factors[i] = m_recent[i].median();
    return pace;
}

} // namespace strata
