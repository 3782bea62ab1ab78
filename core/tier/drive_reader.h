// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random_access_file.h"
#include "core/tier/block_source.h"
#include "core/tier/file_contents.h"

#include <memory>
#include <optional>
#include <vector>

namespace strata {

class ReadQueue;

struct DriveReaderOptions {
    std::uint32_t depth = 16; // reads in flight, at most

    // For a load: a piece that lies in the page cache is copied from there, by several threads of the kernel. Otherwise
    // all is read from the drive: a pass over a model larger than the memory finds nothing there anyway. Nor are samples
    // taken for a load: a file that is merely touched in those seconds counts as changed (FileContents).
    bool prefersCache = false;
};

// Reads model files from their drive past the page cache (O_DIRECT), several pieces at a time (io_uring). Where a file
// system refuses the one or the system the other, it reads all the same and notice() says so. One thread at a time.
//
// A file must hold what it held when it was opened: that is checked after each read (see FileContents), so that
// whatever was read before a change is known to be good, and at a cost that one piece hides a hundred times over.
class DriveReader : public BlockSource {
public:
    // The files outlive the reader. Throws no Error for want of a way to read.
    explicit DriveReader(std::span<const RandomAccessFile> files, DriveReaderOptions options = {});
    ~DriveReader() override;

    bool registerMemory(std::span<std::byte> memory) override;
    bool hasRoom() const override { return !m_freeSlots.empty(); }
    void start(const FileRead& read) override;
    std::size_t inFlight() const override { return m_slots.size() - m_freeSlots.size(); }
    std::uint64_t waitOne() override;
    std::uint64_t bytesRead() const override { return m_bytesRead; }
    std::chrono::nanoseconds busyTime() const override;
    std::string notice() const override { return m_notice; }

private:
    struct Part {
        const RandomAccessFile* file;
        std::optional<RandomAccessFile> direct; // past the page cache
        bool takesDirect;
    };
    struct Pending {
        FileRead read;
        std::size_t expectedBytes = 0; // of the file; the target may go on to the end of its sector
        std::size_t doneBytes = 0;
        bool isDirect = true;
        bool mayBlock = false;
        std::uint32_t retryCount = 0;
    };

    void begin(const Pending& pending);                     // in a free slot
    Pending end(std::uint32_t slot);                        // which is free again
    bool isComplete(Pending& pending, std::int64_t result); // false: to be begun again for what is missing
    bool isRetryable(Pending& pending, std::int64_t result);
    void say(const std::string& sentence);
    void sayCacheIsUsed(const RandomAccessFile& file);

    std::vector<Part> m_parts;
    FileContents m_contents;
    bool m_prefersCache;
    std::vector<Pending> m_slots;
    std::vector<std::uint32_t> m_freeSlots;
    std::uint64_t m_bytesRead = 0;
    std::chrono::nanoseconds m_busyTime = {};
    std::chrono::steady_clock::time_point m_busySince; // while something is in flight
    std::string m_notice;
    std::unique_ptr<ReadQueue> m_queue; // last, so that it goes first: what is in flight uses all of the above
};

} // namespace strata
