// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/scratch_file.h"

#include "core/cpu/host_memory.h"
#include "core/tier/block_source.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <utility>

namespace strata {
namespace {

constexpr std::uint64_t kRoom = 4; // times the file: nobody's drive is to be filled

bool hasRoom(const std::filesystem::path& folder, std::uint64_t byteCount) {
    struct statvfs drive = {};
    return ::statvfs(folder.c_str(), &drive) == 0 && drive.f_bavail * drive.f_frsize / kRoom >= byteCount;
}

// Some file systems have no files without a name: there it loses its name at once.
int openNameless(const std::filesystem::path& folder, int flags) {
    const int descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);
    if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return descriptor;
    const std::filesystem::path name = folder / (".strata-" + std::to_string(::getpid()) + ".scratch");
    const int named = ::open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | flags, 0600);
    if (named >= 0)
        ::unlink(name.c_str());
    return named;
}

} // namespace

std::optional<ScratchFile> ScratchFile::make(const std::filesystem::path& folder, std::uint64_t byteCount) {
    if (!hasRoom(folder, byteCount))
        return std::nullopt;
    int descriptor = openNameless(folder, O_DIRECT);
    if (descriptor < 0 && errno == EINVAL) // takes no such writes
        descriptor = openNameless(folder, 0);
    if (descriptor < 0)
        return std::nullopt;
    return ScratchFile(descriptor, byteCount);
}

ScratchFile::ScratchFile(int descriptor, std::uint64_t byteCount) : m_descriptor(descriptor), m_byteCount(byteCount) {}

ScratchFile::~ScratchFile() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_byteCount(other.m_byteCount) {}

// Noise, since some drives and file systems keep what repeats itself in less room, and read it faster.
void ScratchFile::fill(double part, const MeasureClock& clock) {
    const Buffer piece = allocateHostMemory(kPieceBytes);
    std::mt19937_64 noise(1);
    const auto end = std::chrono::steady_clock::now() + clock.timeOf(part);
    for (std::uint64_t done = 0; done + kPieceBytes <= m_byteCount; done += kPieceBytes) {
        if (clock.isStopped() || (done > 0 && std::chrono::steady_clock::now() > end))
            return;
        for (std::size_t at = 0; at < kPieceBytes; at += sizeof(std::uint64_t)) {
            const std::uint64_t word = noise();
            std::memcpy(piece.data() + at, &word, sizeof word);
        }
        const ssize_t written = ::pwrite(m_descriptor, piece.data(), kPieceBytes, static_cast<off_t>(done));
        if (written != static_cast<ssize_t>(kPieceBytes))
            return; // full, or more than this person may have: what is there has to do
    }
}

RandomAccessFile ScratchFile::openForReading() const {
    return RandomAccessFile("/proc/self/fd/" + std::to_string(m_descriptor));
}

} // namespace strata
