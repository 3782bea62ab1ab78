// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

#include <array>
#include <cstddef>
#include <span>

namespace strata::cuda {

// Copies between pageable memory of the host and the device at link speed, through a few pieces of pinned memory: one
// piece is filled while those before it cross. Pinned memory of the caller is copied as it is.
class StagedCopies {
public:
    explicit StagedCopies(const Stream& stream); // throws Error; the stream must outlive it

    // Queued behind what the stream has to do; the source may be changed when this returns.
    void upload(std::byte* target, std::span<const std::byte> source);
    void download(std::span<std::byte> target, const std::byte* source); // waits until it is there

private:
    static constexpr std::size_t kPieceBytes = std::size_t(4) << 20U;
    struct Piece {
        PinnedMemory memory;
        Event isFree; // its last copy is done
    };
    Piece& nextPiece(); // waits until it is free

    const Stream* m_stream;
    std::array<Piece, 3> m_pieces;
    std::size_t m_next = 0;
};

} // namespace strata::cuda
