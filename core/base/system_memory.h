// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace strata {

struct SystemMemory {
    std::uint64_t totalBytes = 0;
    std::uint64_t availableBytes = 0; // what programs can take without swapping
};

// What /proc/meminfo says, from its text; nullopt: it does not say. Allocates nothing. A value.
struct MemoryInfo {
    std::optional<std::uint64_t> totalBytes;
    std::optional<std::uint64_t> availableBytes;
};
MemoryInfo parseMemoryInfo(std::string_view text);

// From /proc/meminfo, and from the limits of the control groups where those are lower.
SystemMemory readSystemMemory();

// Of the available memory, what other programs need to go on working: 2 GB, or a tenth of a larger memory, but never
// more than half of what there is.
std::uint64_t reserveBytes(const SystemMemory& memory);

// What a control group allows, from the texts of its memory.max, memory.current and memory.stat (version 1:
// memory.limit_in_bytes, memory.usage_in_bytes, memory.stat). What it counts as used includes cached pages of files,
// such as those of a model just read; the kernel gives them up as soon as programs want memory, so they are available.
// nullopt: no limit.
std::optional<SystemMemory> parseGroupMemory(std::string_view limit, std::string_view used, std::string_view stat);

} // namespace strata
