// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/nvml.h"

#include <dlfcn.h>

#include <array>
#include <memory>

namespace strata::cuda {
namespace {

// As the NVML API reference has them; nothing else of it is used.
using NvmlDevice = void*;
struct NvmlMemory {
    unsigned long long total, free, used;
};
constexpr int kSuccess = 0;
constexpr unsigned kVersionLength = 80; // of NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE

// The library, opened and started; it may not be there.
class Nvml {
public:
    Nvml() : m_library(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
        const auto initialise = symbol<int()>("nvmlInit_v2");
        m_shutdown = symbol<int()>("nvmlShutdown");
        m_isStarted = initialise != nullptr && m_shutdown != nullptr && initialise() == kSuccess;
    }
    ~Nvml() {
        if (m_isStarted)
            m_shutdown();
        if (m_library != nullptr)
            ::dlclose(m_library);
    }
    Nvml(const Nvml&) = delete;
    Nvml& operator=(const Nvml&) = delete;

    // Null where the library does not work or has no such function.
    template <typename Function>
    Function* find(const char* name) const {
        return m_isStarted ? symbol<Function>(name) : nullptr;
    }

private:
    template <typename Function>
    Function* symbol(const char* name) const {
        return m_library == nullptr ? nullptr : reinterpret_cast<Function*>(::dlsym(m_library, name));
    }

    void* m_library;
    int (*m_shutdown)() = nullptr;
    bool m_isStarted = false;
};

} // namespace

std::optional<std::uint64_t> freeMemoryOf(const std::string& pciBusId) {
    const Nvml nvml;
    const auto find = nvml.find<int(const char*, NvmlDevice*)>("nvmlDeviceGetHandleByPciBusId_v2");
    const auto ask = nvml.find<int(NvmlDevice, NvmlMemory*)>("nvmlDeviceGetMemoryInfo");
    NvmlDevice device = nullptr;
    NvmlMemory memory = {};
    const bool isKnown = find != nullptr && ask != nullptr && find(pciBusId.c_str(), &device) == kSuccess &&
                         ask(device, &memory) == kSuccess;
    return isKnown ? std::optional<std::uint64_t>(memory.free) : std::nullopt;
}

std::string driverVersion() {
    const Nvml nvml;
    const auto ask = nvml.find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
    std::array<char, kVersionLength + 1> version = {};
    return ask != nullptr && ask(version.data(), kVersionLength) == kSuccess ? version.data() : std::string();
}

} // namespace strata::cuda
