// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/mount_points.h"

#include "core/base/control_group.h"

#include <algorithm>

namespace strata {
namespace {

constexpr int kPointField = 4; // of a line, counted from 0

std::string_view fieldOf(std::string_view line, int index) {
    for (; index > 0; --index)
        line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    return line.substr(0, line.find(' '));
}

bool isOctal(std::string_view text) {
    return text.size() == 3 && text.find_first_not_of("01234567") == std::string_view::npos;
}

// The kernel writes blanks, tabs, line ends and backslashes as a backslash and three octal digits.
std::string unescape(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const std::string_view digits = text.substr(1, 3);
        const bool isEscape = text.front() == '\\' && isOctal(digits);
        plain += isEscape ? static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'))
                          : text.front();
        text.remove_prefix(isEscape ? 4 : 1);
    }
    return plain;
}

bool holds(std::string_view point, std::string_view path) {
    return path.starts_with(point) &&
           (point.ends_with('/') || path.size() == point.size() || path[point.size()] == '/');
}

} // namespace

std::vector<std::string> parseMountPoints(std::string_view mountInfo) {
    std::vector<std::string> points;
    while (!mountInfo.empty()) {
        const std::size_t end = std::min(mountInfo.find('\n'), mountInfo.size());
        std::string point = end > 0 ? unescape(fieldOf(mountInfo.substr(0, end), kPointField)) : std::string();
        if (point.starts_with('/'))
            points.push_back(std::move(point));
        mountInfo.remove_prefix(std::min(end + 1, mountInfo.size()));
    }
    return points;
}

std::vector<std::string> readMountPoints() {
    std::vector<std::string> points = parseMountPoints(readSystemText("/proc/self/mountinfo"));
    points.push_back("/");
    return points;
}

std::string mountPointOf(const std::filesystem::path& path, std::span<const std::string> mountPoints) {
    std::string longest = "/";
    for (const std::string& point : mountPoints)
        if (point.size() > longest.size() && holds(point, path.native()))
            longest = point;
    return longest;
}

} // namespace strata
