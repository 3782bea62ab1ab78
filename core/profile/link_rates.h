// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/backend/copy_queue.h"
#include "core/profile/measure_clock.h"

#include <cstddef>
#include <functional>
#include <span>

namespace strata {

// Two stretches of host memory and one of a GPU's, between which it is copied.
struct LinkEnds {
    Backend* gpu = nullptr;
    CopyQueue* copies = nullptr;
    const Buffer* target = nullptr;
    std::span<const std::byte> source; // larger than the caches
    std::span<std::byte> back;         // no larger than the target
};

// Bytes per second. Zeros where it was stopped.
struct LinkRates {
    double in = 0.0;
    double inBesideHost = 0.0;
    double hostBesideLink = 0.0;
    double out = 0.0;
};

// Measures for so long how fast the CPU reads RAM; returns bytes per second.
using ReadHost = std::function<double(double part, const MeasureClock& clock)>;

LinkRates measureLink(const LinkEnds& ends, const ReadHost& readHost, const MeasureClock& clock);

} // namespace strata
