// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/system_memory.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/json_output.h"
#include "core/cli/placement.h"
#include "core/cli/plan_report.h"
#include "core/engine/load_plan.h"
#include "core/gguf/gguf_file.h"
#include "core/model/architectures.h"
#include "core/model/model.h"
#include "core/model/model_summary.h"
#include "core/tier/profile_file.h"
#include "core/tier/tier_planner.h"

#include <algorithm>
#include <filesystem>

namespace strata::cli {
namespace {

struct PlanOptions {
    std::string model;
    std::uint32_t contextTokens = 0;
    std::string cacheType = "f16";
    std::uint32_t promptTokens = 512;
    PlacementOptions placement;
    std::vector<std::string> profiles; // empty: this machine's own
    bool asJson = false;
};

// A model's header, and what is asked of every machine.
struct Subject {
    GgufFile file;
    ModelSpec spec;
    std::vector<WeightBlock> blocks;
    LoadRequest request;
};

Subject readSubject(const PlanOptions& options) {
    GgufFile file(options.model);
    ModelSpec spec = architectureOf(file).readSpec(file);
    std::vector<WeightBlock> blocks = listBlocks(file, spec);
    Subject subject{std::move(file), std::move(spec), std::move(blocks), {}};
    subject.request.path = subject.file.path();
    subject.request.contextTokens = options.contextTokens;
    subject.request.cacheType = cacheTypeNamed(options.cacheType);
    place(options.placement, subject.spec.layerCount, subject.request);
    return subject;
}

// Memories as they are on this machine now, or as another machine has them when nothing else runs there.
MemoryRooms roomsOf(const MachineProfile& profile, bool isThisMachine, const Subject& subject, ListGpus listGpus) {
    SystemMemory memory{.totalBytes = profile.ramSize, .availableBytes = profile.ramSize};
    std::uint64_t freeVram = profile.vramSize;
    bool hasGpu = profile.hasGpu();
    if (isThisMachine) {
        memory = readSystemMemory();
        const std::vector<DeviceInfo> gpus = hasGpu ? listGpus() : std::vector<DeviceInfo>();
        hasGpu = !gpus.empty();
        freeVram = hasGpu ? gpus.front().freeBytes : 0;
    }
    std::optional<MemoryState> gpu;
    if (hasGpu)
        gpu = {.totalBytes = profile.vramSize, .freeBytes = freeVram, .reserveBytes = kGpuReserveBytes};
    return estimatedRooms(subject.spec, gpu,
        {.totalBytes = memory.totalBytes,
            .freeBytes = memory.availableBytes,
            .reserveBytes = reserveBytes(memory)});
}

MachineProfile profileAt(const std::filesystem::path& path, bool isThisMachine) {
    std::error_code ignored;
    if (isThisMachine && !std::filesystem::exists(path, ignored))
        fail(ErrorCode::NotFound,
            "{}: this machine has no profile yet; strata-cli profile measures it, and --profile FILE plans with the "
            "figures of another one",
            path.string());
    return readProfile(path);
}

PlannedMachine planFor(
    const PlanOptions& options, const Subject& subject, const std::string& profile, ListGpus listGpus) {
    const bool isThisMachine = profile.empty();
    const std::filesystem::path path = isThisMachine ? machineProfilePath() : std::filesystem::path(profile);
    PlannedMachine machine;
    machine.profileName = quoteForMessage(path.stem().string(), 256);
    machine.profile = profileAt(path, isThisMachine);
    MemoryRooms rooms = roomsOf(machine.profile, isThisMachine, subject, listGpus);
    if (options.placement.vramCap == 0U)
        rooms.gpu.reset();
    LoadPlan load = planLoad(subject.request, {subject.file.path().string(), subject.spec, subject.blocks}, rooms.gpu,
        rooms.host, machine.profile);
    machine.plan = std::move(load.plan);
    machine.decode = schedulePass(machine.plan, 1, machine.profile);
    machine.forecast = forecast(machine.plan, machine.profile,
        {.promptTokens = options.promptTokens, .chunkTokens = load.limits.maxTokens});
    return machine;
}

void plan(const PlanOptions& options, ListGpus listGpus) {
    const Subject subject = readSubject(options);
    PlanReport report{.model = summarize(subject.file).name, .promptTokens = options.promptTokens, .machines = {}};
    for (const std::string& profile : options.profiles.empty() ? std::vector<std::string>(1) : options.profiles)
        report.machines.push_back(planFor(options, subject, profile, listGpus));
    if (!options.asJson) {
        printPiece(
            report.machines.size() == 1 ? describePlan(report, report.machines.front()) : describeMachines(report));
        return;
    }
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const PlannedMachine& machine : report.machines)
        all.push_back(toJson(report, machine));
    printJson(all.size() == 1 ? all.front() : all);
}

} // namespace

void addPlan(Command program, ListGpus listGpus) {
    auto options = std::make_shared<PlanOptions>();
    Command command = program.command("plan", "where a model's blocks would rest, and how fast it would be");
    addModelArgument(command, options->model);
    addContextOptions(command, options->contextTokens, options->cacheType);
    command.option("-p", options->promptTokens, "prompt tokens to forecast for")
        .check(wholeNumber(0, 4294967295U))
        .showDefault();
    addPlacementOptions(command, options->placement);
    command
        .option("--profile", options->profiles, "figures of a machine; several give a table; default: this one's")
        .repeatable(); // what follows is the model
    command.flag("--json", options->asJson, "as JSON");
    command.onChosen([options, listGpus] { plan(*options, listGpus); });
}

} // namespace strata::cli
