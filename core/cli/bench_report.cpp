// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench_report.h"

#include "core/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace strata::cli {
namespace {

using Json = nlohmann::ordered_json;

Json toJson(const Rates& rates) {
    if (rates.perSecond.empty())
        return nullptr;
    const auto [low, high] = std::minmax_element(rates.perSecond.begin(), rates.perSecond.end());
    return {{"tokens", rates.tokens}, {"tokens_per_s", medianOf(rates.perSecond)}, {"min", *low}, {"max", *high},
        {"logits_hash", fmt::format("{:016x}", rates.logitsHash)}};
}

Json toJson(const Verification& v) {
    if (v.tokens == 0)
        return nullptr;
    return {{"tokens", v.tokens}, {"pass_ms", v.passSeconds * 1e3}, {"single_ms", v.singleSeconds * 1e3},
        {"ratio", v.passSeconds / v.singleSeconds}};
}

Json toJson(const std::optional<Foretold>& foretold) {
    if (!foretold)
        return nullptr;
    return {{"prompt_tokens_per_s", foretold->prompt}, {"decode_tokens_per_s", foretold->decode}};
}

Json toJson(const WirePace& pace) {
    return {{"link", pace[Wire::Link]}, {"host", pace[Wire::Host]}, {"disk", pace[Wire::Disk]}};
}

Json wiresOf(const MetricsSnapshot& totals, std::uint64_t WireTotals::*what) {
    Json json;
    for (const auto& [name, wire] : {std::pair("vram", Wire::Vram), std::pair("link", Wire::Link),
             std::pair("host", Wire::Host), std::pair("disk", Wire::Disk)})
        json[name] = totals.wire(wire).*what;
    return json;
}

// "GPU memory 4.52 GB/s (12 %), link ..": of the wires that carried something, and how busy each was.
std::string describeWires(const MetricsSnapshot& totals) {
    std::string text;
    const auto time = static_cast<double>(totals.decodeNanoseconds);
    for (std::size_t i = 0; i < kWireCount; ++i) {
        const WireTotals& wire = totals.wires[i];
        if (wire.bytes > 0)
            text += fmt::format("{}{} {:.2f} GB/s, busy {:.0f} %", text.empty() ? "" : "; ",
                wireName(static_cast<Wire>(i)), static_cast<double>(wire.bytes) / time,
                std::min(100.0, 100.0 * static_cast<double>(wire.busyNanoseconds) / time));
    }
    return text;
}

bool isOne(const WirePace& pace) {
    return pace.factors == WirePace().factors;
}

} // namespace

double medianOf(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

nlohmann::ordered_json toJson(Engine& engine, const std::string& model, const BenchMeasurement& measured) {
    const Plan& plan = engine.weights().plan();
    const MetricsSnapshot& totals = measured.decodeTotals;
    return {{"model", model}, {"device", engine.device().id}, {"device_name", engine.device().name},
        {"prompt", toJson(measured.prompt)}, {"decode", toJson(measured.decode)}, {"depth", measured.depth},
        {"verify", toJson(measured.verification)}, {"load_s", measured.loadSeconds}, {"vram_bytes", plan.vramBytes()},
        {"ram_bytes", plan.ramBytes()},
        {"plan", {{"vram_blocks", plan.blocksIn(Tier::Vram)}, {"ram_blocks", plan.blocksIn(Tier::Ram)},
                     {"disk_blocks", plan.blocksIn(Tier::Disk)}}},
        {"forecast", toJson(measured.byProfile)}, {"forecast_after_warm_up", toJson(measured.afterWarmUp)},
        {"pace", toJson(measured.pace)}, {"bytes", wiresOf(totals, &WireTotals::bytes)},
        {"busy_ns", wiresOf(totals, &WireTotals::busyNanoseconds)},
        {"wait_ns", wiresOf(totals, &WireTotals::waitNanoseconds)}, {"decode_ns", totals.decodeNanoseconds},
        {"decode_weight_bytes_per_s",
            static_cast<double>(totals.weightBytesRead) * 1e9 /
                std::max(1.0, static_cast<double>(totals.decodeNanoseconds))}};
}

std::string describeBench(Engine& engine, const BenchMeasurement& measured) {
    const Plan& plan = engine.weights().plan();
    std::string text = fmt::format("{} on {}, {} of weights, loaded in {:.2f} s\n", engine.model()->spec().name,
        engine.device().name, formatBytes(engine.weights().residentBytes()), measured.loadSeconds);
    text += fmt::format("blocks: {} in VRAM, {} in RAM, {} on disk\n", plan.blocksIn(Tier::Vram),
        plan.blocksIn(Tier::Ram), plan.blocksIn(Tier::Disk));
    const auto line = [&](const char* label, const Rates& rates, double Foretold::*what) {
        if (rates.perSecond.empty())
            return;
        const double median = medianOf(rates.perSecond);
        text += fmt::format("{:<7} {:>5} tokens  {:>9.2f} tok/s  logits {:016x}", label, rates.tokens, median,
            rates.logitsHash);
        const auto beside = [&](const char* when, const std::optional<Foretold>& foretold) {
            if (foretold)
                text += fmt::format(
                    "{} {:.2f} ({:+.0f} %)", when, (*foretold).*what, 100.0 * ((*foretold).*what / median - 1.0));
        };
        beside("  forecast", measured.byProfile);
        if (!isOne(measured.pace))
            beside(", at the pace of the warm-up", measured.afterWarmUp);
        text += "\n";
    };
    line("prompt", measured.prompt, &Foretold::prompt);
    line("decode", measured.decode, &Foretold::decode);
    if (const Verification& v = measured.verification; v.tokens > 0)
        text += fmt::format("verify  {:>5} tokens  {:>9.3f} ms a pass, {:.2f} times a pass of 1\n", v.tokens,
            v.passSeconds * 1e3, v.passSeconds / v.singleSeconds);
    if (measured.decodeTotals.decodeNanoseconds > 0)
        text += fmt::format("weights read while decoding: {:.2f} GB/s\n  {}",
            static_cast<double>(measured.decodeTotals.weightBytesRead) /
                static_cast<double>(measured.decodeTotals.decodeNanoseconds),
            describeWires(measured.decodeTotals));
    return text;
}

} // namespace strata::cli
