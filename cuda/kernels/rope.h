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
// share them. Positions are read before the kernels ahead have ended: they must have been copied. The product and its
// remainder by a whole turn are taken in double, as exact as the CPU's at any position.
void prepareAngles(const Launch& launch, const RopeFrequencies& table, const std::uint32_t* positions, std::uint32_t m,
    float2* angles);

// What rotateHeads() turns: rows (m, headCount, headLength) in place, by angles (m, pairs).
struct RotatedRows {
    float* rows = nullptr;
    std::uint32_t headCount = 0;
    std::uint32_t headLength = 0;
};

// For queries and keys that leave the device; attend() rotates on its own.
void rotateHeads(const Launch& launch, const float2* angles, RopePairing pairing, std::uint32_t pairs, std::uint32_t m,
    const RotatedRows& rows);

} // namespace strata::cuda
