// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model_spec.h"

#include <cstdint>
#include <optional>

namespace strata {

// What may be spent of one memory, and on what, before any weights. In bytes.
struct TierBudget {
    std::uint64_t freeBytes = 0;                          // now; what is about to be unloaded counts as free
    std::uint64_t reserveBytes = 0;                       // of the free: left to other programs and to the display
    std::optional<std::uint64_t> capBytes = std::nullopt; // all that Strata may take, asked for by the person
    std::uint64_t cacheBytes = 0;                         // keys and values of the whole context
    std::uint64_t scratchBytes = 0;                       // activations and what kernels need

    std::uint64_t usableBytes() const;  // free less the reserve, at most the cap
    std::uint64_t weightBytes() const;  // usable less cache and scratch; ring and staging are part of it
    std::uint64_t missingBytes() const; // by which cache and scratch alone exceed what is usable
};

// Of both memories. The cache is where attention is computed: in VRAM if there is a GPU.
struct TierBudgets {
    std::optional<TierBudget> vram = std::nullopt; // nullopt: no GPU takes part
    TierBudget ram;
    std::uint32_t contextTokens = 0;
};

// Bytes that keys and values of a context take; each layer's keys and values start at a multiple of 256.
std::uint64_t contextBytes(const ModelSpec& spec, QuantType kvType, std::uint32_t contextTokens);

// Activations of a pass, f32 and int8, logits and a margin for what kernels keep: for plans made without the device.
// With a device at hand, Backend::activationBytes is exact.
std::uint64_t estimateScratchBytes(const ModelSpec& spec, const PassLimits& limits);

} // namespace strata
