// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace strata {

class Backend;
class DeviceSensors;

enum class DeviceKind { Cpu, Gpu };

// What one device offers. A value.
struct DeviceInfo {
    std::string id;          // what --device takes: "cpu", "cuda:0"
    DeviceKind kind = DeviceKind::Cpu;
    std::string name;        // "AMD EPYC", "NVIDIA GeForce RTX 3090"
    std::string detail;      // "2 cores, AVX2"; "compute capability 8.6"
    std::uint64_t totalBytes = 0; // of its memory
    std::uint64_t freeBytes = 0;  // when listed
    std::string driver = {};      // version of a GPU's driver; empty: not known, or no GPU
};

// A device that can be opened. Front ends list these; nothing is held open until `open` is called.
struct BackendChoice {
    DeviceInfo info;
    std::function<std::unique_ptr<Backend>()> open; // throws Error (Device, OutOfMemory)
    // Empty, or gives null: nothing can be read of this device. Called from any thread.
    std::function<std::unique_ptr<DeviceSensors>()> openSensors = {};
};

} // namespace strata
