// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "cuda/runtime/launch.h"

#include <vector_types.h>

#include <cstdint>

namespace strata::cuda {

// A RopeTable in device memory. A value.
struct RopeFrequencies {
    const float* frequencies = nullptr; // (pairs)
    std::uint32_t pairs = 0;
    float scale = 1.0F;
};

// angles (m, pairs) = cosine and sine of position * frequency, both times the table's scale. Once a pass: all layers
// share them. The product and its remainder by a whole turn are taken in double, as exact as the CPU's at any position.
void prepareAngles(const Launch& launch, const RopeFrequencies& table, const std::uint32_t* positions, std::uint32_t m,
    float2* angles);

} // namespace strata::cuda
