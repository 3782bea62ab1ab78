// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/block_memory.h"

#include "core/base/text.h"
#include "core/tier/weight_loader.h"

#include <fmt/format.h>

namespace strata {

std::unique_ptr<BlockMemory> BlockMemory::load(const Model& model, const Plan& plan, Backend* gpu, Backend* host,
    BlockSource& source, const LoadProgressSink& progress, const std::stop_token& stop) {
    std::unique_ptr<BlockMemory> memory(new BlockMemory(model, plan));
    if (stop.stop_requested())
        return nullptr;
    if (gpu != nullptr)
        memory->takeVram(plan, *gpu);
    if (host != nullptr && !memory->takeHost(plan, *host, stop))
        return nullptr;
    WeightLoader loader(source, memory->m_places, gpu, memory->copies(), progress);
    return loader.run(stop) ? std::move(memory) : nullptr;
}

BlockMemory::BlockMemory(const Model& model, const Plan& plan) : m_places(model.blocks().size()) {
    for (std::size_t i = 0; i < m_places.size(); ++i) {
        const WeightBlock& block = model.blocks()[i];
        m_places[i] = {.block = &block,
            .tier = plan.blocks[i].tier,
            .host = hostLayout(block),
            .packed = packedLayout(block)};
    }
}

void BlockMemory::takeVram(const Plan& plan, Backend& gpu) {
    m_copies = gpu.makeCopyQueue();
    m_vram.reserve(m_places.size()); // places point to its elements
    for (BlockPlace& place : m_places)
        if (place.tier == Tier::Vram)
            place.deviceMemory = &m_vram.emplace_back(gpu.allocate(place.packed.byteCount));
    if (plan.ringBytes > 0)
        m_ring = gpu.allocate(plan.ringBytes);
}

bool BlockMemory::takeHost(const Plan& plan, Backend& host, const std::stop_token& stop) {
    const std::uint64_t bytes = plan.ramBytes();
    if (bytes == 0)
        return true;
    m_arena = std::make_unique<HostArena>(host, bytes);
    for (BlockPlace& place : m_places)
        if (place.tier == Tier::Ram)
            place.hostMemory = m_arena->take(place.host.byteCount);
    if (plan.stagingBytes > 0)
        m_staging = std::span(m_arena->take(plan.stagingBytes), plan.stagingBytes);
    if (!m_arena->touch(stop))
        return false;
    if (m_copies == nullptr || m_ring.byteCount() == 0)
        return true; // nothing crosses from there
    switch (m_arena->pin(*m_copies, stop)) {
    case HostArena::Pinning::Done:
        return true;
    case HostArena::Pinning::Refused:
        m_notice = fmt::format("The system does not let {} of memory stay in place for the GPU, so that weights reach "
                               "it more slowly; less in RAM, or more of the graphics memory, helps.",
            formatBytes(bytes));
        return true;
    case HostArena::Pinning::Stopped:
        return false;
    }
    return false;
}

} // namespace strata
