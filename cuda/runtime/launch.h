// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <driver_types.h>

namespace strata::cuda {

// All lanes of a warp, for what they exchange.
constexpr unsigned kAllLanes = 0xffffffffu;

// Where kernels are launched, and what the choice among them depends on. A value.
struct Launch {
    cudaStream_t stream = nullptr;
    int multiprocessors = 0;
    int computeCapability = 0; // 86, 90
};

} // namespace strata::cuda
