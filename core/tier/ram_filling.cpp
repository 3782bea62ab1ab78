// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/ram_filling.h"

#include "core/tier/block_line.h"
#include "core/tier/planned_blocks.h"

#include <algorithm>

namespace strata {
namespace {

// How many blocks of each line rest in RAM.
struct Filling {
    std::size_t head = 0;
    std::size_t attention = 0;
    std::size_t feedForward = 0;
};

class RamFiller {
public:
    RamFiller(const Plan& plan, std::span<const std::optional<Tier>> pinned)
        : m_blocks(plan.blocks), m_head(lineOf(BlockKind::Head, plan, pinned)),
          m_attention(lineOf(BlockKind::Attention, plan, pinned)),
          m_feedForward(lineOf(BlockKind::FeedForward, plan, pinned)) {
        for (std::size_t i = 0; i < m_blocks.size(); ++i) {
            if (m_blocks[i].tier == Tier::Ram && (pinned[i] || isKept(plan, i)))
                m_fixedBytes += m_blocks[i].hostBytes;
            if (m_blocks[i].tier == Tier::Disk)
                m_largestOnDisk = std::max(m_largestOnDisk, m_blocks[i].hostBytes);
        }
    }

    std::uint64_t needed(const Filling& filling) const {
        const std::uint64_t largest = std::max({m_largestOnDisk, m_head.largestLeft[filling.head],
            m_attention.largestLeft[filling.attention], m_feedForward.largestLeft[filling.feedForward]});
        return m_fixedBytes + bytes(filling) + kBlocksInStaging * largest;
    }
    std::uint64_t least() const {
        std::uint64_t least = needed(everything());
        for (std::size_t head = 0; head <= m_head.size(); ++head)
            least = std::min(least, needed({.head = head}));
        return least;
    }

    // The filling with the most bytes that fits; nullopt: none does.
    std::optional<Filling> best(std::uint64_t room) const {
        if (needed(everything()) <= room)
            return everything();
        std::optional<Filling> best;
        for (Filling tried; tried.head <= m_head.size(); ++tried.head)
            for (tried.attention = 0; tried.attention <= m_attention.size(); ++tried.attention) {
                tried.feedForward = mostFeedForward(tried, room);
                if (needed(tried) <= room && (!best || bytes(tried) > bytes(*best)))
                    best = tried;
            }
        return best;
    }

    void apply(const Filling& filling, Plan& plan) const {
        const auto place = [&](const BlockLine& line, std::size_t count) {
            for (std::size_t i = 0; i < line.size(); ++i)
                plan.blocks[line.blocks[i]].tier = i < count ? Tier::Ram : Tier::Disk;
        };
        place(m_head, filling.head);
        place(m_attention, filling.attention);
        place(m_feedForward, filling.feedForward);
    }

private:
    // Every token looks up a row of the embedding, and a tied head follows it.
    static bool isKept(const Plan& plan, std::size_t block) {
        return block == 0 || (plan.isTied && block + 1 == plan.blocks.size());
    }

    static BlockLine lineOf(BlockKind kind, const Plan& plan, std::span<const std::optional<Tier>> pinned) {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
            const PlannedBlock& block = plan.blocks[i];
            if (block.kind == kind && block.tier == Tier::Ram && !pinned[i] && !isKept(plan, i))
                found.push_back(i);
        }
        std::vector<std::size_t> ordered;
        for (const std::uint32_t i : spreadOrder(static_cast<std::uint32_t>(found.size())))
            ordered.push_back(found[i]);
        return BlockLine(plan.blocks, std::move(ordered), &PlannedBlock::hostBytes);
    }

    // 0 also where none fits.
    std::size_t mostFeedForward(Filling filling, std::uint64_t room) const {
        filling.feedForward = m_feedForward.size();
        while (filling.feedForward > 0 && needed(filling) > room)
            --filling.feedForward;
        return filling.feedForward;
    }

    Filling everything() const { return {m_head.size(), m_attention.size(), m_feedForward.size()}; }
    std::uint64_t bytes(const Filling& filling) const {
        return m_head.taken[filling.head] + m_attention.taken[filling.attention] +
               m_feedForward.taken[filling.feedForward];
    }

    std::span<const PlannedBlock> m_blocks;
    BlockLine m_head;
    BlockLine m_attention;
    BlockLine m_feedForward;
    std::uint64_t m_fixedBytes = 0;
    std::uint64_t m_largestOnDisk = 0;
};

} // namespace

bool fillRam(Plan& plan, std::span<const std::optional<Tier>> pinned, std::uint64_t room) {
    const RamFiller filler(plan, pinned);
    const std::optional<Filling> filling = filler.best(room);
    if (filling)
        filler.apply(*filling, plan);
    return filling.has_value();
}

std::uint64_t leastRamBytes(const Plan& plan, std::span<const std::optional<Tier>> pinned) {
    return RamFiller(plan, pinned).least();
}

} // namespace strata
