// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/tier_planner.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tier/block_layout.h"
#include "core/tier/block_line.h"
#include "core/tier/pass_schedule.h"
#include "core/tier/planned_blocks.h"
#include "core/tier/ram_filling.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace strata {
namespace {

// A ring for two and a half of the largest blocks: one is computed from while the next one arrives, a smaller one may
// lie between them, and up to a tensor's room is lost where the ring ends. With less the link stands still for up to a
// tenth of the time, and more would only take room from resident blocks (docs/tiers.md).
constexpr std::uint64_t ringFor(std::uint64_t largestBlock) {
    return largestBlock * 5 / 2 / kTensorAlignment * kTensorAlignment;
}

constexpr std::uint64_t kContextStep = 256; // advised contexts are round numbers

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

// How many free blocks rest in VRAM.
struct Candidate {
    bool hasHead = false;
    bool hasEmbedding = false;
    std::size_t attention = 0;
    std::size_t feedForward = 0;
};

bool canStream(const PlannedBlock& block) {
    return block.kind == BlockKind::Attention || block.kind == BlockKind::FeedForward;
}

// Walks the candidates of planTiers and keeps the fastest.
class TierSearch {
public:
    TierSearch(const PlanningModel& model, const TierBudgets& budgets, const MachineProfile& profile,
        std::span<const TierOverride> overrides)
        : m_model(model), m_profile(profile), m_pinned(pinnedTiers(model, budgets, overrides)),
          m_start(startingPlan(unplacedPlan(model, budgets), m_pinned)), m_attention(lineOf(BlockKind::Attention)),
          m_feedForward(lineOf(BlockKind::FeedForward)), m_vramRoom(budgets.vram ? budgets.vram->weightBytes() : 0),
          m_ramRoom(budgets.ram.weightBytes()) {
        for (std::size_t i = 0; i < m_pinned.size(); ++i) {
            const PlannedBlock& block = m_start.blocks[i];
            m_pinnedVramBytes += block.tier == Tier::Vram ? block.packedBytes : 0;
            m_pinnedDiskBytes += block.tier == Tier::Disk ? block.hostBytes : 0;
            if (m_pinned[i] && block.tier != Tier::Vram && canStream(block))
                m_largestPinnedOutside = std::max(m_largestPinnedOutside, block.packedBytes);
        }
    }

    std::optional<Plan> run(const std::stop_token& stop) { // nullopt: stop
        checkContext();
        for (const bool hasHead : {true, false})
            for (const bool hasEmbedding : {false, true})
                if (!tryLayers({.hasHead = hasHead, .hasEmbedding = hasEmbedding}, stop))
                    return std::nullopt;
        if (!m_best)
            failToFit();
        return std::move(m_best);
    }

private:
    static Plan startingPlan(Plan plan, std::span<const std::optional<Tier>> pinned) {
        for (std::size_t i = 0; i < pinned.size(); ++i)
            plan.blocks[i].tier = pinned[i].value_or(Tier::Ram);
        return plan;
    }

    BlockLine lineOf(BlockKind kind) const {
        std::vector<std::size_t> line;
        for (const std::uint32_t layer : spreadOrder(m_start.layerCount)) {
            const std::size_t block = 1 + 2 * std::size_t(layer) + (kind == BlockKind::FeedForward ? 1 : 0);
            if (!m_pinned[block])
                line.push_back(block);
        }
        return BlockLine(m_start.blocks, std::move(line), &PlannedBlock::packedBytes);
    }

    std::size_t headIndex() const { return m_start.blocks.size() - 1; }

    // Whether head and embedding may be where the candidate has them: where a person put them, together when tied, and
    // the embedding, of which a token reads one row, not before the head.
    bool isAllowed(const Candidate& candidate) const {
        if ((candidate.hasHead && m_pinned[headIndex()]) || (candidate.hasEmbedding && m_pinned[0]))
            return false;
        if (m_start.isTied)
            return candidate.hasHead == candidate.hasEmbedding;
        return candidate.hasHead || !candidate.hasEmbedding || m_pinned[headIndex()];
    }

    // Of the layers, without the head in VRAM: less than the head would take, which is to be there first.
    std::uint64_t layerRoom(const Candidate& candidate) const {
        if (candidate.hasHead || m_pinned[headIndex()])
            return kNever;
        return m_start.blocks.back().packedBytes + (m_start.isTied ? m_start.blocks.front().packedBytes : 0);
    }

