// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/weight_block.h"
#include "core/tier/block_source.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace strata {

// Where a block's tensors lie in a memory, in the bytes of the file: the same bytes serve the CPU, the link and the
// GPU.

inline constexpr std::uint64_t kTensorAlignment = 256; // any vector load of any device

constexpr std::uint64_t alignTensor(std::uint64_t bytes) {
    return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

// A stretch of a file to be read to one place: whole sectors, the last of which may lie past the file's end.
struct FileRun {
    std::uint32_t part = 0; // of a split model
    std::uint64_t fileOffset = 0;
    std::uint64_t byteCount = 0;
    std::uint64_t memoryOffset = 0; // from the start of the block's memory
};

// A value. Offsets are from the start of the block's memory.
struct BlockLayout {
    std::vector<std::uint64_t> offsets; // one a tensor of the block
    std::uint64_t byteCount = 0;
    std::vector<FileRun> runs; // of a hostLayout: the reads that fill it, in the order of the file
};

// In the memory of a device: tensors in the order of the block, each from a multiple of kTensorAlignment on.
BlockLayout packedLayout(const WeightBlock& block);

// In the memory of the host, which starts at a multiple of kSectorBytes: each tensor as far into a sector as on file,
// so that reads past the page cache bring it straight to where it is computed from. Tensors that are neighbours on file
// share a run.
BlockLayout hostLayout(const WeightBlock& block);

std::uint64_t packedBytes(const WeightBlock& block); // packedLayout's byteCount
std::uint64_t hostBytes(const WeightBlock& block);   // hostLayout's byteCount

// The block's weights as an executor takes them, at `memory` in this layout.
BlockWeights weightsAt(const WeightBlock& block, const BlockLayout& layout, const std::byte* memory);

} // namespace strata
