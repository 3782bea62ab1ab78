// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/load_plan.h"

#include "core/backend/kv_rows.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tier/block_layout.h"
#include "core/tier/tier_planner.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace strata {
namespace {

// Prompt tokens per pass: a GPU's tensor cores want many, the CPU's caches few.
constexpr std::uint32_t kGpuChunk = 2048;
constexpr std::uint32_t kCpuChunk = 512;
constexpr std::uint32_t kLeastChunk = 256; // shorter ones cost more than the memory they save is worth

// Of a memory that does not hold the whole model, long passes may take so much and no more: it is weights that make
// every token faster there.
constexpr std::uint64_t kScratchShare = 24;

class LoadPlanner {
public:
    LoadPlanner(const LoadRequest& request, const LoadSubject& subject, const std::optional<MemoryRoom>& gpu,
        const MemoryRoom& host, const MachineProfile& profile)
        : m_request(request), m_subject(subject), m_gpu(gpu), m_host(host), m_profile(profile) {}

    std::optional<LoadPlan> run(const std::stop_token& stop) { // nullopt: stop
        check();
        LoadPlan result;
        result.limits = limitsOf(firstChunk());
        while (m_request.chunkTokens == 0 && result.limits.maxTokens > leastChunk() && takesMuch(result.limits))
            result.limits = limitsOf(std::max(result.limits.maxTokens / 2, leastChunk()));
        const PlanningModel model{m_subject.path, m_subject.blocks, m_subject.spec, m_request.cacheType};
        std::optional<Plan> plan = planTiers(model, budgetsFor(result.limits), m_profile, m_request.places, stop);
        if (!plan)
            return std::nullopt;
        result.plan = std::move(*plan);
        return result;
    }

private:
    std::string name() const { return std::filesystem::path(m_subject.path).filename().string(); }

    void check() const {
        if (m_request.contextTokens > m_subject.spec.trainedContext)
            fail(ErrorCode::BadRequest,
                "{}: a context of {} tokens was asked for, the model was trained for at most {}", name(),
                formatCount(m_request.contextTokens), formatCount(m_subject.spec.trainedContext));
        if (m_request.logitRows == 0)
            fail(ErrorCode::BadRequest, "{}: expected at least 1 row of logits per pass, found 0", name());
        if (m_request.vramCap && !m_gpu)
            fail(ErrorCode::BadRequest, "{}: a cap on graphics memory was asked for, and no GPU takes part", name());
        checkCacheType();
    }

    void checkCacheType() const {
        const std::string_view type = traits(m_request.cacheType).name;
        if (!isKvType(m_request.cacheType))
            fail(ErrorCode::BadRequest, "{}: expected keys and values in F16 or Q8_0, found {}", name(), type);
        const std::uint32_t kvLength = m_subject.spec.kvLength();
        if (m_request.cacheType == QuantType::Q8_0 && kvLength % kKvBlockLength != 0)
            fail(ErrorCode::BadRequest,
                "{}: a token has {} keys in each layer, and only multiples of {} can be kept in {}: use F16 for this "
                "model",
                name(), kvLength, kKvBlockLength, type);
    }

    std::uint32_t context() const {
        return m_request.contextTokens != 0 ? m_request.contextTokens
                                            : std::min(m_subject.spec.trainedContext, kDefaultContextTokens);
    }
    std::uint32_t firstChunk() const {
        return m_request.chunkTokens != 0 ? m_request.chunkTokens : (m_gpu ? kGpuChunk : kCpuChunk);
    }
    std::uint32_t leastChunk() const { return std::max(kLeastChunk, std::min(m_request.logitRows, firstChunk())); }

    PassLimits limitsOf(std::uint32_t chunkTokens) const {
        const std::uint32_t chunk = std::min(chunkTokens, context());
        return {.maxTokens = chunk,
            .maxLogitRows = std::min(m_request.logitRows, chunk),
            .contextTokens = context(),
            .cacheType = m_request.cacheType};
    }

    TierBudgets budgetsFor(const PassLimits& limits) const {
        TierBudgets budgets;
        budgets.contextTokens = limits.contextTokens;
        budgets.ram = budgetOf(m_host, limits, m_request.ramCap);
        if (m_gpu) {
            budgets.vram = budgetOf(*m_gpu, limits, m_request.vramCap);
            budgets.ram.scratchBytes += crossingBytes(limits);
        }
        (budgets.vram ? *budgets.vram : budgets.ram).cacheBytes =
            contextBytes(m_subject.spec, limits.cacheType, limits.contextTokens);
        return budgets;
    }

    static TierBudget budgetOf(const MemoryRoom& room, const PassLimits& limits, std::optional<std::uint64_t> cap) {
        return {.freeBytes = room.memory.freeBytes,
            .reserveBytes = room.memory.reserveBytes,
            .capBytes = cap,
            .cacheBytes = 0,
            .scratchBytes = room.scratchBytes ? room.scratchBytes(limits) : 0};
    }

    // Through which activations cross from one device to the other: see ActivationExchange.
    std::uint64_t crossingBytes(const PassLimits& limits) const {
        std::uint32_t widest = 0;
        for (std::size_t part = 0; part < kActivationPartCount; ++part)
            widest = std::max(widest, rowLength(m_subject.spec, static_cast<ActivationPart>(part)));
        return m_host.scratchBytes ? std::uint64_t(limits.maxTokens) * widest * sizeof(float) : 0;
    }

    // The scratch of these passes costs the memory that attends more than it should.
    bool takesMuch(const PassLimits& limits) const {
        const TierBudgets budgets = budgetsFor(limits);
        const TierBudget& budget = budgets.vram ? *budgets.vram : budgets.ram;
        std::uint64_t weights = 0;
        for (const WeightBlock& block : m_subject.blocks)
            weights += budgets.vram ? packedBytes(block) : hostBytes(block);
        return weights > budget.weightBytes() && budget.scratchBytes > budget.usableBytes() / kScratchShare;
    }

    const LoadRequest& m_request;
    const LoadSubject& m_subject;
    const std::optional<MemoryRoom>& m_gpu;
    const MemoryRoom& m_host;
    const MachineProfile& m_profile;
};

} // namespace

MemoryRooms estimatedRooms(const ModelSpec& spec, const std::optional<MemoryState>& gpu, const MemoryState& host) {
    const auto scratch = [&spec](const PassLimits& limits) { return estimateScratchBytes(spec, limits); };
    MemoryRooms rooms{.gpu = std::nullopt, .host = {.memory = host, .scratchBytes = scratch}};
    if (gpu)
        rooms.gpu = MemoryRoom{.memory = *gpu, .scratchBytes = scratch};
    return rooms;
}

std::optional<LoadPlan> planLoad(const LoadRequest& request, const LoadSubject& subject, const MemoryRooms& rooms,
    const MachineProfile& profile, const std::stop_token& stop) {
    return LoadPlanner(request, subject, rooms.gpu, rooms.host, profile).run(stop);
}

LoadPlan planLoad(const LoadRequest& request, const LoadSubject& subject, const std::optional<MemoryRoom>& gpu,
    const MemoryRoom& host, const MachineProfile& profile) {
    return LoadPlanner(request, subject, gpu, host, profile).run(std::stop_token()).value();
}

} // namespace strata
