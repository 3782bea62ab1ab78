// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::F32> {
    static __device__ float decode(const std::byte* weights, std::size_t i) {
        return reinterpret_cast<const float*>(weights)[i];
    }
};

} // namespace strata::cuda
