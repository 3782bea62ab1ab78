// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/system_memory.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/json_output.h"
#include "core/cli/plan_report.h"
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

constexpr std::uint32_t kPlannedChunk = 512; // tokens of a prompt pass: any device has the memory for so many

struct Options {
    std::string model;
    std::uint32_t contextTokens = 0;
    std::string cacheType = "f16";
    std::uint32_t promptTokens = 512;
    std::optional<std::uint64_t> vramCap; // bytes; 0: no GPU
    std::optional<std::uint64_t> ramCap;
    std::vector<std::string> profiles; // empty: this machine's own
    std::vector<std::string> places;
    bool asJson = false;
};

// A model's header, and what is asked of every machine.
struct Subject {
    GgufFile file;
    ModelSpec spec;
    std::vector<WeightBlock> blocks;
    PassLimits limits;
    std::vector<TierOverride> overrides;

    PlanningModel model() const { return {file.path().string(), blocks, spec, limits.cacheType}; }
};

std::optional<Tier> tierNamed(std::string_view name) {
    if (name == "vram")
        return Tier::Vram;
    if (name == "ram")
        return Tier::Ram;
    if (name == "disk")
        return Tier::Disk;
    return std::nullopt;
}

// "0-9=vram": both blocks of these layers; also "7=ram", "embedding=vram", "head=ram".
TierOverride parsePlace(const std::string& text, std::uint32_t layerCount) {
    const auto refuse = [&]() {
        fail(ErrorCode::BadRequest,
            "--place {}: expected layers from 0 to {}, such as 0-9, embedding or head, then = and vram, ram or disk",
            quoteForMessage(text), layerCount - 1);
    };
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::optional<Tier> tier = tierNamed(text.substr(std::min(equals + 1, text.size())));
    const std::string what = text.substr(0, equals);
    if (!tier)
        refuse();
    const BlockIndex head(2 * layerCount + 1);
    if (what == "embedding")
        return {BlockIndex(0), BlockIndex(0), *tier};
    if (what == "head")
        return {head, head, *tier};
    const std::size_t dash = std::min(what.find('-'), what.size());
    std::string first = what.substr(0, dash);
    std::string last = dash < what.size() ? what.substr(dash + 1) : first;
    const CLI::Validator isLayer = wholeNumber(0, layerCount - 1);
    if (!isLayer(first).empty() || !isLayer(last).empty() || std::stoul(last) < std::stoul(first))
        refuse();
    return {BlockIndex(1 + 2 * static_cast<std::uint32_t>(std::stoul(first))),
        BlockIndex(2 + 2 * static_cast<std::uint32_t>(std::stoul(last))), *tier};
}

Subject readSubject(const Options& options) {
    GgufFile file(options.model);
    ModelSpec spec = architectureOf(file).readSpec(file);
    std::vector<WeightBlock> blocks = listBlocks(file, spec);
    Subject subject{std::move(file), std::move(spec), std::move(blocks), {}, {}};
    const std::uint32_t trained = subject.spec.trainedContext;
    if (options.contextTokens > trained)
        fail(ErrorCode::BadRequest, "--ctx {}: the model was trained for {} tokens at most",
            formatCount(options.contextTokens), formatCount(trained));
    const LoadRequest load;
    const std::uint32_t context =
        options.contextTokens != 0 ? options.contextTokens : std::min(trained, kDefaultContextTokens);
    subject.limits = {.maxTokens = std::min(kPlannedChunk, context),
        .maxLogitRows = std::min(load.logitRows, context),
        .contextTokens = context,
        .cacheType = cacheTypeNamed(options.cacheType)};
    for (const std::string& place : options.places)
        subject.overrides.push_back(parsePlace(place, subject.spec.layerCount));
    return subject;
}

