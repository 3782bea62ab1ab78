// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/nvml.h"

#include <dlfcn.h>

#include <memory>

namespace strata::cuda {
namespace {

// As the NVML API reference has them; nothing else of it is used.
using NvmlDevice = void*;
struct NvmlMemory {
    unsigned long long total, free, used;
};
constexpr int kSuccess = 0;

template <typename Function>
Function* symbol(void* library, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(library, name));
}

} // namespace

std::optional<std::uint64_t> freeMemoryOf(const std::string& pciBusId) {
    const std::unique_ptr<void, int (*)(void*)> library(
        ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL), [](void* handle) { return ::dlclose(handle); });
    if (!library)
        return std::nullopt;
    const auto initialise = symbol<int()>(library.get(), "nvmlInit_v2");
    const auto shutdown = symbol<int()>(library.get(), "nvmlShutdown");
    const auto find = symbol<int(const char*, NvmlDevice*)>(library.get(), "nvmlDeviceGetHandleByPciBusId_v2");
    const auto ask = symbol<int(NvmlDevice, NvmlMemory*)>(library.get(), "nvmlDeviceGetMemoryInfo");
    if (initialise == nullptr || shutdown == nullptr || find == nullptr || ask == nullptr || initialise() != kSuccess)
        return std::nullopt;
    NvmlDevice device = nullptr;
    NvmlMemory memory = {};
    const bool isKnown = find(pciBusId.c_str(), &device) == kSuccess && ask(device, &memory) == kSuccess;
    shutdown();
    return isKnown ? std::optional<std::uint64_t>(memory.free) : std::nullopt;
}

} // namespace strata::cuda
