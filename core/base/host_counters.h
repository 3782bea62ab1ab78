// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

// What the kernel counts of the whole machine and of this process. Totals only grow; who reads them makes the rates.
// Empty: the kernel does not say. A value.
struct HostReading {
    std::optional<std::uint64_t> busyTicks;            // of all processors together
    std::optional<std::uint64_t> allTicks;             // and idle ones
    double processSeconds = 0.0;                       // of processors, that this process has used
    unsigned processors = 1;                           // that are there
    std::optional<std::uint64_t> ramBytes;             // the machine has
    std::optional<std::uint64_t> availableBytes;       // of it: what programs could take
    std::optional<std::uint64_t> residentBytes;        // of it: this process's
    std::optional<std::uint64_t> diskReadBytes;        // of all drives, for all programs
    std::optional<std::uint64_t> processDiskReadBytes; // that this process made drives read
};

// Reads them from /proc, whose files it keeps open: a reading allocates nothing and takes some ten microseconds.
// One caller at a time.
class HostCounters {
public:
    explicit HostCounters(const std::string& folder = "/proc"); // tests put their own there
    ~HostCounters();
    HostCounters(const HostCounters&) = delete;
    HostCounters& operator=(const HostCounters&) = delete;

    HostReading read();

private:
    std::string_view text(int file); // until the next call; empty where there is none

    static constexpr std::size_t kTextBytes = 16384; // beyond all that is looked for
    int m_stat;
    int m_memory;
    int m_virtualMemory;
    int m_processMemory;
    int m_processReads;
    std::uint64_t m_pageBytes;
    unsigned m_processors;
    char m_text[kTextBytes];
};

} // namespace strata
