// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_forecast.h"

#include "gui/engine/load_request.h"
#include "gui/format.h"

#include "core/base/error.h"
#include "core/base/system_memory.h"
#include "core/engine/load_plan.h"
#include "core/gguf/gguf_file.h"
#include "core/model/architectures.h"
#include "core/model/model.h"
#include "core/tier/typical_profile.h"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

using Fit = ModelForecast::Fit;

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("ModelForecast", source);
}

const strata::DeviceInfo* deviceOf(const std::vector<strata::DeviceInfo>& devices, const std::string& id) {
    const auto found = std::find_if(
        devices.begin(), devices.end(), [&](const strata::DeviceInfo& device) { return device.id == id; });
    return found != devices.end() ? &*found : devices.empty() ? nullptr : &devices.front();
}

// With one conversation, as the engine takes it.
std::uint64_t heldBytes(const LoadedModel& model) {
    const strata::TierBudget& budget = model.plan->budgets.ram;
    return model.plan->ramBytes() + budget.cacheBytes + budget.scratchBytes;
}

// Free memory of a card is known from when devices were listed; of the loaded model's own from when it was loaded,
// which is what a reload finds again.
strata::MemoryState vramOf(const strata::DeviceInfo& gpu, const std::optional<LoadedModel>& leaving) {
    strata::MemoryState memory{
        .totalBytes = gpu.totalBytes, .freeBytes = gpu.freeBytes, .reserveBytes = strata::kGpuReserveBytes};
    if (leaving && leaving->plan && leaving->device.id == gpu.id && leaving->plan->budgets.vram) {
        memory.freeBytes = leaving->plan->budgets.vram->freeBytes;
        memory.reserveBytes = leaving->plan->budgets.vram->reserveBytes;
    }
    return memory;
}

strata::MemoryState ramOf(const std::optional<LoadedModel>& leaving) {
    const strata::SystemMemory memory = strata::readSystemMemory();
    const std::uint64_t held = leaving && leaving->plan ? heldBytes(*leaving) : 0;
    return {.totalBytes = memory.totalBytes,
        .freeBytes = std::min(memory.totalBytes, memory.availableBytes + held),
        .reserveBytes = strata::reserveBytes(memory)};
}

// The embedding, of which a token reads one row, does not keep a model from being fast.
Fit fitOf(const strata::Plan& plan) {
    if (plan.blocksIn(strata::Tier::Disk) > 0)
        return Fit::Disk;
    const bool needsRam = std::any_of(plan.blocks.begin(), plan.blocks.end(), [](const strata::PlannedBlock& block) {
        return block.tier != strata::Tier::Vram && block.kind != strata::BlockKind::Embedding;
    });
    return needsRam ? Fit::Ram : Fit::Vram;
}

strata::LoadRequest requestOf(const LoadCommand& wish, bool hasGpu) {
    strata::LoadRequest request = loadRequest(wish);
    if (!hasGpu)
        request.vramCap.reset();
    return request;
}

} // namespace

std::shared_ptr<const ModelShape> modelShape(const strata::GgufFile& file) {
    ModelShape shape{.path = file.path().string(), .spec = strata::architectureOf(file).readSpec(file), .blocks = {}};
    shape.blocks = strata::listBlocks(file, shape.spec);
    return std::make_shared<const ModelShape>(std::move(shape));
}

PlanningMachine planningMachine(const std::vector<strata::DeviceInfo>& devices, const QString& deviceId,
    const std::shared_ptr<const strata::MachineProfile>& profile, const std::optional<LoadedModel>& leaving) {
    const strata::DeviceInfo* main = deviceOf(devices, deviceId.toStdString());
    const bool hasGpu = main != nullptr && main->kind == strata::DeviceKind::Gpu;
    PlanningMachine machine;
    machine.host = ramOf(leaving);
    if (hasGpu)
        machine.gpu = vramOf(*main, leaving);
    if (profile != nullptr && (!hasGpu || profile->hasGpu())) {
        machine.profile = *profile;
        return machine;
    }
    const auto cpu = std::find_if(devices.begin(), devices.end(),
        [](const strata::DeviceInfo& device) { return device.kind == strata::DeviceKind::Cpu; });
    machine.profile = strata::typicalProfile(
        cpu != devices.end() ? *cpu : strata::DeviceInfo(), hasGpu ? std::optional(*main) : std::nullopt);
    return machine;
}

