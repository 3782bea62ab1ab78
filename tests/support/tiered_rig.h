// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/cpu/cpu_backend.h"
#include "core/forward/transformer.h"
#include "core/tier/drive_reader.h"
#include "core/tier/weight_store.h"
#include "tests/support/failing_source.h"
#include "tests/support/placed_plan.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <vector>

namespace strata {

using Logits = std::vector<float>;
using Tiers = std::vector<Tier>;

// A model loaded by one plan on a GPU beside the CPU, or on the CPU alone (no choice), with one conversation.
class TieredRig {
public:
    static constexpr std::uint32_t kContext = 64;

    TieredRig(const Model& model, const Tiers& tiers, const MachineProfile& profile,
        const std::optional<BackendChoice>& gpu, const std::shared_ptr<SourcePlan>& reads = nullptr)
        : m_model(model), m_host(cpuBackend(2).open()) {
        if (gpu)
            m_gpu = gpu->open();
        WeightPlan plan{.plan = placedPlan(model, tiers, m_gpu != nullptr),
            .profile = profile,
            .gpu = m_gpu.get(),
            .host = m_host.get(),
            .metrics = m_metrics};
        if (reads != nullptr)
            plan.openSource = [reads](std::span<const RandomAccessFile> files, bool prefersCache) {
                auto reader = std::make_unique<DriveReader>(files, DriveReaderOptions{.prefersCache = prefersCache});
                return std::make_unique<FailingSource>(std::move(reader), reads);
            };
        m_weights = WeightStore::open(model, std::move(plan), {}, {});
        m_transformer.emplace(
            model, *m_weights, PassLimits{.maxTokens = 24, .maxLogitRows = 1, .contextTokens = kContext});
        m_cache.emplace(m_gpu ? *m_gpu : *m_host, model.spec(), kContext);
    }

    // Appends tokens in one pass; the last one's logits. Empty: stopped.
    Logits append(std::uint32_t count, const std::stop_token& stop = {}, const BlockSink* afterBlock = nullptr) {
        const std::vector<std::uint32_t> rows = {count - 1};
        if (!pass(count, rows, stop, afterBlock))
            return {};
        Logits logits(m_model.spec().vocabularySize);
        m_transformer->readLogits(0, logits);
        return logits;
    }
    // Appends tokens in one pass without logits, as all chunks of a prompt but the last.
    void read(std::uint32_t count) { pass(count, {}, {}, nullptr); }

    // A prompt, tokens one by one, a pass of a few, another prompt in chunks: every switch of schedules.
    template <typename Pass> // (std::uint32_t tokens, bool wantsLogits)
    void talkBy(const Pass& pass) {
        for (const std::uint32_t count : {20U, 1U, 1U, 1U, 4U, 1U})
            pass(count, true);
        for (const std::uint32_t count : {8U, 8U, 1U})
            pass(count, false);
        for (const std::uint32_t count : {8U, 1U, 1U})
            pass(count, true);
    }
    std::vector<Logits> talk() {
        std::vector<Logits> all;
        talkBy([&](std::uint32_t count, bool wantsLogits) {
            if (wantsLogits)
                all.push_back(append(count));
            else
                read(count);
        });
        return all;
    }

    WeightStore& weights() { return *m_weights; }
    Metrics& metrics() { return *m_metrics; }
    std::uint32_t length() const { return m_cache->length(); }

private:
    bool pass(std::uint32_t count, std::span<const std::uint32_t> rows, const std::stop_token& stop,
        const BlockSink* afterBlock) { // false: stopped
        std::vector<TokenId> tokens;
        std::vector<std::uint32_t> positions(count);
        std::iota(positions.begin(), positions.end(), m_cache->length());
        for (const std::uint32_t position : positions)
            tokens.emplace_back(263 + position * 7 % 31);
        const Pass pass = {.tokens = tokens,
            .positions = positions,
            .cacheLength = m_cache->length(),
            .visible = {},
            .logitRows = rows,
            .topCount = 0};
        return m_transformer->forward(pass, *m_cache, stop, afterBlock);
    }

    const Model& m_model;
    std::shared_ptr<Metrics> m_metrics = std::make_shared<Metrics>();
    std::unique_ptr<Backend> m_host;
    std::unique_ptr<Backend> m_gpu;
    std::unique_ptr<WeightStore> m_weights;
    std::optional<Transformer> m_transformer;
    std::optional<KvCache> m_cache;
};

// 0: VRAM, 1: RAM, 2: disk for the layers; embedding and head in RAM or VRAM, together when tied.
inline Tiers randomTiers(std::mt19937& random, const Model& model, bool usesGpu) {
    Tiers tiers;
    const std::uint32_t first = usesGpu ? 0 : 1;
    for (std::size_t i = 0; i < model.blocks().size(); ++i)
        tiers.push_back(static_cast<Tier>(first + random() % (3 - first)));
    tiers.front() = usesGpu && random() % 2 == 0 ? Tier::Vram : Tier::Ram;
    if (model.isTied())
        tiers.back() = tiers.front();
    return tiers;
}

// Schedules of every kind: streaming much or little, prompts or none.
inline MachineProfile randomProfile(std::mt19937& random) {
    MachineProfile profile = profileWithLink(std::ldexp(1.0, static_cast<int>(random() % 9) - 4));
    profile.cpuMultiply.multipliesPerSecond = random() % 2 == 0 ? 1e15 : 1e6; // slow: prompts are streamed
    return profile;
}

} // namespace strata
