// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/pass_cost.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

constexpr std::uint32_t kMostVerified = 8; // tokens: in longer passes only the last one's logits are wanted

// Nothing takes no time, even on a wire that is not there.
double secondsOf(double bytes, double bytesPerSecond) {
    return bytes == 0.0 ? 0.0 : bytes / bytesPerSecond;
}

// Work of one pass before it is laid out in time: how long each part takes by itself.
struct PassWork {
    double gpu = 0.0;
    double hostAlone = 0.0, hostBeside = 0.0; // seconds of the CPU's blocks, the link idle or busy
    double linkAlone = 0.0, linkBeside = 0.0; // seconds of the copies, the CPU idle or busy
    double disk = 0.0;
};

// One way to lay it out in time: x, y and z of pass_cost.h.
struct Layout {
    double both = 0.0, hostOnly = 0.0, linkOnly = 0.0;
    double seconds = 0.0; // of the pass
};

Layout layoutWith(const PassWork& work, double both) {
    Layout layout{.both = both};
    layout.hostOnly = std::max(work.hostAlone - secondsOf(work.hostAlone * both, work.hostBeside), 0.0);
    layout.linkOnly = std::max(work.linkAlone - secondsOf(work.linkAlone * both, work.linkBeside), 0.0);
    layout.seconds = both + layout.hostOnly + std::max(layout.linkOnly, work.gpu);
    return layout;
}

// The shortest: piecewise linear in x, so at an end or at the kink.
Layout shortestLayout(const PassWork& work) {
    const double longest = std::min(work.hostBeside, work.linkBeside);
    Layout best = layoutWith(work, 0.0);
    const auto consider = [&](double both) {
        if (const Layout layout = layoutWith(work, both); layout.seconds < best.seconds)
            best = layout;
    };
    consider(longest);
    if (work.linkAlone > work.gpu) {
        const double kink = work.linkBeside * (1.0 - work.gpu / work.linkAlone);
        if (kink < longest)
            consider(kink);
    }
    return best;
}

// Tokens that a block multiplies for.
std::uint32_t tokensOf(const PlannedBlock& block, std::uint32_t tokens) {
    return block.kind == BlockKind::Head && tokens > kMostVerified ? 1 : tokens;
}

// Weights that a block reads: all of them once, of the embedding a row for each token.
std::uint64_t readBytes(const PlannedBlock& block, std::uint32_t tokens) {
    return block.kind == BlockKind::Embedding ? block.readBytes * tokens : block.readBytes;
}

double multiplySeconds(const PlannedBlock& block, std::uint32_t tokens, const MultiplyRates& rates) {
    const ProductWork work = {.weightBytes = readBytes(block, tokens),
        .weightCount = block.weightCount,
        .inputCount = block.inputCount,
        .activationCount = block.activationCount};
    return rates.seconds(work, tokensOf(block, tokens));
}

double readSeconds(const PlannedBlock& block, std::uint32_t tokens, double bytesPerSecond) {
    return secondsOf(static_cast<double>(readBytes(block, tokens)), bytesPerSecond);
}

class CostSum {
public:
    CostSum(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile)
        : m_plan(plan), m_tokens(tokens), m_profile(profile) {}

    void add(const PlannedBlock& block, Executor executor) {
        // The cache's device attends, whoever projects: queries, keys and values cross, and what they attended to.
        const bool crosses = executor == Executor::Host && m_plan.usesGpu;
        if (crosses && block.kind == BlockKind::Attention)
            addExchanges(2);
        if (m_plan.usesGpu && (executor == Executor::Host) != m_isOnHost && m_hasBegun)
            addExchanges(1);
        m_isOnHost = executor == Executor::Host;
        m_hasBegun = true;
        if (block.tier == Tier::Disk)
            addBytes(Wire::Disk, block.hostBytes);
        if (executor == Executor::Host)
            addHost(block);
        else
            addGpu(block, executor);
    }

