// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/thread_pool.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <stop_token>

namespace strata {

// Bytes per second that the pool's threads together read from `memory`, which should be far larger than the caches: the
// best of a few stretches of it, one after the other and for about `time`. 0: stop was requested.
double measureReadBandwidth(
    ThreadPool& pool, std::span<const std::byte> memory, std::chrono::nanoseconds time, const std::stop_token& stop);

} // namespace strata
