// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/weight_store.h"

#include "core/tier/block_memory.h"
#include "core/tier/block_streamer.h"
#include "core/tier/drive_reader.h"
#include "core/tier/tier_planner.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t nanoseconds(Clock::duration time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
}

bool isOutsideVram(const PlannedBlock& block) {
    return block.tier != Tier::Vram;
}

} // namespace

std::uint64_t WeightStore::byteCount(const Model& model) {
    std::uint64_t bytes = 0;
    for (const WeightBlock& block : model.blocks())
        bytes += packedBytes(block);
    return bytes;
}

std::unique_ptr<WeightStore> WeightStore::open(
    const Model& model, Backend& backend, const LoadProgressSink& progress, std::stop_token stop) {
    const bool isGpu = backend.info().kind == DeviceKind::Gpu;
    const PlanningModel planned{model.file().path().string(), model.blocks(), model.spec()};
    WeightPlan plan{.plan = wholePlan(planned, isGpu ? Tier::Vram : Tier::Ram), .profile = {}};
    (isGpu ? plan.gpu : plan.host) = &backend;
    return open(model, std::move(plan), progress, std::move(stop));
}

std::unique_ptr<WeightStore> WeightStore::open(
    const Model& model, WeightPlan plan, const LoadProgressSink& progress, std::stop_token stop) {
    std::unique_ptr<WeightStore> store(new WeightStore(model, std::move(plan)));
    return store->load(progress, stop) ? std::move(store) : nullptr;
}

WeightStore::WeightStore(const Model& model, WeightPlan plan)
    : m_model(&model), m_plan(std::move(plan)), m_weights(model.blocks().size()),
      m_blockTimes(model.blocks().size()) {
    const auto& blocks = m_plan.plan.blocks;
    assert(blocks.size() == model.blocks().size());
    if (m_plan.gpu != nullptr)
        m_executors.push_back(m_plan.gpu);
    if (std::any_of(blocks.begin(), blocks.end(), isOutsideVram))
        m_executors.push_back(m_plan.host);
    if (!m_plan.openSource)
        m_plan.openSource = [](std::span<const RandomAccessFile> files, bool prefersCache) {
            return std::make_unique<DriveReader>(files, DriveReaderOptions{.prefersCache = prefersCache});
        };
}

WeightStore::~WeightStore() = default;

bool WeightStore::load(const LoadProgressSink& progress, const std::stop_token& stop) {
    const auto files = m_model->file().parts();
    const bool readsLater = m_plan.plan.blocksIn(Tier::Disk) > 0;
    const std::unique_ptr<BlockSource> source = m_plan.openSource(files, true);
    if (readsLater) // now: what happens to the files during a load, it is to know of as well
        m_source = m_plan.openSource(files, false);
    m_memory = BlockMemory::load(*m_model, m_plan.plan, m_plan.gpu, m_plan.host, *source, progress, stop);
    if (m_memory == nullptr)
        return false;
    if (m_plan.metrics != nullptr)
        m_plan.metrics->setPinned(m_memory->pinnedBytes());
    if (readsLater)
        m_source->registerMemory(m_memory->staging());
    setResidentWeights();
    startStreaming();
    return true;
}

void WeightStore::setResidentWeights() {
    const auto places = m_memory->places();
    for (std::uint32_t i = 0; i < places.size(); ++i) {
        const BlockPlace& place = places[i];
        if (place.tier == Tier::Vram)
            m_weights[i] = weightsOf(BlockIndex(i), place.packed, place.deviceMemory->data());
        if (place.tier == Tier::Ram)
            m_weights[i] = weightsOf(BlockIndex(i), place.host, place.hostMemory);
    }
}

void WeightStore::startStreaming() {
    const bool canStream = m_memory->ring().byteCount() > 0;
    if (!canStream && m_source == nullptr)
        return;
    m_streamer = std::make_unique<BlockStreamer>(StreamerParts{.places = m_memory->places(),
        .source = m_source.get(),
        .stagingMemory = m_memory->staging(),
        .copies = canStream ? m_memory->copies() : nullptr,
        .ringMemory = &m_memory->ring(),
        .metrics = m_plan.metrics.get()});
}

// A tied head computes with the embedding's matrix, where that rests.
BlockWeights WeightStore::weightsOf(
    BlockIndex block, const BlockLayout& layout, const std::byte* memory) const {
    BlockWeights weights = weightsAt(m_model->blocks()[block.value], layout, memory);
    if (m_model->isTied() && block.value + 1 == m_weights.size())
        weights.set(TensorRole::Output, m_weights.front()[TensorRole::TokenEmbedding]);
    return weights;
}

const Schedule& WeightStore::scheduleFor(std::uint32_t tokens, HeadUse head) {
    const std::uint32_t standing = scheduleTokens(tokens);
    const std::pair key(standing, head);
    const auto known = m_schedules.find(key);
    if (known != m_schedules.end())
        return known->second;
    return m_schedules.emplace(key, schedulePass(m_plan.plan, standing, m_plan.profile, head)).first->second;
}

std::vector<std::string> WeightStore::notices() const {
    std::vector<std::string> all;
    if (!m_memory->notice().empty())
        all.push_back(m_memory->notice());
    if (m_source != nullptr && !m_source->notice().empty())
        all.push_back(m_source->notice());
    return all;
}

void WeightStore::beginPass(std::uint32_t tokens, HeadUse head) {
    const bool isLeft = m_isPassOpen;
    m_held.reset();
    m_schedule = &scheduleFor(tokens, head);
    m_passTokens = tokens;
    m_isPassOpen = true;
    m_counted = {};
    m_hostNanoseconds = 0;
    m_passStart = Clock::now();
    if (m_streamer != nullptr)
        m_streamer->begin(*m_schedule, isLeft);
}

