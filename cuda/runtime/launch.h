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
    // 86, 90: of the card, or of the code that runs on it where that is older. An 8.0 build on a newer card, which the
    // driver translates, lacks what newer instructions do.
    int computeCapability = 0;
};

// On a device, which must be current. Throws Error (Device) if this build has no code for it.
Launch launchOn(int device, cudaStream_t stream);

} // namespace strata::cuda
