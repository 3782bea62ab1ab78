// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace strata::cuda {

// Device addresses of all that differs from one pass to the next of the same size, so that kernels launched again with
// the same arguments, as a captured CUDA graph does, compute the next token. The addresses stay the same for the life
// of the activations; what lies there is written before each pass. A value.
struct PassState {
    const std::uint32_t* tokens = nullptr;      // (m)
    const std::uint32_t* positions = nullptr;   // (m), for the rotation
    const std::uint32_t* cacheLength = nullptr; // (1): rows in the cache before this pass
    const std::uint32_t* logitRows = nullptr;   // (rows): indices into the pass's tokens
    const std::uint64_t* visible = nullptr;     // (m): bit j of visible[i] lets token i see token j of this pass; null:
                                                // every token sees itself and those before it
};

} // namespace strata::cuda
