// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/cpu/matmul.h"

#include <cstddef>
#include <cstdint>

namespace strata {

// A few rows against many, as attention needs them: `left` (leftCount, length) and `rows` (rowCount, length) are
// contiguous; `weights` holds one number for each pair, (leftCount, rowCount) with `stride` between its lines.
struct RowProduct {
    float* left = nullptr;
    std::size_t leftCount = 0;
    const float* rows = nullptr;
    std::size_t rowCount = 0;
    std::size_t length = 0;
    float* weights = nullptr;
    std::size_t stride = 0;
};

// The loops over floats that are worth an instruction set of their own. Any count is allowed; nothing need be aligned.
struct VectorOps {
    void (*toHalf)(const float* values, std::uint16_t* halves, std::size_t count); // to nearest even
    void (*toFloat)(const std::uint16_t* halves, float* values, std::size_t count);
    void (*scaleInts)(
        const std::int8_t* numbers, float scale, float* values, std::size_t count); // values = each * scale
    void (*dotProducts)(const RowProduct& product);                                 // weights = left rows^T
    void (*addWeighted)(const RowProduct& product);                                 // left += weights rows
    // values = exp(values - shift), exactly 0 for -infinity; returns their sum.
    float (*expAndSum)(float* values, std::size_t count, float shift);
    void (*siluMultiply)(float* gate, const float* up, std::size_t count); // gate = silu(gate) * up
};

const VectorOps& vectorOps(CpuKernels kernels);

// One table an instruction set. Those that this build has no code for are the scalar one.
const VectorOps& scalarVectorOps();
const VectorOps& avx2VectorOps();

} // namespace strata
