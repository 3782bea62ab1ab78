// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/block_streamer.h"

namespace strata {

namespace {

// Read in runs of neighbouring tensors, so a block stays whole there.
std::vector<RingBlock> wholeBlocks(std::span<const BlockPlace> places) {
    std::vector<RingBlock> blocks;
    for (const BlockPlace& place : places)
        blocks.push_back({.byteCount = place.host.byteCount});
    return blocks;
}

std::vector<RingBlock> blocksOfTensors(std::span<const BlockPlace> places) {
    std::vector<RingBlock> blocks;
    for (const BlockPlace& place : places)
        blocks.push_back({.partOffsets = place.packed.offsets, .byteCount = place.packed.byteCount});
    return blocks;
}

} // namespace

BlockStreamer::BlockStreamer(const StreamerParts& parts)
    : m_copies(parts.copies), m_head(static_cast<std::uint32_t>(parts.places.size() - 1)),
      m_staging(parts.stagingMemory.size(), wholeBlocks(parts.places)),
      m_ring(parts.ringMemory->byteCount(), blocksOfTensors(parts.places)),
      m_disk(m_staging, parts.source, parts.places, parts.stagingMemory, parts.metrics),
      m_link(m_ring, m_staging, parts.copies, parts.places, *parts.ringMemory, parts.stagingMemory, parts.metrics) {
    if (parts.source != nullptr)
        m_diskThread = std::jthread([this](const std::stop_token& stop) { m_disk.run(stop); });
    if (parts.copies != nullptr)
        m_linkThread = std::jthread([this](const std::stop_token& stop) { m_link.run(stop); });
}

// The link first: it may be waiting for the drive.
BlockStreamer::~BlockStreamer() {
    m_ring.close();
    m_staging.close();
}

void BlockStreamer::begin(const Schedule& schedule, bool isLeft) {
    const std::optional<BlockIndex> leftOut =
        schedule.head == HeadUse::LeftOut ? std::optional(m_head) : std::nullopt;
    if (!isLeft && m_staging.continueAs(schedule.diskOrder, leftOut) && m_ring.continueAs(schedule.streamOrder))
        return;
    m_ring.close();
    m_staging.close();
    m_staging.open(schedule.diskOrder, {});
    m_ring.open(schedule.streamOrder, m_copies == nullptr ? Fence() : m_copies->deviceFence());
}

} // namespace strata
