// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string_view>

namespace strata::cuda {

// Throws Error (OutOfMemory, Device) with one sentence for a person unless the call succeeded. `what` names what was
// being done: "copying weights". Safe to include in .cu files: it needs no fmt.
void checkCuda(cudaError_t status, std::string_view what);

// After a kernel launch: throws Error (Device) if it was refused, or an earlier one turns out to have failed.
void checkLaunch(std::string_view what);

// Throws Error (OutOfMemory) that says how much was wanted and how much of the current device is free.
[[noreturn]] void failOutOfDeviceMemory(std::size_t wantedBytes);

// "the NVIDIA driver is too old: ..." and such, for a device list that stays empty. Empty for success.
std::string_view explainCuda(cudaError_t status);

} // namespace strata::cuda
