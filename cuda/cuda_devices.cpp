// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/cuda_backend.h"

#include <cuda_runtime_api.h>

#include <string>

namespace strata {

// Empty until the kernels of the forward pass are here: a device is offered only when it can compute a model.
std::vector<BackendChoice> cudaBackends() {
    return {};
}

std::vector<DeviceInfo> cudaDevices() {
    // Without a driver the runtime answers InsufficientDriver, not NoDevice, and leaves the count alone.
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess)
        return {};
    std::vector<DeviceInfo> devices;
    for (int index = 0; index < count; ++index) {
        cudaDeviceProp properties = {};
        std::size_t freeBytes = 0;
        std::size_t totalBytes = 0;
        if (cudaGetDeviceProperties(&properties, index) != cudaSuccess || cudaSetDevice(index) != cudaSuccess ||
            cudaMemGetInfo(&freeBytes, &totalBytes) != cudaSuccess)
            continue;
        DeviceInfo info;
        info.id = "cuda:" + std::to_string(index);
        info.kind = DeviceKind::Gpu;
        info.name = properties.name;
        info.detail = "compute capability " + std::to_string(properties.major) + "." + std::to_string(properties.minor);
        info.totalBytes = totalBytes;
        info.freeBytes = freeBytes;
        devices.push_back(info);
    }
    return devices;
}

} // namespace strata
