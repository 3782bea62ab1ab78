// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quant/quant_type.h"

#include <cstddef>
#include <cstdint>

// How one row of a KvLayer, the keys or values of all heads at one place of the context, lies in memory. Plain
// constants without functions of their own library, so that CPU and CUDA code share them.
//
//   f16    kvLength halves
//   q8_0   kvLength int8, then one half for each 32 of them (value = half * int8), then nothing up to a
//          multiple of 16 bytes: the numbers of Q8_0 blocks apart from their scales, so that both are read in aligned
//          words
namespace strata {

inline constexpr std::uint32_t kKvBlockLength = 32; // of q8_0; kvLength is a multiple of it

constexpr bool isKvType(QuantType type) {
    return type == QuantType::F16 || type == QuantType::Q8_0;
}

constexpr std::size_t kvRowBytes(QuantType type, std::uint32_t kvLength) {
    if (type == QuantType::F16)
        return std::size_t(2) * kvLength;
    return (kvLength + std::size_t(2) * (kvLength / kKvBlockLength) + 15) / 16 * 16;
}

} // namespace strata
