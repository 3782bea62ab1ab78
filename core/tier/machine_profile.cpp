// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/machine_profile.h"

#include <algorithm>
#include <limits>

namespace strata {
namespace {

// Nothing takes no time, even at a rate that is not known.
double secondsOf(double amount, double perSecond) {
    return amount == 0.0 ? 0.0 : amount / perSecond;
}

bool holds(const std::string& mountPoint, std::string_view path) {
    if (!path.starts_with(mountPoint))
        return false;
    return mountPoint.ends_with('/') || path.size() == mountPoint.size() || path[mountPoint.size()] == '/';
}

} // namespace

double MultiplyRates::seconds(const ProductWork& work, std::uint32_t tokens) const {
    const auto bytes = static_cast<double>(work.weightBytes);
    const auto measured = [&](std::size_t i) { return secondsOf(bytes, weightBytesPerSecond[i]); };
    const std::size_t last = kTokenCounts.size() - 1;
    if (tokens > kTokenCounts[last])
        return std::max(measured(last), secondsOf(static_cast<double>(work.weightCount) * tokens, multipliesPerSecond) +
                                            static_cast<double>(work.inputCount) * inputSeconds +
                                            static_cast<double>(work.activationCount) * tokens * activationSeconds);
    std::size_t above = 0;
    while (kTokenCounts[above] < tokens)
        ++above;
    if (kTokenCounts[above] == tokens || above == 0)
        return measured(above);
    const double share = static_cast<double>(tokens - kTokenCounts[above - 1]) /
                         static_cast<double>(kTokenCounts[above] - kTokenCounts[above - 1]);
    return measured(above - 1) * (1.0 - share) + measured(above) * share;
}

double MultiplyRates::attentionSeconds(double multiplies, double queryNumbers, std::uint32_t tokens) const {
    const double asProducts = secondsOf(multiplies, multipliesPerSecond);
    if (tokens <= kTokenCounts.back() || !knowsPrompts())
        return asProducts;
    return std::max(asProducts, secondsOf(multiplies, attendsPerSecond) + queryNumbers * attendedSeconds);
}

bool MachineProfile::isOf(std::string_view cpuName, std::string_view gpuName, std::string_view driverVersion) const {
    return cpu == cpuName && gpu == gpuName && driver == driverVersion;
}

MachineProfile MachineProfile::withoutGpu() const {
    MachineProfile host;
    host.cpu = cpu;
    host.date = date;
    host.ramSize = ramSize;
    host.hostRead = hostRead;
    host.cpuBlockSeconds = cpuBlockSeconds;
    host.cpuMultiply = cpuMultiply;
    host.drives = drives;
    return host;
}

double MachineProfile::diskBytesPerSecond(std::string_view path) const {
    const DriveRate* holder = nullptr;
    double slowest = std::numeric_limits<double>::max();
    for (const DriveRate& drive : drives) {
        slowest = std::min(slowest, drive.bytesPerSecond);
        if (holds(drive.mountPoint, path) && (holder == nullptr || drive.mountPoint.size() > holder->mountPoint.size()))
            holder = &drive;
    }
    if (holder != nullptr)
        return holder->bytesPerSecond;
    return drives.empty() ? 0.0 : slowest;
}

} // namespace strata
