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

// The least x + y + max(z, gpu) of pass_cost.h: piecewise linear in x, so least at an end or at the kink.
double overlapped(const PassWork& work) {
    const auto secondsWith = [&](double x) {
        const double y = work.hostAlone - secondsOf(work.hostAlone * x, work.hostBeside);
        const double z = work.linkAlone - secondsOf(work.linkAlone * x, work.linkBeside);
        return x + std::max(y, 0.0) + std::max({z, work.gpu, 0.0});
    };
    const double longest = std::min(work.hostBeside, work.linkBeside);
    double best = std::min(secondsWith(0.0), secondsWith(longest));
    if (work.linkAlone > work.gpu) {
        const double kink = work.linkBeside * (1.0 - work.gpu / work.linkAlone);
        if (kink < longest)
            best = std::min(best, secondsWith(kink));
    }
    return best;
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
        m_cost.seconds = std::max(overlapped(m_work), m_work.disk);
        m_cost.busySeconds = {m_gpuReads, m_work.linkAlone, m_work.hostAlone, m_work.disk};
        const auto longest = std::max_element(m_cost.busySeconds.begin(), m_cost.busySeconds.end());
        m_cost.bound = static_cast<Wire>(longest - m_cost.busySeconds.begin());
        return m_cost;
    }

private:
    std::uint64_t bytes(Wire wire) const { return m_cost.bytes[static_cast<std::size_t>(wire)]; }
    void addBytes(Wire wire, std::uint64_t count) { m_cost.bytes[static_cast<std::size_t>(wire)] += count; }

    // Tokens that a block multiplies for.
    std::uint32_t tokensOf(const PlannedBlock& block) const {
        return block.kind == BlockKind::Head && m_tokens > kMostVerified ? 1 : m_tokens;
    }

    static ProductWork workOf(const PlannedBlock& block, std::uint64_t read) {
        return {.weightBytes = read,
            .weightCount = block.weightCount,
            .inputCount = block.inputCount,
            .activationCount = block.activationCount};
    }

    // Weights that a block reads: all of them once, of the embedding a row for each token.
    std::uint64_t readBytes(const PlannedBlock& block) const {
        return block.kind == BlockKind::Embedding ? block.readBytes * m_tokens : block.readBytes;
    }

    void addExchanges(std::uint32_t count) {
        const double rows = static_cast<double>(m_tokens) * m_plan.embeddingLength * sizeof(float);
        m_cost.exchangeSeconds += count * (m_profile.exchangeSeconds + secondsOf(rows, m_profile.linkIn));
    }

    void addHost(const PlannedBlock& block) {
        const std::uint64_t read = readBytes(block);
        const double multiply = m_profile.cpuMultiply.seconds(workOf(block, read), tokensOf(block));
        const auto seconds = [&](double rate) {
            return std::max(secondsOf(static_cast<double>(read), rate), multiply) + m_profile.cpuBlockSeconds;
        };
        addBytes(Wire::Host, read);
        m_work.hostAlone += seconds(m_profile.hostRead);
        m_work.hostBeside += seconds(m_plan.usesGpu ? m_profile.hostReadBesideLink : m_profile.hostRead);
    }

    void addGpu(const PlannedBlock& block, Executor executor) {
        const std::uint64_t read = readBytes(block);
        addBytes(Wire::Vram, read);
        if (executor == Executor::Streamed)
            addBytes(Wire::Link, block.packedBytes);
        const double seconds = std::max(secondsOf(static_cast<double>(read), m_profile.vramRead),
            m_profile.gpuMultiply.seconds(workOf(block, read), tokensOf(block)));
        m_gpuReads += seconds;
        m_work.gpu += seconds + m_profile.gpuBlockSeconds;
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
