// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace strata {

// A file held open for reading any range of it, by ordinary reads and never through a memory map: a file cut short
// while in use (a download started again, a disk unplugged) gives an Error, where touching a map would end the program
// by SIGBUS. Immutable after construction: read from any thread.
class RandomAccessFile {
public:
    explicit RandomAccessFile(const std::filesystem::path& path); // throws Error (NotFound, Io)
    ~RandomAccessFile();
    RandomAccessFile(RandomAccessFile&& other) noexcept;
    RandomAccessFile& operator=(RandomAccessFile&& other) noexcept;
    RandomAccessFile(const RandomAccessFile&) = delete;
    RandomAccessFile& operator=(const RandomAccessFile&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    std::uint64_t size() const { return m_size; } // bytes, when opened

    // Fills `out` from `offset`; throws Error (Io) naming the file when fewer bytes are there than asked for.
    void readAt(std::uint64_t offset, std::span<std::byte> out) const;

    // When it was last written to, by the clock of its file system, in nanoseconds since 1970. Throws Error (Io) where
    // the file is no longer as long as when it was opened. One question to the kernel, under a microsecond on a local
    // drive.
    std::int64_t writtenAt() const;
    std::int64_t writtenAtOpening() const { return m_writtenAt; } // the answer when it was opened

    // This very file, even where another one has its name by now, opened for reads past the page cache: of its
    // descriptor whole sectors must be asked for. nullopt: its file system takes no such reads.
    std::optional<RandomAccessFile> openedForDirectReads() const;

    // Whether all of this range lies in the page cache now. Asking changes nothing. False as well where the kernel does
    // not say: before Linux 6.5, and of files of others.
    bool isCached(std::uint64_t offset, std::uint64_t byteCount) const;

    int descriptor() const { return m_descriptor; } // stays this object's

private:
    RandomAccessFile() = default;
    void release() noexcept;

    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
    std::int64_t m_writtenAt = 0; // when opened
};

} // namespace strata