    bool tryLayers(Candidate candidate, const std::stop_token& stop) { // false: stop
        if (!isAllowed(candidate))
            return true;
        for (std::size_t f = m_feedForward.size() + 1; f-- > 0;)
            for (std::size_t a = m_attention.size() + 1; a-- > 0;) {
                if (stop.stop_requested())
                    return false;
                candidate.feedForward = f;
                candidate.attention = a;
                consider(candidate);
            }
        return true;
    }

    std::uint64_t largestOutside(const Candidate& candidate) const {
        return std::max({m_largestPinnedOutside, m_attention.largestLeft[candidate.attention],
            m_feedForward.largestLeft[candidate.feedForward]});
    }

    std::uint64_t vramBytes(const Candidate& candidate) const {
        if (!m_start.usesGpu)
            return candidate.hasHead || candidate.hasEmbedding || candidate.attention + candidate.feedForward > 0
                       ? kNever
                       : 0;
        return m_pinnedVramBytes + (candidate.hasHead ? m_start.blocks.back().packedBytes : 0) +
               (candidate.hasEmbedding ? m_start.blocks.front().packedBytes : 0) +
               m_attention.taken[candidate.attention] + m_feedForward.taken[candidate.feedForward] +
               ringFor(largestOutside(candidate));
    }

    void consider(const Candidate& candidate) {
        if (m_attention.taken[candidate.attention] + m_feedForward.taken[candidate.feedForward] >= layerRoom(candidate))
            return;
        const std::uint64_t needed = vramBytes(candidate);
        m_leastVram = std::min(m_leastVram, needed);
        if (needed > m_vramRoom)
            return;
        Plan plan = place(candidate);
        if (m_best && leastSeconds(plan) >= m_bestSeconds)
            return;
        if (!fillRam(plan, m_pinned, m_ramRoom)) {
            m_leastRam = std::min(m_leastRam, leastRamBytes(plan, m_pinned));
            return;
        }
        const double seconds = balancePass(plan, 1, m_profile).cost.seconds;
        if (m_best && seconds >= m_bestSeconds)
            return;
        m_bestSeconds = seconds;
        sumTiers(plan);
        m_best = std::move(plan);
    }

    Plan place(const Candidate& candidate) const {
        Plan plan = m_start;
        if (candidate.hasHead)
            plan.blocks.back().tier = Tier::Vram;
        if (candidate.hasEmbedding)
            plan.blocks.front().tier = Tier::Vram;
        for (std::size_t i = 0; i < candidate.attention; ++i)
            plan.blocks[m_attention.blocks[i]].tier = Tier::Vram;
        for (std::size_t i = 0; i < candidate.feedForward; ++i)
            plan.blocks[m_feedForward.blocks[i]].tier = Tier::Vram;
        plan.ringBytes = plan.usesGpu ? ringFor(largestOutside(candidate)) : 0;
        return plan;
    }

    // Below what any schedule of any filling of RAM takes: what cannot win need not be scheduled.
    double leastSeconds(const Plan& plan) const {
        std::uint64_t outside = 0;
        std::uint64_t outsideRead = 0;
        double gpu = 0.0;
        for (const PlannedBlock& block : plan.blocks) {
            if (block.tier == Tier::Vram) {
                gpu += static_cast<double>(block.readBytes) / m_profile.vramRead;
                continue;
            }
            outside += block.hostBytes;
            outsideRead += block.readBytes;
        }
        const double together =
            std::max({m_profile.hostRead, m_profile.linkIn, m_profile.hostReadBesideLink + m_profile.linkInBesideHost});
        const double rest = static_cast<double>(outsideRead) - gpu * m_profile.linkIn;
        const double onDisk =
            static_cast<double>(std::max(m_pinnedDiskBytes, outside > m_ramRoom ? outside - m_ramRoom : 0));
        const double disk = onDisk == 0.0 ? 0.0 : onDisk / m_profile.diskBytesPerSecond(plan.modelPath);
        return std::max(disk, gpu + std::max(rest, 0.0) / together);
    }

    void checkContext() const;
    [[noreturn]] void failToFit() const;
    std::string name() const { return quoteForMessage(m_model.path, 4096); }

