// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/product_job.h"
#include "cuda/runtime/launch.h"

#include <cstddef>
#include <cstdint>
#include <span>

// Products of many tokens (m > 8) with weights in any format, on tensor cores. Right for any m, rows and columns.
// Weights and activations are multiplied as f16 (eleven bits) and added up as f32. Activations are scaled by a power of
// two for each token, so that none overflows; weights must lie within +-65504. A result is off by about 5e-4 of the
// root mean square of its row's results. Each result depends on the launch's shape only through the order of its
// additions; the same call gives the same bits again.
namespace strata::cuda {

// Bytes of scratch memory (device, 256-byte aligned) for products of up to `columns` columns and `maxTokens` tokens.
// Zeroed once by its owner before the first use; a scratch serves one stream at a time.
std::size_t matmulScratchBytes(std::uint32_t columns, std::uint32_t maxTokens, int multiprocessors);

// The input of the next products, x (m, columns), in the form they take it, into the scratch.
void prepareRows(const Launch& launch, const float* x, std::uint32_t m, std::uint32_t columns, void* scratch);

// The same behind the RMS norm x / sqrt(mean(x^2) + epsilon) * weight.
void prepareNormalisedRows(const Launch& launch, const float* x, const float* weight, float epsilon, std::uint32_t m,
    std::uint32_t columns, void* scratch);

// One to three products of the prepared input; their formats may differ.
void multiplyMany(const Launch& launch, std::span<const ProductJob> jobs, void* scratch, std::uint32_t m);

// gate.y (m, rows) = silu(gate x + bias) * (up x + bias); the y of `up` is not used, nor is `adds`.
void multiplyGateUpMany(
    const Launch& launch, const ProductJob& gate, const ProductJob& up, void* scratch, std::uint32_t m);

} // namespace strata::cuda
