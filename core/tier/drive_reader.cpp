// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/drive_reader.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/tier/read_queue.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <numeric>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kMaxRetries = 1000; // of one read, interrupted or not ready: more is no accident

[[maybe_unused]] bool isAligned(const FileRead& read) {
    return read.offset % kSectorBytes == 0 && read.target.size() % kSectorBytes == 0 &&
           reinterpret_cast<std::uintptr_t>(read.target.data()) % kSectorBytes == 0;
}

} // namespace

DriveReader::DriveReader(std::span<const RandomAccessFile> files, DriveReaderOptions options)
    : m_contents(files, options.prefersCache ? FileContents::Sampling::LeftOut : FileContents::Sampling::Taken),
      m_prefersCache(options.prefersCache), m_slots(options.depth), m_freeSlots(options.depth) {
    std::iota(m_freeSlots.begin(), m_freeSlots.end(), 0);
    for (const RandomAccessFile& file : files) {
        std::optional<RandomAccessFile> direct = file.openedForDirectReads();
        const bool takesDirect = direct.has_value();
        m_parts.push_back({&file, std::move(direct), takesDirect});
    }
    std::string refusal;
    m_queue = makeUringReads(options.depth, refusal);
    if (m_queue == nullptr) {
        m_queue = makePlainReads();
        say(fmt::format(
            "The system refuses io_uring ({}), so model files are read one piece after the other, below the "
            "speed of fast drives.",
            refusal));
    }
    const auto refused = std::ranges::find(m_parts, false, &Part::takesDirect);
    if (refused != m_parts.end())
        sayCacheIsUsed(*refused->file);
}

DriveReader::~DriveReader() = default;

bool DriveReader::registerMemory(std::span<std::byte> memory) {
    return m_queue->registerMemory(memory);
}

void DriveReader::start(const FileRead& read) {
    const Part& part = m_parts.at(read.part);
    assert(hasRoom() && isAligned(read) && !read.target.empty());
    assert(read.offset + read.target.size() < part.file->size() + kSectorBytes);
    Pending pending = {.read = read};
    pending.expectedBytes = std::min<std::uint64_t>(read.target.size(), part.file->size() - read.offset);
    const bool isCopied = m_prefersCache && part.file->isCached(read.offset, pending.expectedBytes);
    pending.isDirect = part.takesDirect && !isCopied;
    pending.mayBlock = !pending.isDirect;
    begin(pending);
}

void DriveReader::begin(const Pending& pending) {
    const Part& part = m_parts[pending.read.part];
    const std::size_t end = pending.isDirect ? pending.read.target.size() : pending.expectedBytes;
    const std::uint32_t slot = m_freeSlots.back();
    m_queue->submit({.descriptor = pending.isDirect ? part.direct->descriptor() : part.file->descriptor(),
        .offset = pending.read.offset + pending.doneBytes,
        .target = pending.read.target.first(end).subspan(pending.doneBytes),
        .mayBlock = pending.mayBlock,
        .slot = slot});
    if (inFlight() == 0)
        m_busySince = Clock::now();
    m_freeSlots.pop_back();
    m_slots[slot] = pending;
}

DriveReader::Pending DriveReader::end(std::uint32_t slot) {
    m_freeSlots.push_back(slot);
    if (inFlight() == 0)
        m_busyTime += Clock::now() - m_busySince;
    return m_slots[slot];
}

std::uint64_t DriveReader::waitOne() {
    assert(inFlight() > 0);
    for (;;) {
        const RawResult result = m_queue->wait();
        Pending pending = end(result.slot);
        if (!isComplete(pending, result.bytes)) {
            begin(pending);
            continue;
        }
        m_bytesRead += pending.expectedBytes;
        return pending.read.tag;
    }
}

bool DriveReader::isComplete(Pending& pending, std::int64_t result) {
    const RandomAccessFile& file = *m_parts[pending.read.part].file;
    if (isRetryable(pending, result))
        return false;
    m_contents.check(pending.read.part); // it is the reason of most failures, and worth more as a sentence
    const std::uint64_t offset = pending.read.offset + pending.doneBytes;
    if (result < 0)
        fail(ErrorCode::Io, "{}: cannot be read at byte {}: {}", file.path().string(), offset,
            std::strerror(static_cast<int>(-result)));
    const std::size_t missing = pending.expectedBytes - pending.doneBytes;
    const auto found = static_cast<std::uint64_t>(result);
    // A drive may give a part of what it was asked for, but only whole sectors of it before the file's end.
    if (found == 0 || found > missing || (pending.isDirect && found < missing && found % kSectorBytes != 0))
        fail(ErrorCode::Io, "{}: expected {} from byte {} on, found {}", file.path().string(), formatBytes(missing),
            offset, formatBytes(found));
    pending.doneBytes += found;
    return found == missing;
}

bool DriveReader::isRetryable(Pending& pending, std::int64_t result) {
    const bool isRefused = pending.isDirect && (result == -EINVAL || result == -EOPNOTSUPP);
    if (isRefused) { // some file systems open a file for direct reads and then refuse them
        Part& part = m_parts[pending.read.part];
        if (part.takesDirect)
            sayCacheIsUsed(*part.file);
        part.takesDirect = false;
        pending.isDirect = false;
        return true;
    }
    if (result == -EAGAIN)
        pending.mayBlock = true; // only a thread that can wait for it gets it
    if (result == -ECANCELED)
        pending.mayBlock = false; // a signal, or the end of the thread that started it, kept the kernel from having one
    const bool isInterrupted = result == -EINTR || result == -EAGAIN || result == -ECANCELED;
    return isInterrupted && ++pending.retryCount <= kMaxRetries;
}

std::chrono::nanoseconds DriveReader::busyTime() const {
    return m_busyTime + (inFlight() > 0 ? Clock::now() - m_busySince : Clock::duration());
}

void DriveReader::say(const std::string& sentence) {
    m_notice += (m_notice.empty() ? "" : " ") + sentence;
}

void DriveReader::sayCacheIsUsed(const RandomAccessFile& file) {
    say(fmt::format("{}: reads past the page cache are refused here, so it is read through the cache, at the cost of "
                    "what other programs have there.",
        file.path().string()));
}

} // namespace strata
