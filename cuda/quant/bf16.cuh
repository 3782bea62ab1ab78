// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/format_traits.cuh"

namespace strata::cuda {

template <>
struct WeightFormat<QuantType::BF16> {
    static __device__ float decode(const std::byte* weights, std::size_t i) {
        return __uint_as_float(static_cast<std::uint32_t>(reinterpret_cast<const std::uint16_t*>(weights)[i]) << 16);
    }
};

} // namespace strata::cuda
