// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <driver_types.h>

#include <cstddef>

namespace strata::cuda {

// More is better left to the copy engine.
inline constexpr std::size_t kMaxFetchBytes = std::size_t(256) << 10U;

// Copies a few bytes from pinned memory of the host by reading them from a kernel: the copy engine may be in the middle
// of a tensor on its way here, which takes milliseconds, and whatever a pass waits for would wait behind it.
// An ordinary launch: it waits for all before it, and the first kernel of a pass waits for it, so that kernels behind
// that one may read what was fetched, too, before waitForProducers().
// Both addresses and `byteCount` are multiples of 4. Throws Error (Device).
void fetchFromHost(cudaStream_t stream, std::byte* target, const std::byte* source, std::size_t byteCount);

} // namespace strata::cuda
