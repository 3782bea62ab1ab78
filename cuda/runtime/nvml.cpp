// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/nvml.h"

#include "cuda/runtime/nvml_library.h"

#include <array>

namespace strata::cuda {
namespace {

constexpr unsigned kVersionLength = 80; // of NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE

} // namespace

std::optional<std::uint64_t> freeMemoryOf(const std::string& pciBusId) {
    const NvmlLibrary nvml;
    const auto ask = nvml.find<int(NvmlDevice, NvmlMemory*)>("nvmlDeviceGetMemoryInfo");
    const NvmlDevice device = nvml.device(pciBusId.c_str());
    NvmlMemory memory = {};
    const bool isKnown = ask != nullptr && device != nullptr && ask(device, &memory) == kNvmlSuccess;
    return isKnown ? std::optional<std::uint64_t>(memory.free) : std::nullopt;
}

std::string driverVersion() {
    const NvmlLibrary nvml;
    const auto ask = nvml.find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
    std::array<char, kVersionLength + 1> version = {};
    return ask != nullptr && ask(version.data(), kVersionLength) == kNvmlSuccess ? version.data() : std::string();
}

} // namespace strata::cuda