    const PlanningModel& m_model;
    const MachineProfile& m_profile;
    std::vector<std::optional<Tier>> m_pinned;
    Plan m_start; // pinned blocks where they belong, all others in RAM
    BlockLine m_attention;
    BlockLine m_feedForward;
    std::uint64_t m_vramRoom;
    std::uint64_t m_ramRoom;
    std::uint64_t m_pinnedVramBytes = 0;
    std::uint64_t m_pinnedDiskBytes = 0; // that every pass reads, whatever else rests there
    std::uint64_t m_largestPinnedOutside = 0;
    std::uint64_t m_leastVram = kNever; // of all candidates
    std::uint64_t m_leastRam = kNever;  // of those that fit into VRAM
    std::optional<Plan> m_best;
    double m_bestSeconds = 0.0;
};

// "; a context of at most 4,096 tokens would fit", as far as it helps.
std::string contextAdvice(const TierBudget& budget, std::uint32_t contextTokens) {
    const std::uint64_t token = std::max<std::uint64_t>(1, budget.cacheBytes / std::max(1U, contextTokens));
    const std::uint64_t usable = budget.usableBytes();
    const std::uint64_t room = usable - std::min(usable, budget.scratchBytes);
    const std::uint64_t fitting = room / token / kContextStep * kContextStep;
    return fitting == 0 ? std::string("; no context would fit")
                        : fmt::format("; a context of at most {} tokens would fit", formatCount(fitting));
}

void TierSearch::checkContext() const {
    const auto check = [&](const TierBudget& budget, std::string_view memory) {
        if (budget.missingBytes() > 0)
            fail(ErrorCode::OutOfMemory,
                "{}: needs {} of {} for a context of {} tokens and {} to compute with, before any weights; {} may be "
                "used{}",
                name(), formatBytes(budget.cacheBytes), memory, formatCount(m_start.budgets.contextTokens),
                formatBytes(budget.scratchBytes), formatBytes(budget.usableBytes()),
                contextAdvice(budget, m_start.budgets.contextTokens));
    };
    if (m_start.budgets.vram)
        check(*m_start.budgets.vram, "GPU memory");
    check(m_start.budgets.ram, "RAM");
}

void TierSearch::failToFit() const {
    const bool isPinned =
        std::any_of(m_pinned.begin(), m_pinned.end(), [](const auto& tier) { return tier.has_value(); });
    const std::string_view reason = isPinned ? " with the blocks that were given a tier" : "";
    if (m_leastVram > m_vramRoom)
        fail(isPinned ? ErrorCode::BadRequest : ErrorCode::OutOfMemory,
            "{}: needs at least {} of GPU memory for weights{}, {} are left beside a context of {} tokens; a smaller "
            "context, fewer blocks in VRAM or the CPU alone may do",
            name(), formatBytes(m_leastVram), reason, formatBytes(m_vramRoom),
            formatCount(m_start.budgets.contextTokens));
    fail(isPinned ? ErrorCode::BadRequest : ErrorCode::OutOfMemory,
        "{}: needs at least {} of RAM for weights{} even with most of them on disk, {} are left; a smaller model would "
        "fit",
        name(), formatBytes(m_leastRam), reason, formatBytes(m_ramRoom));
}

} // namespace

Plan wholePlan(const PlanningModel& model, Tier tier) {
    TierBudgets budgets;
    if (tier == Tier::Vram)
        budgets.vram.emplace();
    Plan plan = unplacedPlan(model, budgets);
    for (PlannedBlock& block : plan.blocks)
        block.tier = tier;
    sumTiers(plan);
    return plan;
}

Plan planTiers(const PlanningModel& model, const TierBudgets& budgets, const MachineProfile& profile,
    std::span<const TierOverride> overrides) {
    return *planTiers(model, budgets, profile, overrides, std::stop_token());
}

std::optional<Plan> planTiers(const PlanningModel& model, const TierBudgets& budgets, const MachineProfile& profile,
    std::span<const TierOverride> overrides, const std::stop_token& stop) {
    if (budgets.vram && !profile.hasGpu())
        fail(ErrorCode::BadRequest, "{}: the machine's profile has no figures of a GPU to plan with",
            quoteForMessage(model.path, 4096));
    return TierSearch(model, budgets, profile, overrides).run(stop);
}

} // namespace strata
