// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/block_layout.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <tuple>

namespace strata {
namespace {

constexpr std::uint64_t sectorBefore(std::uint64_t offset) {
    return offset / kSectorBytes * kSectorBytes;
}

constexpr std::uint64_t sectorAfter(std::uint64_t offset) {
    return sectorBefore(offset + kSectorBytes - 1);
}

std::vector<std::size_t> fileOrder(const WeightBlock& block) {
    std::vector<std::size_t> order(block.tensors.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const BlockTensor& left = block.tensors[a];
        const BlockTensor& right = block.tensors[b];
        return std::tie(left.part, left.fileOffset) < std::tie(right.part, right.fileOffset);
    });
    return order;
}

} // namespace

BlockLayout packedLayout(const WeightBlock& block) {
    BlockLayout layout;
    for (const BlockTensor& tensor : block.tensors) {
        layout.offsets.push_back(layout.byteCount);
        layout.byteCount += alignTensor(tensor.byteCount);
    }
    return layout;
}

BlockLayout hostLayout(const WeightBlock& block) {
    BlockLayout layout{.offsets = std::vector<std::uint64_t>(block.tensors.size()), .byteCount = 0, .runs = {}};
    for (const std::size_t index : fileOrder(block)) {
        const BlockTensor& tensor = block.tensors[index];
        const std::uint64_t begin = sectorBefore(tensor.fileOffset);
        const std::uint64_t end = sectorAfter(tensor.fileOffset + tensor.byteCount);
        const bool isNeighbour = !layout.runs.empty() && layout.runs.back().part == tensor.part &&
                                 begin <= layout.runs.back().fileOffset + layout.runs.back().byteCount;
        if (!isNeighbour)
            layout.runs.push_back(
                {.part = tensor.part, .fileOffset = begin, .byteCount = 0, .memoryOffset = layout.byteCount});
        FileRun& run = layout.runs.back();
        run.byteCount = std::max(run.byteCount, end - run.fileOffset);
        layout.byteCount = run.memoryOffset + run.byteCount;
        layout.offsets[index] = run.memoryOffset + (tensor.fileOffset - run.fileOffset);
    }
    return layout;
}

std::uint64_t packedBytes(const WeightBlock& block) {
    std::uint64_t bytes = 0;
    for (const BlockTensor& tensor : block.tensors)
        bytes += alignTensor(tensor.byteCount);
    return bytes;
}

std::uint64_t hostBytes(const WeightBlock& block) {
    return hostLayout(block).byteCount;
}

BlockWeights weightsAt(const WeightBlock& block, const BlockLayout& layout, const std::byte* memory) {
    assert(layout.offsets.size() == block.tensors.size());
    BlockWeights weights;
    for (std::size_t i = 0; i < block.tensors.size(); ++i) {
        const BlockTensor& tensor = block.tensors[i];
        weights.set(tensor.role, {.type = tensor.type,
                                     .rows = tensor.rows,
                                     .columns = tensor.columns,
                                     .data = memory + layout.offsets[i]});
    }
    return weights;
}

} // namespace strata
