// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/typical_profile.h"

namespace strata {
namespace {

// Two channels of DDR4, four cores with AVX2; a card of the lower middle class at PCIe 3.0 x8; a SATA drive.
constexpr double kHostRead = 20e9;
constexpr double kHostReadBesideLink = 16e9;
constexpr double kLink = 6e9;
constexpr double kLinkBesideHost = 5e9;
constexpr double kVramRead = 250e9;
constexpr double kDrive = 0.5e9;
constexpr double kExchangeSeconds = 30e-6;
constexpr double kGpuBlockSeconds = 20e-6;
constexpr double kCpuBlockSeconds = 30e-6;
constexpr MultiplyRates kCpuMultiply = {.weightBytesPerSecond = {20e9, 18e9, 12e9, 7e9},
    .multipliesPerSecond = 150e9,
    .activationSeconds = 1e-9,
    .attendsPerSecond = 100e9};
constexpr MultiplyRates kGpuMultiply = {.weightBytesPerSecond = {220e9, 220e9, 200e9, 160e9},
    .multipliesPerSecond = 5000e9,
    .inputSeconds = 5e-9,
    .activationSeconds = 2e-11,
    .attendsPerSecond = 2500e9,
    .attendedSeconds = 1e-10};

} // namespace

MachineProfile typicalProfile(const DeviceInfo& cpu, const std::optional<DeviceInfo>& gpu) {
    MachineProfile profile;
    profile.cpu = cpu.name;
    profile.ramSize = cpu.totalBytes;
    profile.hostRead = kHostRead;
    profile.cpuBlockSeconds = kCpuBlockSeconds;
    profile.cpuMultiply = kCpuMultiply;
    profile.drives = {{.mountPoint = "/", .bytesPerSecond = kDrive}};
    if (!gpu)
        return profile;
    profile.gpu = gpu->name;
    profile.driver = gpu->driver;
    profile.vramSize = gpu->totalBytes;
    profile.vramRead = kVramRead;
    profile.linkIn = profile.linkOut = kLink;
    profile.linkInBesideHost = kLinkBesideHost;
    profile.hostReadBesideLink = kHostReadBesideLink;
    profile.exchangeSeconds = kExchangeSeconds;
    profile.gpuBlockSeconds = kGpuBlockSeconds;
    profile.gpuMultiply = kGpuMultiply;
    return profile;
}

} // namespace strata
