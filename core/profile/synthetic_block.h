// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/thread_pool.h"
#include "core/model/model_spec.h"
#include "core/model/weight_block.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>

namespace strata {

// Lengths of a feed-forward block, multiples of 256.
struct BlockShape {
    std::uint32_t embeddingLength = 4096;
    std::uint32_t feedForwardLength = 14336; // both as in models of 8 billion weights

    std::uint64_t weightCount() const { return 3 * std::uint64_t(embeddingLength) * feedForwardLength; }
    std::uint64_t weightBytes() const; // of its matrices, in Q4_K
};

// A model of one layer of that shape, four query heads to one of keys and values, for Backend::makeActivations.
ModelSpec syntheticSpec(const BlockShape& shape);

// Made-up feed-forward blocks, in the format that most models are in. How fast a device multiplies does not depend on
// the numbers, as long as they are numbers: one short pattern of weights fills them.
std::uint64_t syntheticBytes(const BlockShape& shape); // of one block in memory, a multiple of kSectorBytes
// As many blocks of that shape as fit into `memory`, one after the other. Unfinished when stop was requested.
void fillSyntheticBlocks(
    std::span<std::byte> memory, const BlockShape& shape, ThreadPool& pool, const std::stop_token& stop);
// A block that lies at `memory`, in that device's terms, or the part of it that a block of no larger shape would take.
BlockWeights syntheticWeights(const std::byte* memory, const BlockShape& made, const BlockShape& used);
// The attention block of the same model, in the same memory.
BlockWeights syntheticAttention(const std::byte* memory, const BlockShape& made);

} // namespace strata
