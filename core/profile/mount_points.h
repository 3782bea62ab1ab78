// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// Where file systems are mounted, from the text of /proc/self/mountinfo (proc(5)).
std::vector<std::string> parseMountPoints(std::string_view mountInfo);
std::vector<std::string> readMountPoints(); // of this process; "/" at least

// The longest of them that holds the path, which must be absolute and free of links; "/" when none does.
std::string mountPointOf(const std::filesystem::path& path, std::span<const std::string> mountPoints);

} // namespace strata
