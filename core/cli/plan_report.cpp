// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/plan_report.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace strata::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kWireKeys = {"vram", "link", "host", "disk"};
constexpr std::string_view kForecastOnly = "A forecast from the profile's figures; nothing was measured for it.";

std::string nameOf(const MachineProfile& profile) {
    return profile.hasGpu() ? quoteForMessage(profile.gpu, 256) + " beside " + quoteForMessage(profile.cpu, 256)
                            : quoteForMessage(profile.cpu, 256);
}

std::string wireList(const PassCost& cost) {
    std::string text;
    for (std::size_t i = 0; i < kWireCount; ++i) {
        if (cost.bytes[i] == 0)
            continue;
        text += fmt::format("{}{} {} ({:.0f} %)", text.empty() ? "" : ", ", wireName(static_cast<Wire>(i)),
            formatBytes(cost.bytes[i]), 100.0 * cost.busySeconds[i] / cost.seconds);
    }
    return text;
}

std::string tierLine(Tier tier, const Plan& plan, const TierBudget* budget, std::uint64_t ringBytes) {
    std::string text =
        fmt::format("  {:<5} {:>5} blocks {:>9}", tierName(tier), plan.blocksIn(tier), formatBytes(plan.bytesIn(tier)));
    if (ringBytes > 0)
        text += fmt::format(", ring {}", formatBytes(ringBytes));
    if (budget == nullptr)
        return text + "\n";
    if (budget->cacheBytes > 0)
        text += fmt::format(", context {}", formatBytes(budget->cacheBytes));
    return text + fmt::format(", scratch {}; of {} free less {} reserved{}\n", formatBytes(budget->scratchBytes),
                      formatBytes(budget->freeBytes), formatBytes(budget->reserveBytes),
                      budget->capBytes ? ", capped at " + formatBytes(*budget->capBytes) : "");
}

std::uint32_t countOf(const Schedule& schedule, Executor executor) {
    return static_cast<std::uint32_t>(std::ranges::count(schedule.executors, executor));
}

Json toJson(const TierBudget& budget) {
    return {{"free_bytes", budget.freeBytes}, {"reserve_bytes", budget.reserveBytes},
        {"cap_bytes", budget.capBytes ? Json(*budget.capBytes) : Json(nullptr)}, {"cache_bytes", budget.cacheBytes},
        {"scratch_bytes", budget.scratchBytes}, {"weight_bytes", budget.weightBytes()}};
}

Json toJson(const PassCost& cost) {
    Json bytes;
    Json busy;
    for (std::size_t i = 0; i < kWireCount; ++i) {
        bytes[kWireKeys[i]] = cost.bytes[i];
        busy[kWireKeys[i]] = cost.busySeconds[i];
    }
    return {{"seconds", cost.seconds}, {"bound_by", kWireKeys[static_cast<std::size_t>(cost.bound)]}, {"bytes", bytes},
        {"busy_s", busy}};
}

Json blocksOf(const PlannedMachine& machine) {
    Json blocks = Json::array();
    for (std::size_t i = 0; i < machine.plan.blocks.size(); ++i) {
        const PlannedBlock& block = machine.plan.blocks[i];
        blocks.push_back({{"name", WeightBlock{block.kind, block.layer, {}}.name()}, {"tier", tierName(block.tier)},
            {"bytes", block.restingBytes()}, {"decode", executorName(machine.decode.executors[i])}});
    }
    return blocks;
}

} // namespace

