// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "cuda/kernels/quantise.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/pass_state.h"

#include <vector_types.h>

#include <cstddef>
#include <cstdint>

namespace strata::cuda {

// Heads of a layer. A value.
struct HeadShape {
    std::uint32_t headCount = 0;
    std::uint32_t kvHeadCount = 0;
    std::uint32_t headLength = 0;
    RopePairing pairing = RopePairing::Adjacent;
    std::uint32_t ropePairs = 0; // pairs of a head that rotate; 0: q and k come rotated

    std::uint32_t groupSize() const { return headCount / kvHeadCount; }
    std::uint32_t kvLength() const { return kvHeadCount * headLength; }
};

// What attend() needs besides a head shape and a cache. Device addresses; a value.
struct AttentionJob {
    float* q = nullptr;             // (m, headCount, headLength), not rotated yet; may be rotated in place
    const float* k = nullptr;       // (m, kvHeadCount, headLength), not rotated yet
    const float* v = nullptr;       // (m, kvHeadCount, headLength)
    const float2* angles = nullptr; // (m, ropePairs), of prepareAngles
    float* attended = nullptr;      // (m, headCount, headLength)
    std::byte* scratch = nullptr;   // attentionScratchBytes, zero before the first use, left ready for the next
    std::uint32_t m = 0;
    QuantisedRows quantised = {}; // of attended, if quantisesAttended(); else q is null
};

// Whether attend() can round what it attended to int8 on the way, and save a kernel.
bool quantisesAttended(const HeadShape& shape, QuantType cacheType, std::uint32_t m);

// The same for every m; zeros once, when it is allocated.
std::size_t attentionScratchBytes(const Launch& launch, const HeadShape& shape);

// Rotates q and k, appends k and v to the cache behind the pass's cacheLength, and attends with what the pass's mask
// lets each token see (m <= 64 if it has one). f16 or q8_0 cache, laid out as core/backend/kv_rows.h says.
//
// One kernel up to a few tokens, whose launch does not depend on the length of the cache; its results are the same bit
// for bit for each m in 1..8. Two kernels for more tokens, or a head length without tensor-core kernels of its own
// (64, 80, 96, 128, 192 and 256 have some).
void attend(
    const Launch& launch, const HeadShape& shape, const KvLayer& cache, const PassState& pass, const AttentionJob& job);

} // namespace strata::cuda
