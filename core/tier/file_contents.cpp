// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/file_contents.h"

#include "core/base/error.h"
#include "core/tier/block_source.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace strata {
namespace {

constexpr std::uint64_t kSampleStep = std::uint64_t(16) << 20; // bytes from one to the next, or more
constexpr std::uint64_t kMostSteps = 64;

struct alignas(kSectorBytes) Sector {
    char bytes[kSectorBytes];
};

// The hash of what the file holds at this sector; nullopt: it can't be read.
std::optional<std::size_t> hashAt(int descriptor, std::uint64_t offset, Sector& sector) {
    ssize_t got = 0;
    do {
        got = ::pread(descriptor, sector.bytes, kSectorBytes, static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return std::nullopt;
    return std::hash<std::string_view>()({sector.bytes, static_cast<std::size_t>(got)});
}

} // namespace

FileContents::FileContents(std::span<const RandomAccessFile> files, Sampling sampling)
    : m_events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    for (const RandomAccessFile& file : files) {
        Watched& watched = m_files.emplace_back();
        watched.file = &file;
        watched.writtenAt = file.writtenAtOpening();
        if (sampling == Sampling::LeftOut)
            continue;
        watched.direct = file.openedForDirectReads();
        const std::string itself = "/proc/self/fd/" + std::to_string(file.descriptor());
        if (m_events >= 0)
            watched.watch = ::inotify_add_watch(m_events, itself.c_str(), IN_MODIFY);
        watched.samples = readSamples(watched);
        try {
            if (file.writtenAt() != watched.writtenAt)
                watched.samples.reset(); // of what it held when it was opened there are none
        } catch (const Error&) { // it is shorter by now: the first check says so
            watched.samples.reset();
        }
    }
}

FileContents::~FileContents() {
    if (m_events >= 0)
        ::close(m_events);
}

void FileContents::check(std::uint32_t file) {
    Watched& watched = m_files.at(file);
    const std::int64_t now = watched.file->writtenAt();
    if (now == watched.writtenAt && !m_isTouched)
        return;
    readEvents();
    const bool isSame = !watched.wasWritten && (now == watched.writtenAt || (watched.samples &&
                                                   readSamples(watched) == watched.samples));
    if (!isSame)
        fail(ErrorCode::Io, "{}: expected the contents it was opened with, found it written to while in use",
            watched.file->path().string());
    watched.writtenAt = now;
    m_isTouched = true;
}

std::optional<FileContents::Samples> FileContents::readSamples(const Watched& watched) {
    const std::uint64_t size = watched.file->size();
    const std::uint64_t step =
        std::max(kSampleStep, (size / kMostSteps + kSectorBytes - 1) / kSectorBytes * kSectorBytes);
    Samples samples;
    Sector sector;
    const auto add = [&](std::uint64_t offset) {
        std::optional<std::size_t> hash;
        if (watched.direct)
            hash = hashAt(watched.direct->descriptor(), offset, sector);
        if (!hash) // some file systems open a file for direct reads and then refuse them
            hash = hashAt(watched.file->descriptor(), offset, sector);
        if (hash)
            samples.push_back(*hash);
        return hash.has_value();
    };
    for (std::uint64_t offset = 0; offset < size; offset += step)
        if (!add(offset))
            return std::nullopt;
    if (size > 0 && !add((size - 1) / kSectorBytes * kSectorBytes))
        return std::nullopt;
    return samples;
}

void FileContents::readEvents() {
    alignas(inotify_event) char buffer[4096];
    for (;;) {
        const ssize_t got = m_events < 0 ? 0 : ::read(m_events, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            inotify_event event;
            std::memcpy(&event, buffer + at, sizeof(event));
            at += sizeof(event) + event.len;
            const bool isLost = (event.mask & IN_Q_OVERFLOW) != 0; // events of anybody
            for (Watched& watched : m_files)
                watched.wasWritten |= isLost || ((event.mask & IN_MODIFY) != 0 && watched.watch == event.wd);
        }
    }
}

} // namespace strata
