// SPDX-License-Identifier: GPL-3.0-or-later
// Serves cuda_backend.h in builds without CUDA.
#include "cuda/cuda_backend.h"

namespace strata {

std::vector<BackendChoice> cudaBackends() {
    return {};
}

std::vector<DeviceInfo> cudaDevices() {
    return {};
}

std::string whyNoGpu() {
    return "This build of Strata is without support for GPUs";
}

} // namespace strata
