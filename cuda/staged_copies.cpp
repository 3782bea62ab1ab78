// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/staged_copies.h"

#include "cuda/runtime/check.h"

#include <algorithm>
#include <cstring>

namespace strata::cuda {
namespace {

bool isPinned(const std::byte* address) {
    cudaPointerAttributes attributes = {};
    checkCuda(cudaPointerGetAttributes(&attributes, address), "looking at memory");
    return attributes.type == cudaMemoryTypeHost;
}

void copy(void* target, const void* source, std::size_t byteCount, cudaMemcpyKind kind, const Stream& stream) {
    checkCuda(cudaMemcpyAsync(target, source, byteCount, kind, stream.get()), "copying");
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
    if (isPinned(source.data())) {
        copy(target, source.data(), source.size(), cudaMemcpyHostToDevice, *m_stream);
        waitFor(*m_stream);
        return;
    }
    for (std::size_t done = 0; done < source.size();) {
        const std::size_t count = std::min(kPieceBytes, source.size() - done);
        Piece& piece = nextPiece();
        std::memcpy(piece.memory.data(), source.data() + done, count);
        copy(target + done, piece.memory.data(), count, cudaMemcpyHostToDevice, *m_stream);
        record(piece.isFree, *m_stream);
        done += count;
    }
}

void StagedCopies::download(std::span<std::byte> target, const std::byte* source) {
    if (target.empty())
        return;
    if (isPinned(target.data())) {
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
