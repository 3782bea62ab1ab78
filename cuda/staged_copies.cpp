// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/staged_copies.h"

#include "cuda/kernels/fetch.h"
#include "cuda/runtime/check.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace strata::cuda {
namespace {

// Where the device reaches this memory of the host; null if it is not pinned.
const std::byte* deviceAddress(const std::byte* address) {
    cudaPointerAttributes attributes = {};
    checkCuda(cudaPointerGetAttributes(&attributes, address), "looking at memory");
    return attributes.type == cudaMemoryTypeHost ? static_cast<const std::byte*>(attributes.devicePointer) : nullptr;
}

void copy(void* target, const void* source, std::size_t byteCount, cudaMemcpyKind kind, const Stream& stream) {
    checkCuda(cudaMemcpyAsync(target, source, byteCount, kind, stream.get()), "copying");
}

// From pinned memory.
void copyUp(std::byte* target, const std::byte* source, std::size_t byteCount, const Stream& stream) {
    const auto places = reinterpret_cast<std::uintptr_t>(target) | reinterpret_cast<std::uintptr_t>(source) | byteCount;
    if (byteCount <= kMaxFetchBytes && places % sizeof(std::uint32_t) == 0)
        fetchFromHost(stream.get(), target, source, byteCount);
    else
        copy(target, source, byteCount, cudaMemcpyHostToDevice, stream);
}

} // namespace

StagedCopies::StagedCopies(const Stream& stream) : m_stream(&stream) {
    for (Piece& piece : m_pieces) {
        piece.memory = PinnedMemory(kPieceBytes);
        piece.isFree = makeEvent();
    }
}

void StagedCopies::upload(std::byte* target, std::span<const std::byte> source) {
    if (source.empty())
        return;
    if (const std::byte* pinned = deviceAddress(source.data()); pinned != nullptr) {
        copyUp(target, pinned, source.size(), *m_stream);
        waitFor(*m_stream);
        return;
    }
    for (std::size_t done = 0; done < source.size();) {
        const std::size_t count = std::min(kPieceBytes, source.size() - done);
        Piece& piece = nextPiece();
        std::memcpy(piece.memory.data(), source.data() + done, count);
        copyUp(target + done, piece.memory.data(), count, *m_stream);
        record(piece.isFree, *m_stream);
        done += count;
    }
}

void StagedCopies::download(std::span<std::byte> target, const std::byte* source) {
    if (target.empty())
        return;
    if (deviceAddress(target.data()) != nullptr) {
        copy(target.data(), source, target.size(), cudaMemcpyDeviceToHost, *m_stream);
        waitFor(*m_stream);
        return;
    }
    for (std::size_t done = 0; done < target.size();) {
        const std::size_t count = std::min(kPieceBytes, target.size() - done);
        Piece& piece = nextPiece();
        copy(piece.memory.data(), source + done, count, cudaMemcpyDeviceToHost, *m_stream);
        record(piece.isFree, *m_stream);
        waitFor(piece.isFree);
        std::memcpy(target.data() + done, piece.memory.data(), count);
        done += count;
    }
}

StagedCopies::Piece& StagedCopies::nextPiece() {
    Piece& piece = m_pieces[m_next];
    m_next = (m_next + 1) % m_pieces.size();
    waitFor(piece.isFree);
    return piece;
}

} // namespace strata::cuda
