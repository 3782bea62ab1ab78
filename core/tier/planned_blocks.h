// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier_planner.h"

#include <optional>
#include <span>
#include <vector>

namespace strata {

// The blocks as planning counts them, all in RAM until they are planned. Private to core/tier and its tests.
std::vector<PlannedBlock> listPlannedBlocks(const PlanningModel& model);

// A plan of which nothing is placed yet: every block in RAM, nothing summed up.
Plan unplacedPlan(const PlanningModel& model, const TierBudgets& budgets);

// Bytes and blocks of each tier, and the staging for what is on disk, once every block has its tier.
void sumTiers(Plan& plan);

// The head lists no matrix of its own.
bool isTied(std::span<const WeightBlock> blocks);

// 0 .. count-1 in an order of which every beginning is spread evenly over the whole: bits reversed.
std::vector<std::uint32_t> spreadOrder(std::uint32_t count);

// The tier asked for, one a block; nullopt where the planner is free. Of a tied model, head and embedding go together.
// Throws Error (BadRequest) for blocks that are not there, VRAM without a GPU, two tiers for one block, and for an
// embedding on disk, which every token would have to wait for.
std::vector<std::optional<Tier>> pinnedTiers(
    const PlanningModel& model, const TierBudgets& budgets, std::span<const TierOverride> overrides);

} // namespace strata
