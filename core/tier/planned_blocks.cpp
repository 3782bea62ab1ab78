// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/planned_blocks.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tier/block_layout.h"
#include "core/tier/ram_filling.h"

#include <algorithm>
#include <bit>
#include <string>

namespace strata {
namespace {

std::uint64_t matrixWeights(const WeightBlock& block) {
    std::uint64_t count = 0;
    for (const BlockTensor& tensor : block.tensors)
        count += isVector(tensor.role) ? 0 : std::uint64_t(tensor.rows) * tensor.columns;
    return count;
}

std::uint64_t largestTensor(const WeightBlock& block) {
    std::uint64_t largest = 0;
    for (const BlockTensor& tensor : block.tensors)
        largest = std::max<std::uint64_t>(largest, tensor.byteCount);
    return largest;
}

// Keys and values are computed at once with queries, and so are the two products of a gate.
bool followsAnother(TensorRole role) {
    return role != TensorRole::Key && role != TensorRole::Value && role != TensorRole::Up;
}

void countActivations(const WeightBlock& block, PlannedBlock& planned) {
    for (const BlockTensor& tensor : block.tensors) {
        if (isVector(tensor.role))
            continue;
        planned.inputCount += followsAnother(tensor.role) ? tensor.columns : 0;
        planned.activationCount += std::uint64_t(tensor.rows) + tensor.columns;
    }
}

void checkOverride(const PlanningModel& model, const TierBudgets& budgets, const TierOverride& wish) {
    const std::size_t count = model.blocks.size();
    if (wish.last < wish.first || wish.last.value >= count)
        fail(ErrorCode::BadRequest, "{}: expected blocks from 0 to {} to be put into {}, found {} to {}",
            quoteForMessage(model.path, 4096), count - 1, tierName(wish.tier), wish.first.value, wish.last.value);
    if (wish.tier == Tier::Vram && !budgets.vram)
        fail(ErrorCode::BadRequest, "{}: {} cannot be put into VRAM: no GPU takes part",
            quoteForMessage(model.path, 4096), model.blocks[wish.first.value].name());
}

void pin(const PlanningModel& model, std::size_t block, Tier tier, std::vector<std::optional<Tier>>& pinned) {
    if (pinned[block] && *pinned[block] != tier)
        fail(ErrorCode::BadRequest, "{}: {} is asked for in {} and in {}", quoteForMessage(model.path, 4096),
            model.blocks[block].name(), tierName(*pinned[block]), tierName(tier));
    pinned[block] = tier;
}

} // namespace

bool isTied(std::span<const WeightBlock> blocks) {
    const auto& head = blocks.back().tensors;
    return std::none_of(
        head.begin(), head.end(), [](const BlockTensor& tensor) { return tensor.role == TensorRole::Output; });
}

std::vector<PlannedBlock> listPlannedBlocks(const PlanningModel& model) {
    std::vector<PlannedBlock> planned;
    for (const WeightBlock& block : model.blocks) {
        planned.push_back({.kind = block.kind,
            .layer = block.layer,
            .tier = Tier::Ram,
            .packedBytes = packedBytes(block),
            .largestTensorBytes = largestTensor(block),
            .hostBytes = hostBytes(block),
            .readBytes = block.byteCount,
            .weightCount = matrixWeights(block)});
        if (block.kind != BlockKind::Embedding)
            countActivations(block, planned.back());
    }
    PlannedBlock& embedding = planned.front();
    if (isTied(model.blocks)) {
        planned.back().readBytes += embedding.readBytes;
        planned.back().weightCount += embedding.weightCount;
    }
    const BlockTensor& matrix = model.blocks.front().tensors.front();
    embedding.readBytes = matrix.byteCount / std::max(1U, matrix.rows);
    embedding.weightCount = 0;
    return planned;
}

Plan unplacedPlan(const PlanningModel& model, const TierBudgets& budgets) {
    const ModelSpec& spec = model.spec;
    constexpr std::uint32_t kRows = 256; // of the cache, so that rounding at its end does not count
    Plan plan;
    plan.modelPath = model.path;
    plan.blocks = listPlannedBlocks(model);
    plan.isTied = isTied(model.blocks);
    plan.usesGpu = budgets.vram.has_value();
    plan.layerCount = spec.layerCount;
    plan.embeddingLength = spec.embeddingLength;
    plan.kvRowBytes = contextBytes(spec, model.kvType, kRows) / kRows;
    plan.attentionMultiplies = std::uint64_t(2) * spec.layerCount * spec.queryLength();
    plan.budgets = budgets;
    return plan;
}

void sumTiers(Plan& plan) {
    std::uint64_t largestOnDisk = 0;
    for (const PlannedBlock& block : plan.blocks) {
        plan.tierBytes[static_cast<std::size_t>(block.tier)] += block.restingBytes();
        ++plan.tierBlockCount[static_cast<std::size_t>(block.tier)];
        if (block.tier == Tier::Disk)
            largestOnDisk = std::max(largestOnDisk, block.hostBytes);
    }
    plan.stagingBytes = kBlocksInStaging * largestOnDisk;
}

std::vector<std::uint32_t> spreadOrder(std::uint32_t count) {
    std::vector<std::uint32_t> order;
    const std::uint32_t whole = std::bit_ceil(std::max(1U, count));
    for (std::uint32_t i = 0; i < whole; ++i) {
        std::uint32_t reversed = 0;
        for (std::uint32_t bit = 1; bit < whole; bit <<= 1U)
            reversed = (reversed << 1U) | ((i & bit) != 0 ? 1U : 0U);
        if (reversed < count)
            order.push_back(reversed);
    }
    return order;
}

std::vector<std::optional<Tier>> pinnedTiers(
    const PlanningModel& model, const TierBudgets& budgets, std::span<const TierOverride> overrides) {
    std::vector<std::optional<Tier>> pinned(model.blocks.size());
    for (const TierOverride& wish : overrides) {
        checkOverride(model, budgets, wish);
        for (std::size_t i = wish.first.value; i <= wish.last.value; ++i)
            pin(model, i, wish.tier, pinned);
    }
    const std::size_t head = pinned.size() - 1;
    if (isTied(model.blocks)) {
        if (pinned[0])
            pin(model, head, *pinned[0], pinned);
        else
            pinned[0] = pinned[head];
    }
    if (pinned[0] == Tier::Disk)
        fail(ErrorCode::BadRequest, "{}: the embedding cannot rest on disk: every token looks up a row of it",
            quoteForMessage(model.path, 4096));
    return pinned;
}

} // namespace strata
