// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/wire_pace.h"

#include <algorithm>

namespace strata {
namespace {

// Of one pass. Beyond it something else was the matter: a machine that slept, a debugger.
constexpr double kSlowest = 10.0;

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

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

void PaceMeter::add(
    const PassCost& foretold, const std::array<WireTotals, kWireCount>& measured, std::uint32_t tokens) {
    for (const Wire wire : {Wire::Link, Wire::Host, Wire::Disk}) {
        const auto i = static_cast<std::size_t>(wire);
        if (wire == Wire::Host && tokens > MultiplyRates::kTokenCounts.back())
            continue;
        const double expected = foretold.busySeconds[i] + (wire == Wire::Host ? foretold.exchangeSeconds : 0.0);
        if (measured[i].bytes == 0 || foretold.bytes[i] == 0 || expected <= 0.0)
            continue;
        // By the byte: what runs ahead of a pass does not end with it.
        const double share = static_cast<double>(measured[i].bytes) / static_cast<double>(foretold.bytes[i]);
        const double ratio = static_cast<double>(measured[i].busyNanoseconds) * 1e-9 / (share * expected);
        Recent& recent = m_recent[i];
        if (recent.ratios.size() < kPasses)
            recent.ratios.emplace_back();
        recent.ratios[recent.next] = std::clamp(ratio, 1.0 / kSlowest, kSlowest);
        recent.next = (recent.next + 1) % kPasses;
    }
}

WirePace PaceMeter::pace() const {
    WirePace pace;
    for (std::size_t i = 0; i < kWireCount; ++i)
        if (!m_recent[i].ratios.empty())
            pace.factors[i] = medianOf(m_recent[i].ratios);
    return pace;
}

} // namespace strata
