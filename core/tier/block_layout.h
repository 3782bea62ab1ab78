// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/weight_block.h"

#include <cstdint>

namespace strata {

// How a block's tensors rest in any memory: in the order of the block, each from a multiple of kTensorAlignment on, in
// the bytes of the file. The same bytes serve the CPU, the link and the GPU.
inline constexpr std::uint64_t kTensorAlignment = 256; // a cache line, and any vector load of any device

constexpr std::uint64_t alignTensor(std::uint64_t bytes) {
    return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

// What a block takes of the memory it rests in, to the byte.
inline std::uint64_t packedBytes(const WeightBlock& block) {
    std::uint64_t bytes = 0;
    for (const BlockTensor& tensor : block.tensors)
        bytes += alignTensor(tensor.byteCount);
    return bytes;
}

} // namespace strata
