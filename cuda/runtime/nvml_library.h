// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata::cuda {

// As the NVML API reference has them; nothing else of it is used.
using NvmlDevice = void*;
struct NvmlMemory {
    unsigned long long total, free, used;
};
struct NvmlUtilization { // percent
    unsigned gpu, memory;
};
struct NvmlProcess { // of nvmlDeviceGetComputeRunningProcesses_v3
    unsigned pid;
    unsigned long long usedMemory; // all ones: not known
    unsigned gpuInstance, computeInstance;
};
inline constexpr int kNvmlSuccess = 0;

// The driver's management library, opened at run time and started; it may not be there. Asks without a context on a
// GPU, which would itself take some hundred megabytes.
class NvmlLibrary {
public:
    NvmlLibrary();
    ~NvmlLibrary();
    NvmlLibrary(const NvmlLibrary&) = delete;
    NvmlLibrary& operator=(const NvmlLibrary&) = delete;

    // Null where the library does not work or has no such function.
    template <typename Function>
    Function* find(const char* name) const {
        return m_isStarted ? reinterpret_cast<Function*>(symbol(name)) : nullptr;
    }
    NvmlDevice device(const char* pciBusId) const; // null: not known

private:
    void* symbol(const char* name) const;

    void* m_library;
    int (*m_shutdown)() = nullptr;
    bool m_isStarted = false;
};

} // namespace strata::cuda