    PassCost finish() {
        m_work.gpu += m_cost.exchangeSeconds;
        m_work.disk = secondsOf(static_cast<double>(bytes(Wire::Disk)), m_profile.diskBytesPerSecond(m_plan.modelPath));
        const auto linkBytes = static_cast<double>(bytes(Wire::Link));
        m_work.linkAlone = secondsOf(linkBytes, m_profile.linkIn);
        m_work.linkBeside = secondsOf(linkBytes, m_profile.linkInBesideHost);
        const Layout layout = shortestLayout(m_work);
        m_cost.seconds = std::max(layout.seconds, m_work.disk);
        m_cost.busySeconds = {
            m_gpuReads, layout.both + layout.linkOnly, layout.both + layout.hostOnly, m_work.disk};
        const auto longest = std::max_element(m_cost.busySeconds.begin(), m_cost.busySeconds.end());
        m_cost.bound = static_cast<Wire>(longest - m_cost.busySeconds.begin());
        return m_cost;
    }

private:
    std::uint64_t bytes(Wire wire) const { return m_cost.bytes[static_cast<std::size_t>(wire)]; }
    void addBytes(Wire wire, std::uint64_t count) { m_cost.bytes[static_cast<std::size_t>(wire)] += count; }

    void addExchanges(std::uint32_t count) {
        m_cost.exchangeSeconds += count * exchangeSeconds(m_plan, m_tokens, m_profile);
    }

    void addHost(const PlannedBlock& block) {
        addBytes(Wire::Host, readBytes(block, m_tokens));
        const double multiply = multiplySeconds(block, m_tokens, m_profile.cpuMultiply);
        const auto seconds = [&](double rate) {
            return std::max(readSeconds(block, m_tokens, rate), multiply) + m_profile.cpuBlockSeconds;
        };
        m_work.hostAlone += seconds(m_profile.hostRead);
        m_work.hostBeside += seconds(m_plan.usesGpu ? m_profile.hostReadBesideLink : m_profile.hostRead);
    }

    void addGpu(const PlannedBlock& block, Executor executor) {
        addBytes(Wire::Vram, readBytes(block, m_tokens));
        if (executor == Executor::Streamed)
            addBytes(Wire::Link, block.packedBytes);
        const double seconds = gpuBlockSeconds(block, m_tokens, m_profile);
        m_gpuReads += seconds - m_profile.gpuBlockSeconds;
        m_work.gpu += seconds;
    }

    const Plan& m_plan;
    std::uint32_t m_tokens;
    const MachineProfile& m_profile;
    PassCost m_cost;
    PassWork m_work;
    double m_gpuReads = 0.0;
    bool m_hasBegun = false;
    bool m_isOnHost = false;
};

} // namespace

double hostBlockSeconds(
    const PlannedBlock& block, std::uint32_t tokens, double bytesPerSecond, const MachineProfile& profile) {
    const double multiply = multiplySeconds(block, tokens, profile.cpuMultiply);
    return std::max(readSeconds(block, tokens, bytesPerSecond), multiply) + profile.cpuBlockSeconds;
}

double gpuBlockSeconds(const PlannedBlock& block, std::uint32_t tokens, const MachineProfile& profile) {
    const double multiply = multiplySeconds(block, tokens, profile.gpuMultiply);
    return std::max(readSeconds(block, tokens, profile.vramRead), multiply) + profile.gpuBlockSeconds;
}

double exchangeSeconds(const Plan& plan, std::uint32_t tokens, const MachineProfile& profile) {
    const double rows = static_cast<double>(tokens) * plan.embeddingLength * sizeof(float);
    return profile.exchangeSeconds + secondsOf(rows, profile.linkIn);
}

PassCost passCost(const Plan& plan, std::span<const Executor> executors, std::uint32_t tokens,
    const MachineProfile& profile, HeadUse head) {
    assert(executors.size() == plan.blocks.size());
    CostSum sum(plan, tokens, profile);
    for (std::size_t i = 0; i < executors.size(); ++i)
        if (isNeeded(plan.blocks[i].kind, head))
            sum.add(plan.blocks[i], executors[i]);
    return sum.finish();
}

double attentionSeconds(
    const Plan& plan, std::uint32_t tokens, std::uint32_t cacheRows, const MachineProfile& profile) {
    const MultiplyRates& rates = plan.usesGpu ? profile.gpuMultiply : profile.cpuMultiply;
    const double memory = plan.usesGpu ? profile.vramRead : profile.hostRead;
    const double seen = static_cast<double>(cacheRows) - (static_cast<double>(tokens) - 1.0) / 2.0; // on average
    const double multiplies = static_cast<double>(plan.attentionMultiplies) * tokens * seen;
    const double queryNumbers = static_cast<double>(plan.attentionMultiplies) / 2 * tokens;
    return std::max(secondsOf(static_cast<double>(plan.kvRowBytes) * cacheRows, memory),
        rates.attentionSeconds(multiplies, queryNumbers, tokens));
}

} // namespace strata
