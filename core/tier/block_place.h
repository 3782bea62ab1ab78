// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/buffer.h"
#include "core/model/weight_block.h"
#include "core/tier/block_layout.h"
#include "core/tier/tier.h"

#include <cstddef>

namespace strata {

// One block of a loaded model: where it rests, and how it lies there and elsewhere. Private to core/tier.
struct BlockPlace {
    const WeightBlock* block = nullptr;
    Tier tier = Tier::Ram;
    BlockLayout host;                     // in RAM and in staging
    BlockLayout packed;                   // in VRAM; in the ring, too, cut or not
    std::byte* hostMemory = nullptr;      // Tier::Ram: its start there
    const Buffer* deviceMemory = nullptr; // Tier::Vram: all of it
};

} // namespace strata
