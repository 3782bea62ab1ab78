// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/weight_block.h"

namespace strata::cuda {

// One matrix product of an input of m tokens: y = W x + bias. All addresses are of device memory; the weights rest as
// on file and start at a multiple of 256 bytes. A value.
struct ProductJob {
    WeightMatrix weights;
    const float* bias = nullptr; // (rows), or null
    float* y = nullptr;          // (m, rows)
    bool adds = false;           // y += W x + bias
};

} // namespace strata::cuda
