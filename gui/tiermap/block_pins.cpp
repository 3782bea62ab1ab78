// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/block_pins.h"

#include <algorithm>

BlockPins::BlockPins(std::size_t blockCount, std::span<const strata::TierOverride> places) : m_tiers(blockCount) {
    for (const strata::TierOverride& place : places)
        set(place.first.value, place.last.value, place.tier);
}

void BlockPins::set(std::size_t first, std::size_t last, std::optional<strata::Tier> tier) {
    for (std::size_t i = first; i < std::min(last + 1, m_tiers.size()); ++i)
        m_tiers[i] = tier;
}

std::vector<strata::TierOverride> BlockPins::places() const {
    std::vector<strata::TierOverride> found;
    for (std::uint32_t i = 0; i < m_tiers.size(); ++i) {
        if (!m_tiers[i])
            continue;
        const bool goesOn = i > 0 && m_tiers[i - 1] == m_tiers[i];
        if (goesOn)
            found.back().last = strata::BlockIndex(i);
        else
            found.push_back({strata::BlockIndex(i), strata::BlockIndex(i), *m_tiers[i]});
    }
    return found;
}
