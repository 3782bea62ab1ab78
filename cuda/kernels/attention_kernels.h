// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention.h"

// Private to cuda/kernels/attention*: the kernels that attend() chooses from.
namespace strata::cuda {

// All of one call. A value.
struct AttentionCall {
    Launch launch;
    HeadShape shape;
    KvLayer cache;
    PassState pass;
    AttentionJob job;
    std::uint32_t rowBytes = 0; // of the cache
};

constexpr std::uint32_t kSplitTokens = 16; // tokens up to which the cache is cut into splits

// How many stretches the few-token kernel cuts the cache into: of the device and the shape alone, so that results do
// not depend on the number of tokens.
std::uint32_t splitCount(const Launch& launch, const HeadShape& shape);

// Scratch of the few-token kernel, whose blocks take `queries` queries of a key-value head each. Of a call's scratch,
// or of none to learn its size.
struct FewScratch {
    FewScratch(const Launch& launch, const HeadShape& shape, std::byte* memory);

    std::uint32_t* finished; // (kvHead, query block): blocks that are done
    float2* weights;         // (kvHead, query block, split, query): maximum and total
    float* sums;             // (kvHead, query block, split, query, dimension)
    std::size_t byteCount;
};

void rotateAndAppend(const AttentionCall& call); // k, v into the cache; q in place

bool attendFewF16(const AttentionCall& call); // false: no kernel for this head length
bool attendFewQ8(const AttentionCall& call);
bool attendManyF16(const AttentionCall& call); // after rotateAndAppend
bool attendManyQ8(const AttentionCall& call);
void attendPlain(const AttentionCall& call); // after rotateAndAppend; any head length

} // namespace strata::cuda
