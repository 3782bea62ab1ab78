// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random_access_file.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace strata {
namespace {

std::string systemMessage(int code) {
    return std::strerror(code);
}

std::int64_t timeOf(const struct stat& info) {
    return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

// The call cachestat of Linux 6.5, whose number is the same on all machines and which older headers do not know. Trying
// to read without waiting (RWF_NOWAIT) is no way to ask: the kernel then starts to fetch what is not there, and later
// answers would be yes because of earlier questions.
constexpr long kCacheStat = 451;
struct CacheRange {
    std::uint64_t offset;
    std::uint64_t byteCount;
};
struct CacheState { // all in pages
    std::uint64_t cached;
    std::uint64_t dirty;
    std::uint64_t underWriteback;
    std::uint64_t evicted;
    std::uint64_t recentlyEvicted;
};

} // namespace

RandomAccessFile::RandomAccessFile(const std::filesystem::path& path) : m_path(path) {
    m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe without a writer must not hang
    if (m_descriptor < 0) {
        const int code = errno;
        fail(code == ENOENT ? ErrorCode::NotFound : ErrorCode::Io, "{}: cannot be opened: {}", path.string(),
            systemMessage(code));
    }
    struct stat info = {};
    if (::fstat(m_descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        const bool isFolder = S_ISDIR(info.st_mode);
        release();
        fail(ErrorCode::Io, "{}: expected a file, found {}", path.string(), isFolder ? "a folder" : "something else");
    }
    m_size = static_cast<std::uint64_t>(info.st_size);
    m_writtenAt = timeOf(info);
}

RandomAccessFile::~RandomAccessFile() {
    release();
}

RandomAccessFile::RandomAccessFile(RandomAccessFile&& other) noexcept
    : m_path(std::move(other.m_path)), m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_size(std::exchange(other.m_size, 0)), m_writtenAt(std::exchange(other.m_writtenAt, 0)) {}

RandomAccessFile& RandomAccessFile::operator=(RandomAccessFile&& other) noexcept {
    if (this != &other) {
        release();
        m_path = std::move(other.m_path);
        m_descriptor = std::exchange(other.m_descriptor, -1);
        m_size = std::exchange(other.m_size, 0);
        m_writtenAt = std::exchange(other.m_writtenAt, 0);
    }
    return *this;
}

void RandomAccessFile::readAt(std::uint64_t offset, std::span<std::byte> out) const {
    while (!out.empty()) {
        const ssize_t got = ::pread(m_descriptor, out.data(), out.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            fail(ErrorCode::Io, "{}: cannot be read at byte {}: {}", m_path.string(), offset, systemMessage(errno));
        if (got == 0)
            fail(ErrorCode::Io, "{}: ends at byte {}, expected {} more; it was changed while in use", m_path.string(),
                offset, formatBytes(out.size()));
        offset += static_cast<std::uint64_t>(got);
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

std::int64_t RandomAccessFile::writtenAt() const {
    struct stat info = {};
    if (::fstat(m_descriptor, &info) != 0)
        fail(ErrorCode::Io, "{}: cannot be examined: {}", m_path.string(), systemMessage(errno));
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size != m_size)
        fail(ErrorCode::Io, "{}: expected {} bytes as when it was opened, found {}; it was changed while in use",
            m_path.string(), formatCount(m_size), formatCount(size));
    return timeOf(info);
}

std::optional<RandomAccessFile> RandomAccessFile::openedForDirectReads() const {
    const std::string itself = "/proc/self/fd/" + std::to_string(m_descriptor);
    RandomAccessFile file;
    file.m_descriptor = ::open(itself.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
    if (file.m_descriptor < 0)
        return std::nullopt;
    file.m_path = m_path;
    file.m_size = m_size;
    file.m_writtenAt = m_writtenAt;
    return file;
}

bool RandomAccessFile::isCached(std::uint64_t offset, std::uint64_t byteCount) const {
    CacheRange range = {offset, byteCount};
    CacheState state = {};
    if (byteCount == 0 || ::syscall(kCacheStat, m_descriptor, &range, &state, 0) != 0)
        return false;
    const auto pageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return state.cached > (offset + byteCount - 1) / pageBytes - offset / pageBytes;
}

void RandomAccessFile::release() noexcept {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
}

} // namespace strata
