// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/profile/measure_clock.h"
#include "core/tier/machine_profile.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace strata {

struct DriveRates {
    std::vector<DriveRate> drives;
    std::vector<std::string> notices; // sentences for a person, about drives that could not be measured as they should
};

// How fast the drives are that hold these files and folders, or the models in those folders, links followed: each by
// its largest model, or where it has none by a file of `scratchBytes` that is written for it and never left behind.
// Large reads past the page cache, several in flight, as weights are read. Throws Error (NotFound, Io).
DriveRates measureDrives(
    std::span<const std::filesystem::path> paths, std::uint64_t scratchBytes, const MeasureClock& clock);

} // namespace strata
