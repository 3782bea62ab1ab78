// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"
#include "core/profile/synthetic_block.h"
#include "core/tier/machine_profile.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// How much is moved and multiplied with. Tests take less.
struct MeasureSizes {
    BlockShape block;
    std::uint64_t hostBytes = 1 << 30;      // of RAM that is read: more than any cache holds
    std::uint64_t linkBytes = 256 << 20;    // of the GPU's memory that is copied into; a quarter of it is copied back
    std::uint64_t scratchBytes = 128 << 20; // of the file written on a drive without models; deleting more takes long
    std::uint32_t gpuBlockCount = 4;        // more than the GPU's cache holds
    std::uint32_t cpuPromptTokens = 512;
    std::uint32_t gpuPromptTokens = 2048;
};

struct MeasureRequest {
    BackendChoice cpu;
    std::optional<BackendChoice> gpu;
    std::vector<std::filesystem::path> modelPaths; // files of models, and folders with them: whose drives to measure
    // On 16 cores with a GPU and one drive, all of it. Slower machines take longer: each thing is done a few times.
    std::chrono::milliseconds timeBudget = std::chrono::seconds(5);
    MeasureSizes sizes = {};
};

struct MeasureProgress {
    std::string_view what; // is measured now: "reading RAM"
    double done = 0.0;     // share of the steps before it
};
using MeasureProgressSink = std::function<void(const MeasureProgress&)>;

struct ReadRate {
    unsigned threads = 0;
    double bytesPerSecond = 0.0;
};

struct MachineMeasurement {
    MachineProfile profile;
    std::vector<ReadRate> hostReads;  // by plain reads; what products read is in the profile where that is more
    std::vector<std::string> notices; // sentences for a person
};

// Measures what plans are made from. Any thread, which is busy until the end, and so is the machine: nothing else
// should be computed meanwhile. Takes about a gigabyte of RAM and one on the GPU, less where less is free, and gives
// all back.
// nullopt: stop was requested; comes within 200 ms. Throws Error (OutOfMemory, Device, Io, NotFound), also where a
// figure makes no sense.
std::optional<MachineMeasurement> measureMachine(
    const MeasureRequest& request, const MeasureProgressSink& progress, std::stop_token stop);

// Throws Error (Device) naming the figure, where one is no number above zero, or below it where it may be nothing.
void checkFigures(MachineProfile profile);

} // namespace strata
