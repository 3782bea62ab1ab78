// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/product_job.h"
#include "cuda/kernels/quantise.h"
#include "cuda/runtime/launch.h"

#include <cstdint>
#include <span>

// Products of 1 to 8 tokens, which read each weight once. A token's result is bit for bit the same whatever the number
// of tokens and whatever its neighbours are.
namespace strata::cuda {

constexpr std::uint32_t kFewTokens = kTokenPlaces;

// All products of one input in one launch: 1 to 3 jobs, of any formats, with as many columns. Weights in F32, F16 and
// BF16 are multiplied with x, all others with the quantised rows; what no job needs may be null.
void multiplyFew(
    const Launch& launch, std::span<const ProductJob> jobs, const float* x, const QuantisedRows& q, std::uint32_t m);

// Where a gated product goes: as floats, rounded for the product behind it, or both.
struct GatedRows {
    float* y = nullptr;      // (m, rows), or null
    QuantisedRows quantised; // q null, or rows a multiple of 32; not the rows that are multiplied
};

// silu(W_gate x + bias) * (W_up x + bias); y and adds of the jobs are not looked at. If the formats of both differ, y
// is needed.
void multiplyGateUpFew(const Launch& launch, const ProductJob& gate, const ProductJob& up, const GatedRows& out,
    const float* x, const QuantisedRows& q, std::uint32_t m);

} // namespace strata::cuda
