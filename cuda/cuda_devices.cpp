// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "cuda/cuda_backend.h"
#include "cuda/device_backend.h"
#include "cuda/runtime/board_sensors.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/nvml.h"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>

namespace strata {
namespace {

constexpr int kLeastCapability = 80; // 8.0: asynchronous copies, tensor cores for f16 and int8

// A GPU as the driver describes it. Nothing here makes a context, which would take memory of the GPU.
struct Gpu {
    DeviceInfo info;
    std::string pciBusId;
    int index = 0;
    int capability = 0; // 86
};

std::optional<Gpu> describe(int index, const std::string& driver) {
    cudaDeviceProp properties = {};
    std::array<char, 32> busId = {};
    if (cudaGetDeviceProperties(&properties, index) != cudaSuccess ||
        cudaDeviceGetPCIBusId(busId.data(), static_cast<int>(busId.size()), index) != cudaSuccess) {
        cudaGetLastError();
        return std::nullopt;
    }
    return Gpu{.info = {.id = fmt::format("cuda:{}", index),
                   .kind = DeviceKind::Gpu,
                   .name = properties.name,
                   .detail = fmt::format("compute capability {}.{}", properties.major, properties.minor),
                   .totalBytes = properties.totalGlobalMem,
                   .freeBytes = cuda::freeMemoryOf(busId.data()).value_or(properties.totalGlobalMem),
                   .driver = driver},
        .pciBusId = busId.data(),
        .index = index,
        .capability = 10 * properties.major + properties.minor};
}

// By its own number, or where that can't be asked for by the newest CUDA it serves.
std::string driverName() {
    const std::string version = cuda::driverVersion();
    int serves = 0;
    if (!version.empty() || cudaDriverGetVersion(&serves) != cudaSuccess)
        return version;
    return fmt::format("for CUDA {}.{}", serves / 1000, serves % 1000 / 10);
}

struct GpuList {
    std::vector<Gpu> gpus;
    cudaError_t status = cudaSuccess;
};

GpuList listGpus() {
    GpuList list;
    // Without a driver the runtime answers InsufficientDriver, not NoDevice, and leaves the count alone.
    int count = 0;
    list.status = cudaGetDeviceCount(&count);
    if (list.status != cudaSuccess)
        cudaGetLastError();
    const std::string driver = count > 0 ? driverName() : std::string();
    for (int index = 0; index < count; ++index)
        if (auto gpu = describe(index, driver))
            list.gpus.push_back(std::move(*gpu));
    return list;
}

} // namespace

std::vector<BackendChoice> cudaBackends() {
    std::vector<BackendChoice> choices;
    for (const Gpu& gpu : listGpus().gpus)
        if (gpu.capability >= kLeastCapability)
            choices.push_back({.info = gpu.info,
                .open = [gpu] { return std::make_unique<cuda::DeviceBackend>(gpu.index, gpu.info); },
                .openSensors = [gpu] { return cuda::openBoardSensors(gpu.pciBusId); }});
    return choices;
}

std::vector<DeviceInfo> cudaDevices() {
    std::vector<DeviceInfo> devices;
    for (const Gpu& gpu : listGpus().gpus)
        devices.push_back(gpu.info);
    return devices;
}

std::string whyNoGpu() {
    const GpuList list = listGpus();
    std::string tooOld;
    for (const Gpu& gpu : list.gpus) {
        if (gpu.capability >= kLeastCapability)
            return {};
        tooOld = fmt::format("{} has {}, Strata needs 8.0 or newer", gpu.info.name, gpu.info.detail);
    }
    if (!tooOld.empty())
        return tooOld;
    return fmt::format(
        "No GPU to compute on: {}", cuda::explainCuda(list.status == cudaSuccess ? cudaErrorNoDevice : list.status));
}

} // namespace strata