std::optional<BlockLease> WeightStore::acquire(BlockIndex block, const std::stop_token& stop) {
    assert(m_isPassOpen && block.value < m_weights.size());
    assert(isNeeded(m_plan.plan.blocks[block.value].kind, m_schedule->head));
    giveBack();
    if (stop.stop_requested())
        return std::nullopt;
    if (m_plan.metrics != nullptr)
        m_plan.metrics->setBlockAtWork(block.value);
    const Executor executor = m_schedule->executors[block.value];
    const Clock::time_point since = Clock::now();
    std::uint64_t number = 0;
    const BlockWeights* weights = bring(block, executor, number, stop);
    if (weights == nullptr)
        return std::nullopt;
    m_held = {.block = block, .executor = executor, .number = number, .since = since, .computedSince = Clock::now()};
    return BlockLease(*weights, executor == Executor::Host ? *m_plan.host : *m_plan.gpu);
}

const BlockWeights* WeightStore::bring(
    BlockIndex block, Executor executor, std::uint64_t& number, const std::stop_token& stop) {
    const BlockPlace& place = m_memory->places()[block.value];
    const bool isStaged = executor == Executor::Host && place.tier == Tier::Disk;
    if (executor != Executor::Streamed && !isStaged)
        return &m_weights[block.value];
    const Clock::time_point start = Clock::now();
    const auto filled = (isStaged ? m_streamer->staging() : m_streamer->ring()).take(block, stop);
    if (!filled)
        return nullptr;
    number = filled->number;
    const Wire wire = place.tier == Tier::Disk ? Wire::Disk : Wire::Link;
    m_counted.wire(wire).waitNanoseconds += nanoseconds(Clock::now() - start);
    if (isStaged) {
        m_brought = weightsOf(block, place.host, m_memory->staging().data() + filled->place.begin);
    } else {
        m_memory->copies()->holdDevice(filled->ready);
        m_ringLayout.offsets.clear();
        for (std::size_t i = 0; i < place.packed.offsets.size(); ++i)
            m_ringLayout.offsets.push_back(partBegin(filled->place, place.packed.offsets, i));
        m_brought = weightsOf(block, m_ringLayout, m_memory->ring().data());
    }
    return &m_brought;
}

// The verbs of the held block have been handed over by now.
void WeightStore::giveBack() {
    if (!m_held)
        return;
    const HeldBlock held = *std::exchange(m_held, std::nullopt);
    if (held.executor == Executor::Streamed) {
        m_streamer->ring().release(held.number, m_memory->copies()->deviceFence());
    } else if (m_memory->places()[held.block.value].tier == Tier::Disk) {
        m_plan.host->wait();
        m_streamer->staging().release(held.number, {});
    }
    count(held, Clock::now());
}

void WeightStore::count(const HeldBlock& held, Clock::time_point end) {
    const PlannedBlock& block = m_plan.plan.blocks[held.block.value];
    const std::uint64_t bytes =
        block.kind == BlockKind::Embedding ? block.readBytes * m_passTokens : block.readBytes;
    m_blockTimes[held.block.value] = nanoseconds(end - held.since);
    WireTotals& wire = m_counted.wire(held.executor == Executor::Host ? Wire::Host : Wire::Vram);
    wire.bytes += bytes;
    if (held.executor != Executor::Host)
        return;
    wire.busyNanoseconds += nanoseconds(end - held.computedSince);
    m_hostNanoseconds += nanoseconds(end - held.computedSince - held.elsewhere);
}

void WeightStore::spentElsewhere(Clock::duration time) {
    assert(m_held);
    m_held->elsewhere += time;
}

void WeightStore::finishPass() {
    giveBack();
    m_isPassOpen = false;
    if (m_plan.metrics == nullptr)
        return;
    m_counted.passes = 1;
    if (m_plan.gpu != nullptr) {
        const std::uint64_t elsewhere = m_counted.wire(Wire::Host).busyNanoseconds +
                                        m_counted.wire(Wire::Link).waitNanoseconds +
                                        m_counted.wire(Wire::Disk).waitNanoseconds;
        const std::uint64_t whole = nanoseconds(Clock::now() - m_passStart);
        m_counted.wire(Wire::Vram).busyNanoseconds = whole - std::min(whole, elsewhere);
    }
    if (m_schedule->head == HeadUse::LeftOut)
        m_blockTimes.back() = 0;
    m_plan.metrics->add(m_counted);
    m_plan.metrics->setBlockTimes(m_blockTimes);
    learnPace();
}

// Feeders count as they go, beside the pass: what they carried since the last one.
void WeightStore::learnPace() {
    const std::array<WireTotals, kWireCount> totals = m_plan.metrics->snapshot().wires;
    const std::array<WireTotals, kWireCount> before = std::exchange(m_totals, totals);
    std::array<WireTotals, kWireCount> carried;
    for (const Wire wire : {Wire::Link, Wire::Disk}) {
        const auto i = static_cast<std::size_t>(wire);
        carried[i] = {.bytes = totals[i].bytes - before[i].bytes,
            .busyNanoseconds = totals[i].busyNanoseconds - before[i].busyNanoseconds};
    }
    if (m_passTokens == m_schedule->tokens) // else the CPU multiplied for fewer than was foretold
        carried[static_cast<std::size_t>(Wire::Host)] = {
            .bytes = m_counted.wire(Wire::Host).bytes, .busyNanoseconds = m_hostNanoseconds};
    m_pace.add(m_schedule->cost, carried, m_passTokens);
}

} // namespace strata