std::string describePlan(const PlanReport& report, const PlannedMachine& machine) {
    const Plan& plan = machine.plan;
    const Forecast& forecast = machine.forecast;
    std::string text = fmt::format("{}, context of {} tokens, on {}\n", quoteForMessage(report.model, 256),
        formatCount(plan.budgets.contextTokens), nameOf(machine.profile));
    if (plan.budgets.vram)
        text += tierLine(Tier::Vram, plan, &*plan.budgets.vram, plan.ringBytes);
    text += tierLine(Tier::Ram, plan, &plan.budgets.ram, plan.stagingBytes);
    if (plan.blocksIn(Tier::Disk) > 0)
        text += tierLine(Tier::Disk, plan, nullptr, 0);
    text += fmt::format("decode {:>8.2f} tok/s behind {} tokens: {} blocks resident, {} streamed, {} by the CPU\n",
        forecast.decodeTokensPerSecond, formatCount(report.promptTokens), countOf(machine.decode, Executor::Resident),
        countOf(machine.decode, Executor::Streamed), countOf(machine.decode, Executor::Host));
    const PassCost& token = machine.decode.cost;
    text += fmt::format("  a token: {}; bound by {}\n", wireList(token), wireName(token.bound));
    if (report.promptTokens > 0)
        text += fmt::format("prompt {:>8.0f} tok/s for {} tokens\n  a chunk: {}; bound by {}\n",
            forecast.promptTokensPerSecond, formatCount(report.promptTokens), wireList(forecast.prompt),
            wireName(forecast.prompt.bound));
    return text +
           fmt::format("load   {:>8.1f} s from the disk, nothing cached\n{}\n", forecast.loadSeconds, kForecastOnly);
}

std::string describeMachines(const PlanReport& report) {
    std::string text = fmt::format("{}, context of {} tokens\n\n", quoteForMessage(report.model, 256),
        formatCount(report.machines.front().plan.budgets.contextTokens));
    text += fmt::format("| profile | VRAM | RAM | disk | decode, tok/s | bound by | prompt {}, tok/s | load, s |\n",
        report.promptTokens);
    text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const PlannedMachine& machine : report.machines) {
        const Plan& plan = machine.plan;
        text += fmt::format("| {} | {} | {} | {} | {:.2f} | {} | {:.0f} | {:.0f} |\n", machine.profileName,
            formatBytes(plan.bytesIn(Tier::Vram)), formatBytes(plan.bytesIn(Tier::Ram)),
            formatBytes(plan.bytesIn(Tier::Disk)), machine.forecast.decodeTokensPerSecond,
            wireName(machine.decode.cost.bound), machine.forecast.promptTokensPerSecond,
            machine.forecast.loadSeconds);
    }
    return text + fmt::format("\n{}\n", kForecastOnly);
}

Json toJson(const PlanReport& report, const PlannedMachine& machine) {
    const Plan& plan = machine.plan;
    const Forecast& forecast = machine.forecast;
    return {{"model", report.model}, {"context", plan.budgets.contextTokens},
        {"profile", {{"name", machine.profileName}, {"cpu", machine.profile.cpu}, {"gpu", machine.profile.gpu},
                        {"date", machine.profile.date}}},
        {"budgets", {{"vram", plan.budgets.vram ? toJson(*plan.budgets.vram) : Json(nullptr)},
                        {"ram", toJson(plan.budgets.ram)}}},
        {"plan", {{"vram_blocks", plan.blocksIn(Tier::Vram)}, {"ram_blocks", plan.blocksIn(Tier::Ram)},
                     {"disk_blocks", plan.blocksIn(Tier::Disk)}, {"vram_bytes", plan.bytesIn(Tier::Vram)},
                     {"ram_bytes", plan.bytesIn(Tier::Ram)}, {"disk_bytes", plan.bytesIn(Tier::Disk)},
                     {"ring_bytes", plan.ringBytes},
                     {"staging_bytes", plan.stagingBytes}}},
        {"forecast", {{"decode_tokens_per_s", forecast.decodeTokensPerSecond},
                         {"prompt_tokens_per_s", forecast.promptTokensPerSecond},
                         {"prompt_tokens", report.promptTokens}, {"load_s", forecast.loadSeconds}}},
        {"decode", toJson(machine.decode.cost)}, {"prompt", toJson(forecast.prompt)}, {"blocks", blocksOf(machine)}};
}

} // namespace strata::cli
