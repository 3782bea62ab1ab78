// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/system_memory.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"
#include "core/cli/json_output.h"
#include "core/profile/machine_measurement.h"
#include "core/tier/profile_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace strata::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ProfileOptions {
    std::vector<std::string> drives; // files and folders; empty: the current folder
    std::string device;              // empty: the first
    bool asJson = false;
};

MeasureRequest requestOf(const ProfileOptions& options, const Devices& devices) {
    const BackendChoice& chosen = chooseDevice(devices, options.device);
    MeasureRequest request{.cpu = devices.back(), .gpu = std::nullopt, .modelPaths = {}};
    if (chosen.info.kind == DeviceKind::Gpu)
        request.gpu = chosen;
    request.modelPaths.assign(options.drives.begin(), options.drives.end());
    if (request.modelPaths.empty())
        request.modelPaths.emplace_back(".");
    return request;
}

Json toJson(const DeviceInfo& device) {
    return {{"id", device.id}, {"name", device.name}, {"detail", device.detail}, {"total_bytes", device.totalBytes},
        {"free_bytes", device.freeBytes}, {"driver", device.driver}};
}

Json toJson(const MultiplyRates& rates) {
    return {{"tokens", MultiplyRates::kTokenCounts}, {"weight_bytes_per_s", rates.weightBytesPerSecond},
        {"multiplies_per_s", rates.multipliesPerSecond}, {"input_s", rates.inputSeconds},
        {"activation_s", rates.activationSeconds}, {"attends_per_s", rates.attendsPerSecond},
        {"attended_s", rates.attendedSeconds}};
}

Json toJson(const MachineProfile& profile) {
    Json json = {{"cpu", profile.cpu}, {"gpu", profile.hasGpu() ? Json(profile.gpu) : Json(nullptr)},
        {"driver", profile.hasGpu() ? Json(profile.driver) : Json(nullptr)}, {"date", profile.date},
        {"host_read_bytes_per_s", profile.hostRead}, {"cpu_block_s", profile.cpuBlockSeconds},
        {"cpu_multiply", toJson(profile.cpuMultiply)}, {"drives", Json::array()}};
    for (const DriveRate& drive : profile.drives)
        json["drives"].push_back({{"mount_point", drive.mountPoint}, {"bytes_per_s", drive.bytesPerSecond}});
    if (!profile.hasGpu())
        return json;
    json["vram_read_bytes_per_s"] = profile.vramRead;
    json["link_in_bytes_per_s"] = profile.linkIn;
    json["link_in_beside_host_bytes_per_s"] = profile.linkInBesideHost;
    json["link_out_bytes_per_s"] = profile.linkOut;
    json["host_read_beside_link_bytes_per_s"] = profile.hostReadBesideLink;
    json["exchange_s"] = profile.exchangeSeconds;
    json["gpu_block_s"] = profile.gpuBlockSeconds;
    json["gpu_multiply"] = toJson(profile.gpuMultiply);
    return json;
}

Json toJson(const MachineMeasurement& measured, const DeviceInfo& cpu, const std::vector<DeviceInfo>& gpus) {
    const SystemMemory memory = readSystemMemory();
    Json json = {{"cpu", {{"name", cpu.name}, {"detail", cpu.detail}}}, {"ram_read", Json::array()},
        {"ram_total_bytes", memory.totalBytes}, {"ram_available_bytes", memory.availableBytes}, {"gpus", Json::array()},
        {"profile", toJson(measured.profile)}, {"notices", measured.notices},
        {"stored", machineProfilePath().string()}};
    for (const ReadRate& rate : measured.hostReads)
        json["ram_read"].push_back({{"threads", rate.threads}, {"bytes_per_s", rate.bytesPerSecond}});
    for (const DeviceInfo& gpu : gpus)
        json["gpus"].push_back(toJson(gpu));
    return json;
}

std::string rateLine(std::string_view label, double bytesPerSecond, const std::string& more = {}) {
    return fmt::format("{:<28}{:>8.1f} GB/s{}\n", label, bytesPerSecond / 1e9, more);
}

