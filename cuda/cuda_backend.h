// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"

#include <string>
#include <vector>

namespace strata {

// The NVIDIA GPUs that this build can compute on, in the driver's order, which has the fastest first. Empty without a
// GPU, a driver or a build with CUDA. Takes no memory of the GPU until one is opened.
std::vector<BackendChoice> cudaBackends();

// The NVIDIA GPUs that are there, whether this build computes on them or not. Empty without a driver or a build with
// CUDA.
std::vector<DeviceInfo> cudaDevices();

// A sentence for a person that says why cudaBackends() is empty; empty if it is not.
std::string whyNoGpu();

} // namespace strata
