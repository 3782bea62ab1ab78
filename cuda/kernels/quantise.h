// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/runtime/launch.h"

#include <cstdint>

#include <vector_types.h>

namespace strata::cuda {

constexpr std::uint32_t kTokenPlaces = 8;

// Activations of 1 to 8 tokens for integer products: groups of 32 columns, x[i] ~ scale * q[i] with |q| <= 127. The
// tokens of a group lie side by side, as a warp reads them: one token alone (p = 1), more of them in eight places
// (p = 8), so that addresses do not depend on their number. What lies in places without a token is read and not used.
struct QuantisedRows {
    std::int8_t* q = nullptr;      // (columns / 32, p, 32); columns a multiple of 32, the start 16-byte aligned
    float2* scaleAndSum = nullptr; // (columns / 32, p): scale, scale * sum of q; 16-byte aligned
};

void quantiseRows(
    const Launch& launch, const float* x, std::uint32_t m, std::uint32_t columns, const QuantisedRows& out);

// normed = x / rms(x) * weight, with rms(x) = sqrt(mean of squares + epsilon), and the same rounded to int8. Either
// result may be left out: normed null, or out.q null. Columns may be any number if out.q is null.
void normaliseRows(const Launch& launch, const float* x, const float* weight, float epsilon, std::uint32_t m,
    std::uint32_t columns, float* normed, const QuantisedRows& out);

} // namespace strata::cuda