std::string describeMultiply(std::string_view label, const MultiplyRates& rates) {
    std::string text = fmt::format("{:<28}", label);
    for (std::size_t i = 0; i < rates.weightBytesPerSecond.size(); ++i)
        text += fmt::format(
            "{:>8.1f}{}", rates.weightBytesPerSecond[i] / 1e9, i + 1 < rates.weightBytesPerSecond.size() ? " /" : "");
    return text + fmt::format(" GB/s; prompts {:.0f} billion a second, attention {:.0f}\n",
                      rates.multipliesPerSecond / 1e9, rates.attendsPerSecond / 1e9);
}

std::string describeGpu(const MachineProfile& profile) {
    return rateLine("reading the GPU's memory", profile.vramRead) +
           rateLine("copying to the GPU", profile.linkIn,
               fmt::format("; {:.1f} while the CPU reads RAM", profile.linkInBesideHost / 1e9)) +
           rateLine("copying from the GPU", profile.linkOut) +
           rateLine("RAM while the link is busy", profile.hostReadBesideLink) +
           fmt::format("{:<28}{:>8.1f} us an exchange, {:.1f} a block\n", "GPU beside the CPU",
               profile.exchangeSeconds * 1e6, profile.gpuBlockSeconds * 1e6) +
           describeMultiply("GPU, 1 / 2 / 4 / 8 tokens", profile.gpuMultiply);
}

std::string describe(const MachineMeasurement& measured, const DeviceInfo& cpu, const std::vector<DeviceInfo>& gpus) {
    const SystemMemory memory = readSystemMemory();
    const MachineProfile& profile = measured.profile;
    std::string text = fmt::format("{}, {}\nRAM: {} of {} available\n", cpu.name, cpu.detail,
        formatBytes(memory.availableBytes), formatBytes(memory.totalBytes));
    for (const DeviceInfo& gpu : gpus)
        text += fmt::format("{}: {}, {}, {} of {} free, driver {}\n", gpu.id, gpu.name, gpu.detail,
            formatBytes(gpu.freeBytes), formatBytes(gpu.totalBytes), gpu.driver.empty() ? "not known" : gpu.driver);
    for (const ReadRate& rate : measured.hostReads)
        text += rateLine(fmt::format("reading RAM, {:>3} {}", rate.threads, rate.threads == 1 ? "thread" : "threads"),
            rate.bytesPerSecond);
    text +=
        rateLine("RAM at best", profile.hostRead, fmt::format("; {:.1f} us a block", profile.cpuBlockSeconds * 1e6));
    text += describeMultiply("CPU, 1 / 2 / 4 / 8 tokens", profile.cpuMultiply);
    if (profile.hasGpu())
        text += describeGpu(profile);
    for (const DriveRate& drive : profile.drives)
        text += rateLine("drive " + quoteForMessage(drive.mountPoint, 256), drive.bytesPerSecond);
    return text + fmt::format("stored in {}\n", quoteForMessage(machineProfilePath().string(), 4096));
}

void profile(const ProfileOptions& options, const Devices& devices, ListGpus listGpus) {
    const InterruptGuard interrupt;
    const MeasureRequest request = requestOf(options, devices);
    const auto report = [&](const MeasureProgress& progress) {
        if (!options.asJson)
            printNote(fmt::format("{} ...", progress.what));
    };
    const auto measured = measureMachine(request, report, interrupt.token());
    if (!measured || interrupt.token().stop_requested())
        throw Interrupted();
    writeProfile(measured->profile, machineProfilePath());
    if (options.asJson) {
        printJson(toJson(*measured, request.cpu.info, listGpus()));
        return;
    }
    for (const std::string& notice : measured->notices)
        printNote(notice);
    printPiece(describe(*measured, request.cpu.info, listGpus()));
}

} // namespace

void addProfile(Command program, const Devices& devices, ListGpus listGpus) {
    auto options = std::make_shared<ProfileOptions>();
    Command command = program.command("profile", "measure this machine, for plans and forecasts");
    command
        .option("--drive", options->drives,
            "a model, or a folder with models, on the drive to measure; repeatable; default: the current folder")
        .takesSeveral();
    command.option(
        "--device", options->device, "the GPU to measure: cuda:1; cpu: none; default: the best there is");
    command.flag("--json", options->asJson, "as JSON");
    command.onChosen([options, &devices, listGpus] { profile(*options, devices, listGpus); });
}

} // namespace strata::cli
