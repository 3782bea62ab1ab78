// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/system_memory.h"

#include "core/base/control_group.h"
#include "core/base/proc_text.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>

namespace strata {
namespace {

std::optional<std::uint64_t> parseNumber(std::string_view text) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? std::optional(number) : std::nullopt; // "max" does not parse: no limit
}

// What the kernel drops when asked to. Version 1 counts the group alone under the plain names, and with the groups
// below it under total_*.
std::uint64_t reclaimableBytes(std::string_view stat) {
    std::uint64_t own = 0;
    std::optional<std::uint64_t> total;
    std::istringstream lines{std::string(stat)};
    std::string key;
    for (std::uint64_t bytes = 0; lines >> key >> bytes;) {
        if (key == "inactive_file" || key == "active_file" || key == "slab_reclaimable")
            own += bytes;
        else if (key == "total_inactive_file" || key == "total_active_file")
            total = total.value_or(0) + bytes;
    }
    return total.value_or(own);
}

void applyLimit(SystemMemory& memory, const std::optional<SystemMemory>& group) {
    if (!group)
        return;
    memory.totalBytes = std::min(memory.totalBytes, group->totalBytes);
    memory.availableBytes = std::min(memory.availableBytes, group->availableBytes);
}

} // namespace

std::optional<SystemMemory> parseGroupMemory(std::string_view limit, std::string_view used, std::string_view stat) {
    const auto limitBytes = parseNumber(limit);
    const auto usedBytes = parseNumber(used);
    if (!limitBytes || !usedBytes)
        return std::nullopt;
    const std::uint64_t keptBytes = *usedBytes - std::min(*usedBytes, reclaimableBytes(stat));
    return SystemMemory{.totalBytes = *limitBytes, .availableBytes = *limitBytes - std::min(*limitBytes, keptBytes)};
}

MemoryInfo parseMemoryInfo(std::string_view text) {
    return {.totalBytes = numberOf(text, "MemTotal:", 1024), .availableBytes = numberOf(text, "MemAvailable:", 1024)};
}

SystemMemory readSystemMemory() {
    const MemoryInfo machine = parseMemoryInfo(readSystemText("/proc/meminfo"));
    SystemMemory memory{
        .totalBytes = machine.totalBytes.value_or(0), .availableBytes = machine.availableBytes.value_or(0)};
    const std::string groups = readSystemText("/proc/self/cgroup");
    for (const std::string& folder : controlGroupFolders(groups))
        applyLimit(memory, parseGroupMemory(readSystemText(folder + "/memory.max"),
                               readSystemText(folder + "/memory.current"), readSystemText(folder + "/memory.stat")));
    for (const std::string& folder : controlGroupFolders(groups, "memory"))
        applyLimit(
            memory, parseGroupMemory(readSystemText(folder + "/memory.limit_in_bytes"),
                        readSystemText(folder + "/memory.usage_in_bytes"), readSystemText(folder + "/memory.stat")));
    return memory;
}

std::uint64_t reserveBytes(const SystemMemory& memory) {
    constexpr std::uint64_t kLeast = 2'000'000'000;
    return std::min(std::max(kLeast, memory.totalBytes / 10), memory.availableBytes / 2);
}

} // namespace strata
