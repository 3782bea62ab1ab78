// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/telemetry_reader.h"

#include <algorithm>

using strata::BoardReading;
using strata::HostReading;
using strata::Wire;

namespace {

// Places in the windows.
enum HostTotal { BusyTicks, AllTicks, ProcessSeconds, ProcessReads, MachineReads };
enum EngineTotal { ReplyTokens, PromptTokens, LinkBytes, DiskBytes };

void set(Sample& sample, Curve curve, double value) {
    sample[indexOf(curve)] = static_cast<float>(value);
}

template <typename Value>
void set(Sample& sample, Curve curve, const std::optional<Value>& value) {
    if (value)
        set(sample, curve, static_cast<double>(*value));
}

// Of what was measured: 0 says that it was not.
void setIfMeasured(Sample& sample, Curve curve, double value) {
    if (value > 0)
        set(sample, curve, value);
}

double orZero(const std::optional<std::uint64_t>& total) {
    return static_cast<double>(total.value_or(0));
}

} // namespace

VramShares shareVram(const BoardReading& board, const EngineFigures& engine) {
    const double total = orZero(board.totalBytes);
    const double used = std::min(orZero(board.usedBytes), total);
    VramShares shares;
    shares.weights = std::min(static_cast<double>(engine.vramWeights), used);
    shares.cache = std::min(static_cast<double>(engine.vramCache), used - shares.weights);
    const double planned = shares.weights + shares.cache + static_cast<double>(engine.vramScratch);
    const double ours = std::min(std::max(planned, orZero(board.ownBytes)), used);
    (engine.isLoading ? shares.weights : shares.scratch) += ours - shares.weights - shares.cache;
    shares.others = used - ours;
    shares.free = total - used;
    return shares;
}

Sample TelemetryReader::read(
    double seconds, const HostReading& host, const BoardReading* board, const EngineFigures& engine) {
    Sample sample;
    sample.fill(kUnknown);
    readHost(seconds, host, sample);
    readEngine(seconds, engine, sample);
    if (board != nullptr)
        readBoard(*board, engine, sample);
    return sample;
}

void TelemetryReader::readHost(double seconds, const HostReading& host, Sample& sample) {
    m_hostRates.add(seconds, {orZero(host.busyTicks), orZero(host.allTicks), host.processSeconds,
                                 orZero(host.processDiskReadBytes), orZero(host.diskReadBytes)});
    if (m_hostRates.hasRates()) {
        if (host.allTicks && m_hostRates.growth(AllTicks) > 0)
            set(sample, Curve::LoadCpu, m_hostRates.growth(BusyTicks) / m_hostRates.growth(AllTicks));
        set(sample, Curve::LoadStrata, m_hostRates.perSecond(ProcessSeconds) / host.processors);
        if (host.processDiskReadBytes)
            set(sample, Curve::DiskStrata, m_hostRates.perSecond(ProcessReads));
        if (host.diskReadBytes)
            set(sample, Curve::DiskMachine, m_hostRates.perSecond(MachineReads));
    }
    if (!host.ramBytes || !host.availableBytes || !host.residentBytes)
        return;
    const double used = orZero(host.ramBytes) - orZero(host.availableBytes);
    set(sample, Curve::RamStrata, host.residentBytes); // with what is pinned: readEngine takes that off
    set(sample, Curve::RamOthers, std::max(0.0, used - orZero(host.residentBytes)));
    set(sample, Curve::RamFree, host.availableBytes);
}

void TelemetryReader::readEngine(double seconds, const EngineFigures& engine, Sample& sample) {
    if (engine.metrics.get() != m_counted) // of another load: its totals begin at 0
        m_engineRates.clear();
    m_counted = engine.metrics.get();
    setIfMeasured(sample, Curve::LinkMeasuredIn, engine.linkIn);
    setIfMeasured(sample, Curve::LinkMeasuredOut, engine.linkOut);
    setIfMeasured(sample, Curve::DiskMeasured, engine.disk);
    strata::MetricsSnapshot totals;
    if (engine.metrics != nullptr)
        totals = engine.metrics->snapshot();
    m_engineRates.add(seconds,
        {static_cast<double>(totals.generatedTokens), static_cast<double>(totals.promptTokens),
            static_cast<double>(totals.wire(Wire::Link).bytes), static_cast<double>(totals.wire(Wire::Disk).bytes)});
    if (m_engineRates.hasRates()) {
        set(sample, Curve::SpeedReply, m_engineRates.perSecond(ReplyTokens));
        set(sample, Curve::SpeedPrompt, m_engineRates.perSecond(PromptTokens));
        set(sample, Curve::LinkWeights, m_engineRates.perSecond(LinkBytes));
        set(sample, Curve::DiskWeights, m_engineRates.perSecond(DiskBytes));
    }
    const auto pinned = static_cast<double>(totals.pinnedBytes);
    float& strata = sample[indexOf(Curve::RamStrata)];
    set(sample, Curve::RamPinned, pinned);
    strata = std::max(0.0F, strata - static_cast<float>(pinned));
}

void TelemetryReader::readBoard(const BoardReading& board, const EngineFigures& engine, Sample& sample) {
    if (board.totalBytes && board.usedBytes) {
        const VramShares shares = shareVram(board, engine);
        set(sample, Curve::VramWeights, shares.weights);
        set(sample, Curve::VramCache, shares.cache);
        set(sample, Curve::VramScratch, shares.scratch);
        set(sample, Curve::VramOthers, shares.others);
        set(sample, Curve::VramFree, shares.free);
    }
    set(sample, Curve::LinkIn, board.bytesPerSecondIn);
    set(sample, Curve::LinkOut, board.bytesPerSecondOut);
    setIfMeasured(sample, Curve::LinkNegotiated, strata::linkBytesPerSecond(board.link.generation, board.link.width));
    set(sample, Curve::LoadGpu, board.load);
    set(sample, Curve::Temperature, board.celsius);
    set(sample, Curve::Power, board.watts);
    set(sample, Curve::PowerLimit, board.wattLimit);
}
