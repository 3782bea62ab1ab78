// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/weight_block.h"
#include "cuda/runtime/launch.h"

#include <cstdint>

namespace strata::cuda {

// x (m, table.columns) = rows tokens[0 .. m) of the table, decoded.
void embedRows(const Launch& launch, const WeightMatrix& table, const std::uint32_t* tokens, std::uint32_t m, float* x);

// out (count, columns) = rows indices[0 .. count) of x.
void gatherRows(const Launch& launch, const float* x, const std::uint32_t* indices, std::uint32_t count,
    std::uint32_t columns, float* out);

} // namespace strata::cuda