double ModelForecast::firstTokenSeconds() const {
    return figures.promptTokensPerSecond > 0 ? promptTokens / figures.promptTokensPerSecond : 0.0;
}

std::optional<ModelForecast> forecastModel(const ModelShape& shape, const PlanningMachine& machine,
    const LoadCommand& wish, const std::stop_token& stop) {
    ModelForecast result;
    result.hasGpu = machine.gpu.has_value();
    result.isMeasured = machine.isMeasured();
    try {
        std::optional<strata::LoadPlan> load = strata::planLoad(requestOf(wish, result.hasGpu),
            {shape.path, shape.spec, shape.blocks}, strata::estimatedRooms(shape.spec, machine.gpu, machine.host),
            machine.profile, stop);
        if (!load || stop.stop_requested())
            return std::nullopt;
        result.contextTokens = load->limits.contextTokens;
        result.promptTokens = std::clamp(load->limits.contextTokens / 2, 1U, kForecastPromptTokens);
        result.figures = strata::forecast(load->plan, machine.profile,
            {.promptTokens = result.promptTokens, .chunkTokens = load->limits.maxTokens});
        result.decode =
            std::make_shared<const strata::Schedule>(strata::schedulePass(load->plan, 1, machine.profile));
        result.fit = fitOf(load->plan);
        result.plan = std::make_shared<const strata::Plan>(std::move(load->plan));
    } catch (const strata::Error& error) {
        result.fit = error.code() == strata::ErrorCode::OutOfMemory ? Fit::None : Fit::Refused;
        result.refusal = QString::fromUtf8(error.what());
    }
    return result;
}

QString fitText(const ModelForecast& forecast) {
    switch (forecast.fit) {
    case Fit::Vram:
        return text("fits in VRAM");
    case Fit::Ram:
        return forecast.hasGpu ? text("needs RAM") : text("fits in RAM");
    case Fit::Disk:
        return text("needs disk");
    case Fit::None:
        return text("does not fit");
    case Fit::Refused:
        return text("can't be loaded so");
    }
    return {};
}

QString speedText(const ModelForecast& forecast) {
    return forecast.isPlanned() && forecast.isMeasured
               ? QString(QLatin1Char('~') + formatTokenRate(forecast.figures.decodeTokensPerSecond))
               : QString();
}

QString forecastText(const ModelForecast& forecast) {
    if (!forecast.isPlanned())
        return forecast.refusal;
    if (!forecast.isMeasured)
        return text("No speed is foretold: this machine was not measured yet (Model > Measure this machine).");
    return text("Forecast: about %1, the first token %2 after a prompt of %3 tokens, loaded in %4.")
        .arg(formatTokenRate(forecast.figures.decodeTokensPerSecond), formatDuration(forecast.firstTokenSeconds()),
            formatCount(forecast.promptTokens), formatDuration(forecast.figures.loadSeconds));
}

FactRows forecastRows(const ModelForecast& forecast) {
    if (!forecast.isPlanned())
        return {{text("Memory"), forecast.refusal.isEmpty() ? fitText(forecast) : forecast.refusal}};
    const auto in = [&](strata::Tier tier) { return formatBytes(forecast.plan->bytesIn(tier)); };
    FactRows rows = {{text("Memory"), fitText(forecast)},
        {text("Context"), text("%1 tokens").arg(formatCount(forecast.contextTokens))}};
    if (forecast.hasGpu)
        rows.append({text("In VRAM"), in(strata::Tier::Vram)});
    if (forecast.plan->bytesIn(strata::Tier::Ram) > 0)
        rows.append({text("In RAM"), in(strata::Tier::Ram)});
    if (forecast.fit == Fit::Disk)
        rows.append({text("On disk"), in(strata::Tier::Disk)});
    if (!forecast.isMeasured) {
        rows.append({text("Speed"), text("measure this machine first (Model > Measure this machine)")});
        return rows;
    }
    rows.append({text("Speed"), speedText(forecast)});
    rows.append({text("First token"), text("after %1, behind a prompt of %2 tokens")
                                          .arg(formatDuration(forecast.firstTokenSeconds()),
                                              formatCount(forecast.promptTokens))});
    rows.append({text("Loading"), formatDuration(forecast.figures.loadSeconds)});
    return rows;
}
