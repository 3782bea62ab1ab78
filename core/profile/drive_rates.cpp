// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/drive_rates.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cpu/host_memory.h"
#include "core/profile/mount_points.h"
#include "core/profile/scratch_file.h"
#include "core/tier/drive_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>

namespace strata {
namespace {

namespace fs = std::filesystem;

constexpr double kMostPart = 0.1; // of the budget, for one drive; as much again for writing where that must be
constexpr double kAllPart = 0.15; // for all of them
constexpr std::uint64_t kLeastModelBytes = 64'000'000; // a smaller one fits into the drive's own memory
constexpr int kDeepest = 3;                            // folders within a folder of models
constexpr std::size_t kMostEntries = 20000;
constexpr std::uint64_t kFewestPieces = 64;
constexpr std::size_t kDepth = 16;    // reads in flight
constexpr std::size_t kSlowDepth = 2; // of a drive so slow that a stop would have to wait for them
constexpr double kSlowSeconds = 0.01; // that such a drive takes for a piece

// One drive, as found.
struct Drive {
    fs::path model; // the largest; empty: none
    std::uint64_t modelBytes = 0;
    fs::path folder; // where a file may be written instead
};
using Drives = std::map<std::string, Drive>; // by mount point

// Bytes that lie on the drive, 0 when they can't be read: holes in a file are read from nowhere, and fast.
std::uint64_t readableBytes(const fs::path& file) {
    struct stat info = {};
    if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || ::access(file.c_str(), R_OK) != 0)
        return 0;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto held = static_cast<std::uint64_t>(info.st_blocks) * 512;
    return held < size / 10 * 9 ? 0 : size;
}

class DriveFinder {
public:
    explicit DriveFinder(const MeasureClock& clock) : m_clock(clock) {}

    void add(const fs::path& path) {
        std::error_code problem;
        const fs::path real = fs::canonical(path, problem);
        if (problem)
            fail(ErrorCode::NotFound, "{}: expected a folder or a file of a model, found nothing to read: {}",
                path.string(), problem.message());
        const bool isFolder = fs::is_directory(real, problem);
        driveOf(real).folder = isFolder ? real : real.parent_path();
        if (isFolder)
            addFolder(real);
        else
            addFile(real, 1); // whatever its name and size: it was named
    }
    const Drives& drives() const { return m_drives; }

private:
    Drive& driveOf(const fs::path& real) { return m_drives[mountPointOf(real, m_points)]; }

    void addFile(const fs::path& real, std::uint64_t leastBytes) {
        const std::uint64_t bytes = readableBytes(real);
        if (bytes < leastBytes)
            return;
        Drive& drive = driveOf(real);
        if (bytes > drive.modelBytes) {
            drive.model = real;
            drive.modelBytes = bytes;
        }
    }

    // What can't be looked into is passed over: it holds no model that could be loaded.
    void addFolder(const fs::path& folder) {
        std::error_code problem;
        fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, problem);
        for (std::size_t seen = 0; !problem && entry != fs::end(entry); entry.increment(problem), ++seen) {
            if (m_clock.isStopped() || seen == kMostEntries)
                return;
            if (entry.depth() == kDeepest)
                entry.disable_recursion_pending();
            std::error_code ignored;
            if (entry->path().extension() == ".gguf")
                if (const fs::path real = fs::canonical(entry->path(), ignored); !ignored)
                    addFile(real, kLeastModelBytes);
        }
    }

    const MeasureClock& m_clock;
    std::vector<std::string> m_points = readMountPoints();
    Drives m_drives;
};

// Reads whole pieces of the file once: a drive remembers what it has just read, and gives that faster. Only of a small
// file again and again. 0: it has not one piece, or it was stopped.
double readRate(const RandomAccessFile& file, double part, const MeasureClock& clock) {
    const std::uint64_t pieceCount = file.size() / kPieceBytes;
    if (pieceCount == 0)
        return 0.0;
    const Buffer memory = allocateHostMemory(kDepth * kPieceBytes);
    DriveReader reader(std::span(&file, 1), {.depth = kDepth});
    reader.registerMemory({memory.data(), memory.byteCount()});
    std::uint64_t started = 0;
    const std::uint64_t enough = std::max(pieceCount, kFewestPieces);
    const auto start = [&](std::uint64_t slot) {
        reader.start({.part = 0,
            .offset = started++ % pieceCount * kPieceBytes,
            .target = {memory.data() + slot * kPieceBytes, kPieceBytes},
            .tag = slot});
    };
    const double first = secondsOf([&] {
        start(0);
        reader.waitOne();
    });
    const std::uint64_t before = reader.bytesRead();
    const double seconds = secondsOf([&] {
        const auto end = std::chrono::steady_clock::now() + clock.timeOf(part);
        for (std::uint64_t slot = 0; slot < (first > kSlowSeconds ? kSlowDepth : kDepth); ++slot)
            start(slot);
        while (reader.inFlight() > 0) {
            const std::uint64_t slot = reader.waitOne();
            if (started < enough && !clock.isStopped() && std::chrono::steady_clock::now() < end)
                start(slot);
        }
    });
    return clock.isStopped() ? 0.0 : static_cast<double>(reader.bytesRead() - before) / seconds;
}

double rateOf(const Drive& drive, std::uint64_t scratchBytes, double part, const MeasureClock& clock) {
    if (!drive.model.empty())
        return readRate(RandomAccessFile(drive.model), part, clock);
    std::optional<ScratchFile> scratch = ScratchFile::make(drive.folder, scratchBytes);
    if (!scratch)
        return 0.0;
    scratch->fill(part, clock);
    return clock.isStopped() ? 0.0 : readRate(scratch->openForReading(), part, clock);
}

} // namespace

DriveRates measureDrives(
    std::span<const std::filesystem::path> paths, std::uint64_t scratchBytes, const MeasureClock& clock) {
    DriveFinder finder(clock);
    for (const fs::path& path : paths)
        finder.add(path);
    DriveRates rates;
    const double part =
        std::min(kMostPart, kAllPart / static_cast<double>(std::max<std::size_t>(1, finder.drives().size())));
    for (const auto& [point, drive] : finder.drives()) {
        if (clock.isStopped())
            return {};
        const double rate = rateOf(drive, scratchBytes, part, clock);
        if (rate > 0.0)
            rates.drives.push_back({.mountPoint = point, .bytesPerSecond = rate});
        else
            rates.notices.push_back(fmt::format("{}: the drive was not measured: there is no model of {} on it, and no "
                                                "file of {} can be written in {}.",
                quoteForMessage(point, 256), formatBytes(kLeastModelBytes), formatBytes(scratchBytes),
                quoteForMessage(drive.folder.string(), 256)));
    }
    return rates;
}

} // namespace strata
