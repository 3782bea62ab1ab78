// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace strata {

inline constexpr std::size_t kSectorBytes = 4096;       // what offsets, sizes and addresses of reads are multiples of
inline constexpr std::size_t kPieceBytes = 1024 * 1024; // of one read: large enough for any drive, see takePiece()

// One range of one file of a model, and where it is to lie. `offset`, the target's address and its size are multiples
// of kSectorBytes. The file reaches into the last sector of the target at least: where it ends there, what the target
// holds beyond its end is not specified.
struct FileRead {
    std::uint32_t part = 0; // which file
    std::uint64_t offset = 0;
    std::span<std::byte> target;
    std::uint64_t tag = 0; // given back when the read is done
};

// Cuts the first piece off a read that may be of any size; `rest` is left with what follows, empty in the end.
inline FileRead takePiece(FileRead& rest) {
    FileRead piece = rest;
    piece.target = rest.target.first(std::min(kPieceBytes, rest.target.size()));
    rest.offset += piece.target.size();
    rest.target = rest.target.subspan(piece.target.size());
    return piece;
}

// Reads ranges of a model's files into memory of the caller, several at a time, done in any order. That memory is
// written to until waitOne() has named the read, or the source is destroyed, which waits for all that is in flight.
// One thread at a time.
class BlockSource {
public:
    BlockSource() = default;
    virtual ~BlockSource() = default;
    BlockSource(const BlockSource&) = delete;
    BlockSource& operator=(const BlockSource&) = delete;

    // Spares the kernel finding the pages of `memory` for each read into it. Once, before the first read; the memory
    // outlives the source. Returns whether the kernel accepted, which is only speed: RLIMIT_MEMLOCK may forbid it.
    virtual bool registerMemory(std::span<std::byte> memory) = 0;

    virtual bool hasRoom() const = 0;             // for one more read in flight
    virtual void start(const FileRead& read) = 0; // where there is room; throws Error (Io), then nothing was started
    virtual std::size_t inFlight() const = 0;     // reads started and not yet waited for

    // Waits until any read in flight is done and returns its tag. Throws Error (Io) naming the file when it failed,
    // when the file ends too early or was changed since it was opened; that read is over then, the others stay in
    // flight.
    virtual std::uint64_t waitOne() = 0;

    virtual std::uint64_t bytesRead() const = 0;           // of the files, by the reads that waitOne() returned
    virtual std::chrono::nanoseconds busyTime() const = 0; // with at least one read started and not yet waited for
    virtual std::string notice() const = 0;                // what a person should hear of once; empty: nothing
};

} // namespace strata
