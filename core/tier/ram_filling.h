// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier_plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace strata {

// That have room between drive and executor: one being read, one being waited for, one being computed from or copied.
inline constexpr std::uint32_t kBlocksInStaging = 3;

// Of the blocks outside VRAM, puts as many bytes as `room` holds beside the staging ring into RAM, the rest on disk.
// `pinned` blocks stay where they were put, and the embedding in RAM. Private to core/tier.
// False, and nothing moved: not even leastRamBytes fit.
bool fillRam(Plan& plan, std::span<const std::optional<Tier>> pinned, std::uint64_t room);

// What fillRam needs at least for this plan.
std::uint64_t leastRamBytes(const Plan& plan, std::span<const std::optional<Tier>> pinned);

} // namespace strata
