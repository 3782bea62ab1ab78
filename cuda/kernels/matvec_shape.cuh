// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matvec_arguments.cuh"
#include "cuda/quant/weight_format.cuh"

namespace strata::cuda {

// How rows of weights lie in shared memory, whoever copied them there. The arithmetic reads them differently for one
// token and for more.
template <QuantType kType, bool kIsOne>
struct RowShape {
    using Block = typename WeightFormat<kType>::Block;
    static constexpr int kTurnBytes = kTurnColumns / Block::kLength * static_cast<int>(sizeof(Block)); // of one row
    static constexpr int kStepBytes = kTileWarps * kTurnBytes; // of the turns of all warps
    // A lane reads the words t and t + 4 of a group of eight, or the neighbours 2t and 2t + 1 where blocks are aligned
    // to that: in one access.
    static constexpr bool kReadsPairs = !kIsOne && WeightFormat<kType>::kAlignment >= 16;
    // A row starts up to 15 bytes before its first block, where the copies are aligned.
    static constexpr bool kHasSlack = WeightFormat<kType>::kAlignment < 16;

    // Copies of 16 bytes that a row of so many bytes takes.
    static constexpr int chunksOf(int bytes) {
        return (bytes + (kHasSlack ? 16 - WeightFormat<kType>::kAlignment : 0) + 15) / 16;
    }
    // From a row to the next. Words of eight rows and four lanes lie in 32 different banks if rows are an odd number of
    // 16-byte units apart; pairs of words of four rows if it is an odd number of 32-byte units.
    static constexpr int distanceOf(int chunks) {
        return kReadsPairs ? 32 * ((chunks + 1) / 2 | 1) : 16 * (chunks | 1);
    }
};

} // namespace strata::cuda
