// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::F16> {
    static __device__ float decode(const std::byte* weights, std::size_t i) { return loadHalf(weights + 2 * i); }
};

} // namespace strata::cuda
