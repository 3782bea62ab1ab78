// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"

#include <cstdint>

namespace strata::cuda {

enum class Verb : std::uint8_t { Embed, ProjectQkv, Attend, ProjectOutput, FeedForward, Head };

// One verb of a pass with what it was given. A value.
struct PassCommand {
    Verb verb = Verb::Embed;
    BlockWeights weights = {};   // of Attend: none
    KvLayer cache = {};          // of Attend
    bool rotates = false;        // Attend: q and k are not rotated yet
    bool preparesAngles = false; // Attend: the first of the pass that rotates
    bool takesRounded = false;   // ProjectOutput: what was attended has been rounded to int8 already
};

// Whether both launch the same kernels with the same arguments in passes of the same shape.
bool isSame(const PassCommand& a, const PassCommand& b);

// What the launches of a pass depend on besides its commands; all else lies in device memory. A value.
struct PassShape {
    std::uint32_t tokenCount = 0;
    std::uint32_t logitRowCount = 0;
    bool hasMask = false;

    bool operator==(const PassShape&) const = default;
};

} // namespace strata::cuda
