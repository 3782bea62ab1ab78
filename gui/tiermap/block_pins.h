// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier_plan.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

// Which blocks of a model a person wants in which tier. A value.
class BlockPins {
public:
    BlockPins() = default;
    BlockPins(std::size_t blockCount, std::span<const strata::TierOverride> places); // what lies beyond is left out

    void set(std::size_t first, std::size_t last, std::optional<strata::Tier> tier); // included; nullopt: no wish
    const std::vector<std::optional<strata::Tier>>& tiers() const { return m_tiers; } // one a block
    std::vector<strata::TierOverride> places() const; // as few as say it, in the order of work

private:
    std::vector<std::optional<strata::Tier>> m_tiers;
};
