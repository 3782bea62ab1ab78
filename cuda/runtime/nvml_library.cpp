// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/nvml_library.h"

#include <dlfcn.h>

namespace strata::cuda {

NvmlLibrary::NvmlLibrary() : m_library(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
    const auto initialise = reinterpret_cast<int (*)()>(symbol("nvmlInit_v2"));
    m_shutdown = reinterpret_cast<int (*)()>(symbol("nvmlShutdown"));
    m_isStarted = initialise != nullptr && m_shutdown != nullptr && initialise() == kNvmlSuccess;
}

NvmlLibrary::~NvmlLibrary() {
    if (m_isStarted)
        m_shutdown();
    if (m_library != nullptr)
        ::dlclose(m_library);
}

void* NvmlLibrary::symbol(const char* name) const {
    return m_library == nullptr ? nullptr : ::dlsym(m_library, name);
}

NvmlDevice NvmlLibrary::device(const char* pciBusId) const {
    const auto ask = find<int(const char*, NvmlDevice*)>("nvmlDeviceGetHandleByPciBusId_v2");
    NvmlDevice device = nullptr;
    return ask != nullptr && ask(pciBusId, &device) == kNvmlSuccess ? device : nullptr;
}

} // namespace strata::cuda