// Memory as it is on this machine now, or as another machine has it when nothing else runs there.
TierBudgets freeMemory(const MachineProfile& profile, bool isThisMachine, ListGpus listGpus) {
    TierBudgets budgets;
    SystemMemory memory{.totalBytes = profile.ramSize, .availableBytes = profile.ramSize};
    std::uint64_t freeVram = profile.vramSize;
    bool hasGpu = profile.hasGpu();
    if (isThisMachine) {
        memory = readSystemMemory();
        const std::vector<DeviceInfo> gpus = hasGpu ? listGpus() : std::vector<DeviceInfo>();
        hasGpu = !gpus.empty();
        freeVram = hasGpu ? gpus.front().freeBytes : 0;
    }
    budgets.ram.freeBytes = memory.availableBytes;
    budgets.ram.reserveBytes = reserveBytes(memory);
    if (hasGpu)
        budgets.vram = TierBudget{.freeBytes = freeVram, .reserveBytes = kVramReserve, .capBytes = std::nullopt};
    return budgets;
}

TierBudgets budgetsFor(const Options& options, const Subject& subject, TierBudgets budgets) {
    if (options.vramCap.value_or(0) > 0 && !budgets.vram)
        fail(ErrorCode::BadRequest, "--vram caps a GPU's memory, and the machine has no GPU");
    if (options.vramCap == 0U)
        budgets.vram.reset();
    if (budgets.vram)
        budgets.vram->capBytes = options.vramCap;
    budgets.ram.capBytes = options.ramCap;
    budgets.contextTokens = subject.limits.contextTokens;
    TierBudget& attending = budgets.vram ? *budgets.vram : budgets.ram;
    attending.cacheBytes = contextBytes(subject.spec, subject.limits.cacheType, subject.limits.contextTokens);
    budgets.ram.scratchBytes = estimateScratchBytes(subject.spec, subject.limits);
    if (budgets.vram)
        budgets.vram->scratchBytes = budgets.ram.scratchBytes;
    return budgets;
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

PlannedMachine planFor(const Options& options, const Subject& subject, const std::string& profile, ListGpus listGpus) {
    const bool isThisMachine = profile.empty();
    const std::filesystem::path path = isThisMachine ? machineProfilePath() : std::filesystem::path(profile);
    PlannedMachine machine;
    machine.profileName = quoteForMessage(path.stem().string(), 256);
    machine.profile = profileAt(path, isThisMachine);
    const TierBudgets budgets = budgetsFor(options, subject, freeMemory(machine.profile, isThisMachine, listGpus));
    machine.plan = planTiers(subject.model(), budgets, machine.profile, subject.overrides);
    machine.decode = schedulePass(machine.plan, 1, machine.profile);
    machine.forecast = forecast(
        machine.plan, machine.profile, {.promptTokens = options.promptTokens, .chunkTokens = subject.limits.maxTokens});
    return machine;
}

void plan(const Options& options, ListGpus listGpus) {
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

void addPlan(CLI::App& program, ListGpus listGpus) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("plan", "where a model's blocks would rest, and how fast it would be");
    addModelArgument(*command, options->model);
    addContextOptions(*command, options->contextTokens, options->cacheType);
    command->add_option("-p", options->promptTokens, "prompt tokens to forecast for")
        ->transform(wholeNumber(0, 4294967295U))
        ->capture_default_str();
    addSizeOption(*command, "--vram", options->vramCap, "use at most this much of the GPU's memory: 24G; 0: no GPU");
    addSizeOption(*command, "--ram", options->ramCap, "use at most this much of the machine's memory: 32G");
    command
        ->add_option("--profile", options->profiles, "figures of a machine; several give a table; default: this one's")
        ->take_all();
    command->add_option("--place", options->places, "where blocks must rest: 0-9=vram (layers), head=ram; repeatable")
        ->take_all();
    command->add_flag("--json", options->asJson, "as JSON");
    command->callback([options, listGpus] { plan(*options, listGpus); });
}

} // namespace strata::cli
