// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/weight_block.h"

namespace strata::cuda {

// One matrix product of an input of m tokens: y = W x + bias. All addresses are of device memory. The weights rest as
// in a block (core/tier/block_layout.h): in the bytes of the file, from a multiple of 256 bytes on, and readable up to
// the next multiple behind their end. What lies there does not matter: kernels copy words of 16 bytes, of whose last
// only the bytes of the matrix are kept. A value.
struct ProductJob {
    WeightMatrix weights;
    const float* bias = nullptr; // (rows), or null
    float* y = nullptr;          // (m, rows)
    bool adds = false;           // y += W x + bias
};

} // namespace strata::cuda
