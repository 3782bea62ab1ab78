// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/weight_loader.h"

#include "core/base/error.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

constexpr std::size_t kBounceCount = 32; // twice the reads in flight: half are filled while half cross

std::uint64_t runBytes(const BlockPlace& place) {
    std::uint64_t bytes = 0;
    for (const FileRun& run : place.host.runs)
        bytes += run.byteCount;
    return bytes;
}

std::byte* firstSector(const Buffer& memory) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    return memory.data() + ((address + kSectorBytes - 1) / kSectorBytes * kSectorBytes - address);
}

} // namespace

WeightLoader::WeightLoader(BlockSource& source, std::span<const BlockPlace> places, Backend* gpu, CopyQueue* copies,
    const LoadProgressSink& progress)
    : m_source(source), m_places(places), m_copies(copies), m_progress(progress) {
    const bool needsBounces =
        std::any_of(places.begin(), places.end(), [&](const BlockPlace& place) { return isBounced(place); });
    if (needsBounces) {
        m_bounces = gpu->allocateStaging(kBounceCount * kPieceBytes + kSectorBytes);
        for (std::size_t i = 0; i < kBounceCount; ++i)
            m_freeBounces.push_back(i);
        copies->waitForDevice(copies->deviceFence()); // it may still be clearing the memory that is about to be filled
    }
    for (const BlockPlace& place : places)
        m_state.totalBytes += place.tier == Tier::Disk ? 0 : runBytes(place);
}

WeightLoader::~WeightLoader() {
    drain();
}

bool WeightLoader::run(const std::stop_token& stop) {
    report(0);
    for (;;) {
        if (stop.stop_requested())
            return false;
        findNextRun();
        if (hasMore() && m_source.hasRoom()) {
            if (needsBounce())
                freeOldestBounce();
            startOne();
        } else if (m_source.inFlight() > 0) {
            finishOne();
        } else {
            break;
        }
    }
    while (!m_crossings.empty())
        freeOldestBounce();
    return true;
}

void WeightLoader::findNextRun() {
    while (m_rest.byteCount == 0 && hasMore()) {
        const BlockPlace& place = m_places[m_block];
        if (place.tier != Tier::Disk && m_run < place.host.runs.size()) {
            m_rest = place.host.runs[m_run++];
        } else {
            ++m_block;
            m_run = 0;
        }
    }
}

// As many pieces as there are can't all be on their way from the drive, so some are crossing.
bool WeightLoader::needsBounce() const {
    return isBounced(m_places[m_block]) && m_freeBounces.empty();
}

void WeightLoader::startOne() {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, m_rest.byteCount));
    Piece piece = {.place = &m_places[m_block],
        .fileOffset = m_rest.fileOffset,
        .part = m_rest.part,
        .memory = {},
        .bounce = 0};
    if (isBounced(*piece.place)) {
        piece.bounce = m_freeBounces.back();
        m_freeBounces.pop_back();
        piece.memory = std::span(firstSector(m_bounces) + piece.bounce * kPieceBytes, count);
    } else {
        piece.memory = std::span(piece.place->hostMemory + m_rest.memoryOffset, count);
    }
    m_rest = {.part = m_rest.part,
        .fileOffset = m_rest.fileOffset + count,
        .byteCount = m_rest.byteCount - count,
        .memoryOffset = m_rest.memoryOffset + count};
    if (m_freeTags.empty()) {
        m_freeTags.push_back(m_pieces.size());
        m_pieces.emplace_back();
    }
    const std::uint64_t tag = m_freeTags.back();
    m_freeTags.pop_back();
    m_pieces[tag] = piece;
    m_source.start({.part = piece.part, .offset = piece.fileOffset, .target = piece.memory, .tag = tag});
}

void WeightLoader::finishOne() {
    const std::uint64_t tag = m_source.waitOne();
    const Piece& piece = m_pieces[tag];
    if (isBounced(*piece.place))
        cross(piece);
    m_freeTags.push_back(tag);
    report(piece.memory.size());
}

// A piece of the file may hold the end of one tensor, whole ones, and the beginning of another.
void WeightLoader::cross(const Piece& piece) {
    m_copyPieces.clear();
    const std::uint64_t pieceEnd = piece.fileOffset + piece.memory.size();
    const auto& tensors = piece.place->block->tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const BlockTensor& tensor = tensors[i];
        const std::uint64_t begin = std::max(tensor.fileOffset, piece.fileOffset);
        const std::uint64_t end = std::min(tensor.fileOffset + tensor.byteCount, pieceEnd);
        if (tensor.part != piece.part || begin >= end)
            continue;
        m_copyPieces.push_back({.offset = piece.place->packed.offsets[i] + (begin - tensor.fileOffset),
            .source = piece.memory.subspan(begin - piece.fileOffset, end - begin)});
    }
    m_crossings.push_back(
        {.bounce = piece.bounce, .copied = m_copies->copyIn(*piece.place->deviceMemory, m_copyPieces)});
}

void WeightLoader::freeOldestBounce() {
    assert(!m_crossings.empty());
    m_copies->wait(m_crossings.front().copied);
    m_freeBounces.push_back(m_crossings.front().bounce);
    m_crossings.pop_front();
}

void WeightLoader::drain() noexcept {
    while (m_source.inFlight() > 0) {
        try {
            m_source.waitOne();
        } catch (const Error&) { // the load has ended, one way or another
        }
    }
    while (!m_crossings.empty()) {
        try {
            freeOldestBounce();
        } catch (const Error&) {
            m_crossings.clear();
        }
    }
}

void WeightLoader::report(std::uint64_t bytes) {
    m_state.doneBytes += bytes;
    if (m_progress)
        m_progress(m_state);
}

} // namespace strata
