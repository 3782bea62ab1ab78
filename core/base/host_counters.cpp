// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/host_counters.h"

#include "core/base/proc_text.h"
#include "core/base/system_memory.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

namespace strata {
namespace {

// "cpu  user nice system idle iowait irq softirq steal ...": guests are part of user and nice.
void readTicks(std::string_view text, HostReading& reading) {
    constexpr std::size_t kFields = 8;
    constexpr std::size_t kIdle = 3;
    constexpr std::size_t kWaiting = 4; // for a drive: idle as well
    if (!text.starts_with("cpu "))
        return;
    text.remove_prefix(4);
    std::uint64_t all = 0;
    std::uint64_t idle = 0;
    for (std::size_t i = 0; i < kFields; ++i) {
        const auto ticks = takeNumber(text);
        if (!ticks)
            return;
        all += *ticks;
        idle += i == kIdle || i == kWaiting ? *ticks : 0;
    }
    reading.allTicks = all;
    reading.busyTicks = all - idle;
}

int openFile(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

} // namespace

HostCounters::HostCounters(const std::string& folder)
    : m_stat(openFile(folder + "/stat")), m_memory(openFile(folder + "/meminfo")),
      m_virtualMemory(openFile(folder + "/vmstat")), m_processMemory(openFile(folder + "/self/statm")),
      m_processReads(openFile(folder + "/self/io")), m_pageBytes(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))),
      m_processors(static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)))) {}

HostCounters::~HostCounters() {
    for (const int file : {m_stat, m_memory, m_virtualMemory, m_processMemory, m_processReads})
        if (file >= 0)
            ::close(file);
}

std::string_view HostCounters::text(int file) {
    const ssize_t count = file < 0 ? -1 : ::pread(file, m_text, kTextBytes, 0);
    return count <= 0 ? std::string_view() : std::string_view(m_text, static_cast<std::size_t>(count));
}

HostReading HostCounters::read() {
    HostReading reading;
    reading.processors = m_processors;
    timespec used = {};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        reading.processSeconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
    readTicks(text(m_stat), reading);
    const MemoryInfo memory = parseMemoryInfo(text(m_memory));
    reading.ramBytes = memory.totalBytes;
    reading.availableBytes = memory.availableBytes;
    reading.diskReadBytes = numberOf(text(m_virtualMemory), "pgpgin ", 1024);
    std::string_view process = text(m_processMemory); // size, resident, .. in pages
    if (takeNumber(process))
        if (const auto pages = takeNumber(process))
            reading.residentBytes = *pages * m_pageBytes;
    reading.processDiskReadBytes = numberOf(text(m_processReads), "read_bytes:");
    return reading;
}

} // namespace strata
