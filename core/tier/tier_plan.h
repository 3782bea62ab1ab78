// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/model/weight_block.h"
#include "core/tier/tier.h"
#include "core/tier/tier_budget.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace strata {

// One block of a plan: what planning and scheduling need of it.
struct PlannedBlock {
    BlockKind kind = BlockKind::Embedding;
    LayerIndex layer; // meaningless for embedding and head
    Tier tier = Tier::Ram;
    std::uint64_t packedBytes = 0; // in the memory of a device: VRAM, the ring
    std::uint64_t largestTensorBytes = 0; // of packedBytes: a ring is cut between tensors, never in one
    std::uint64_t hostBytes = 0;   // in RAM or a staging slot, and what is read of the drive
    std::uint64_t readBytes = 0; // by a pass of one token: one row of the embedding; a tied head reads the embedding's
    std::uint64_t weightCount = 0; // that each token is multiplied with; 0 for the embedding
    std::uint64_t inputCount = 0;  // this and the next as in ProductWork; 0 for the embedding
    std::uint64_t activationCount = 0;

    std::uint64_t restingBytes() const { return tier == Tier::Vram ? packedBytes : hostBytes; }
};

// Whether a pass does anything with a block of this kind.
constexpr bool isNeeded(BlockKind kind, HeadUse head) {
    return kind != BlockKind::Head || head == HeadUse::Computed;
}

// Blocks that a person wants in a certain tier.
struct TierOverride {
    BlockIndex first;
    BlockIndex last; // included
    Tier tier = Tier::Vram;
};

// Where every block rests, made once at load. A value.
struct Plan {
    std::string modelPath;            // the drive that holds it sets the pace of blocks on disk
    std::vector<PlannedBlock> blocks; // in the order of work
    bool isTied = false;              // the head computes with the embedding's matrix, where that rests
    bool usesGpu = false;             // keys, values and attention are in VRAM
    std::uint32_t layerCount = 0;
    std::uint32_t embeddingLength = 0;     // floats that cross between devices, a token
    std::uint64_t kvRowBytes = 0;          // keys and values of all layers, one token
    std::uint64_t attentionMultiplies = 0; // of one token and one row of the cache, all layers

    std::uint64_t ringBytes = 0;    // of VRAM, through which blocks that do not rest there are streamed; or 0
    std::uint64_t stagingBytes = 0; // of RAM, into which blocks on disk are read; or 0

    std::array<std::uint64_t, kTierCount> tierBytes = {};      // by Tier, without the rings
    std::array<std::uint32_t, kTierCount> tierBlockCount = {}; // by Tier
    TierBudgets budgets;

    std::uint64_t bytesIn(Tier tier) const { return tierBytes[static_cast<std::size_t>(tier)]; }
    std::uint32_t blocksIn(Tier tier) const { return tierBlockCount[static_cast<std::size_t>(tier)]; }
    std::uint64_t vramBytes() const { return bytesIn(Tier::Vram) + ringBytes; }
    std::uint64_t ramBytes() const { return bytesIn(Tier::Ram) + stagingBytes; }
};

} // namespace strata
