// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/runtime/launch.h"

#include <cstddef>
#include <cstdint>

namespace strata::cuda {

struct TopLogit {
    std::uint32_t token;
    float logit;
};

inline constexpr std::uint32_t kTopLogitCount = 256;

// Bytes of scratch for one row of logits. Zero it once, before the first use; every call leaves it as it needs it.
std::size_t topLogitsScratchBytes();

// For each of the rows of logits (rows, vocabularySize): the kTopLogitCount largest, best first, equal ones by lower
// id, into best (rows, kTopLogitCount), which may be pinned memory of the host; a smaller vocabulary fills only its
// size. Not-a-number counts as largest. Exact whatever the values are.
void selectTopLogits(const Launch& launch, const float* logits, std::uint32_t rows, std::uint32_t vocabularySize,
    std::byte* scratch, TopLogit* best);

} // namespace strata::cuda
