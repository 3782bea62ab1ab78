// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command_line.h"

#include "core/base/error.h"
#include "core/base/random_access_file.h"
#include "core/base/text.h"
#include "core/cli/interrupt.h"
#include "core/gguf/gguf_file.h"
#include "core/model/architectures.h"
#include "core/profile/stored_profile.h"
#include "core/tier/profile_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>

namespace strata::cli {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t(256) << 20U; // far above any context
constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

// A file by its path, or a model that came with the program by its name: share/strata/models lies beside bin.
std::string findModel(const std::string& text) {
    std::error_code ignored;
    if (text.empty() || text.find('/') != std::string::npos || std::filesystem::exists(text, ignored))
        return text;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto found =
        program.parent_path().parent_path() / "share/strata/models" / (text.ends_with(".gguf") ? text : text + ".gguf");
    return std::filesystem::exists(found, ignored) ? found.string() : text;
}

// Bytes; nullopt if the text is no size.
std::optional<std::uint64_t> parseSize(const std::string& text) {
    if (text.empty() || (!std::isdigit(static_cast<unsigned char>(text[0])) && text[0] != '.'))
        return std::nullopt;
    const std::size_t used = std::min(text.find_first_not_of("0123456789."), text.size());
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const std::string_view unit = std::string_view(text).substr(used);
    const double scale = unit.empty() || unit == "B"   ? 1.0
                         : unit == "k" || unit == "K"  ? 1e3
                         : unit == "M" || unit == "MB" ? 1e6
                         : unit == "G" || unit == "GB" ? 1e9
                                                       : -1.0;
    if (end != text.c_str() + used || scale < 0.0 || value * scale > 1e18)
        return std::nullopt;
    return static_cast<std::uint64_t>(value * scale);
}

} // namespace

void addModelArgument(Command command, std::string& model, const std::string& description) {
    const auto find = [](std::string& text) {
        text = findModel(text);
        return std::string();
    };
    command.option("model", model, description).required().check(find);
}

void addContextOptions(Command command, std::uint32_t& contextTokens, std::string& cacheType) {
    command.option("-c,--ctx", contextTokens, "context in tokens; 0: the model's own, at most 8,192")
        .check(wholeNumber(0, kMax32));
    command.option("--kv", cacheType, "how keys and values are kept; q8_0 takes about half the memory of f16")
        .check(oneOf({"f16", "q8_0"}))
        .showDefault();
}

QuantType cacheTypeNamed(const std::string& name) {
    return name == "q8_0" ? QuantType::Q8_0 : QuantType::F16;
}

void addEngineOptions(Command command, EngineOptions& options) {
    addModelArgument(command, options.model);
    command.option("--device", options.device, "where to compute: cpu, cuda, cuda:1; default: the best there is");
    addContextOptions(command, options.contextTokens, options.cacheType);
    addPlacementOptions(command, options.placement);
    command.option("--profile", options.profile, "figures of the machine to plan with; default: this one's");
}

const BackendChoice& chooseDevice(const Devices& devices, const std::string& id) {
    if (id.empty())
        return devices.front();
    const auto matches = [&](const BackendChoice& choice) {
        return choice.info.id == id || choice.info.id.starts_with(id + ":");
    };
    const auto found = std::find_if(devices.begin(), devices.end(), matches);
    if (found != devices.end())
        return *found;
    std::string known;
    for (const BackendChoice& choice : devices)
        known += fmt::format("{}{} ({}, {} free)", known.empty() ? "" : ", ", choice.info.id, choice.info.name,
            formatBytes(choice.info.freeBytes));
    fail(ErrorCode::NotFound, "--device {}: there is no such device to compute on here; there is {}",
        quoteForMessage(id), known);
}

namespace {

// Of a machine with these devices; null: not measured, or measured with others.
std::shared_ptr<const MachineProfile> profileOf(const EngineOptions& options, const EngineDevices& devices) {
    if (!options.profile.empty())
        return std::make_shared<MachineProfile>(readProfile(options.profile));
    const DeviceInfo& cpu = (devices.host ? *devices.host : devices.main).info;
    const DeviceInfo gpu = devices.host ? devices.main.info : DeviceInfo();
    auto stored = loadMachineProfile(cpu.name, gpu.name, gpu.driver);
    return stored ? std::make_shared<MachineProfile>(std::move(*stored)) : nullptr;
}

// --vram 0 is a way to say that the GPU takes no part.
EngineDevices devicesFor(const EngineOptions& options, const Devices& devices) {
    const BackendChoice& cpu = devices.back();
    if (options.placement.vramCap == 0U)
        return cpu;
    const BackendChoice& chosen = chooseDevice(devices, options.device);
    return chosen.info.kind == DeviceKind::Gpu ? EngineDevices(chosen, cpu) : EngineDevices(chosen);
}

} // namespace

std::unique_ptr<Engine> loadEngine(const EngineOptions& options, const Devices& devices, std::stop_token stop) {
    LoadRequest request;
    request.path = options.model;
    request.contextTokens = options.contextTokens;
    request.cacheType = cacheTypeNamed(options.cacheType);
    request.logitRows = options.logitRows;
    const EngineDevices chosen = devicesFor(options, devices);
    request.profile = profileOf(options, chosen);
    std::uint32_t layerCount = 0;
    if (!options.placement.places.empty()) {
        const GgufFile file(options.model);
        layerCount = architectureOf(file).readSpec(file).layerCount;
    }
    place(options.placement, layerCount, request);
    auto engine = Engine::load(
        request, chosen, [](const LoadProgress&) {}, stop);
    if (engine == nullptr)
        throw Interrupted();
    for (const std::string& notice : engine->weights().notices())
        printNote(notice);
    return engine;
}

SamplingParams SamplingOptions::chosen() const {
    SamplingParams result = params;
    if (isSeedSet)
        result.seed = seed;
    return result;
}

void addSamplingOptions(Command command, SamplingOptions& options) {
    SamplingParams& p = options.params;
    command.option("--temp", p.temperature, "temperature; 0: always the most likely token")
        .check(realNumber(0.0, 100.0))
        .showDefault();
    command.option("--top-k", p.topK, "keep the k most likely; 0: off")
        .check(wholeNumber(0, kMax32))
        .showDefault();
    command.option("--top-p", p.topP, "keep the most likely until their sum reaches p; 1: off")
        .check(realNumber(0.0, 1.0))
        .showDefault();
    command.option("--min-p", p.minP, "drop tokens less likely than this share of the best; 0: off")
        .check(realNumber(0.0, 1.0))
        .showDefault();
    command.option("--repeat-penalty", p.repeatPenalty, "divides the logits of recent tokens; 1: off")
        .check(realNumber(0.01, 100.0))
        .showDefault();
    command.option("--presence-penalty", p.presencePenalty, "subtracted from logits of recent tokens; 0: off")
        .check(realNumber(-100.0, 100.0))
        .showDefault();
    command.option("--frequency-penalty", p.frequencyPenalty, "subtracted once per recent occurrence; 0: off")
        .check(realNumber(-100.0, 100.0))
        .showDefault();
    command.option("--penalty-window", p.penaltyWindow, "tokens that count as recent")
        .check(wholeNumber(0, kMax32))
        .showDefault();
    command
        .option(
            "--seed",
            [&options](std::uint64_t seed) {
                options.seed = seed;
                options.isSeedSet = true;
            },
            "same seed, same text; default: a fresh one")
        .check(wholeNumber(0, std::numeric_limits<std::uint64_t>::max()));
}

void addSizeOption(
    Command command, const std::string& name, std::optional<std::uint64_t>& bytes, const std::string& description) {
    const auto check = [](std::string& text) {
        return parseSize(text) ? std::string()
                               : fmt::format("expected a size such as 24G or 512M, got '{}'", quoteForMessage(text));
    };
    command
        .option(
            name, [&bytes](const std::string& text) { bytes = parseSize(text); }, description)
        .check(check);
}

Check wholeNumber(std::uint64_t low, std::uint64_t high) {
    const auto check = [low, high](std::string& text) {
        const bool isDigits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        text.erase(0, std::min(text.find_first_not_of('0'), text.size() - std::min<std::size_t>(text.size(), 1)));
        errno = 0;
        const std::uint64_t value = std::strtoull(text.c_str(), nullptr, 10);
        if (isDigits && errno == 0 && value >= low && value <= high)
            return std::string();
        return fmt::format("expected a whole number from {} to {}, got '{}'", formatCount(low), formatCount(high),
            quoteForMessage(text));
    };
    return check;
}

Check realNumber(double low, double high) {
    const auto check = [low, high](std::string& text) {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && value >= low && value <= high)
            return std::string();
        return fmt::format("expected a number from {} to {}, got '{}'", low, high, quoteForMessage(text));
    };
    return check;
}

Check oneOf(std::vector<std::string_view> names) {
    const auto check = [names = std::move(names)](std::string& text) {
        if (std::find(names.begin(), names.end(), text) != names.end())
            return std::string();
        return fmt::format("expected one of {}, got '{}'", fmt::join(names, ", "), quoteForMessage(text));
    };
    return check;
}

std::string readAllInput() {
    std::string text;
    char buffer[65536];
    std::size_t got = 0;
    while ((got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0)
        if (text.append(buffer, got).size() > kMaxTextBytes)
            fail(ErrorCode::BadRequest, "standard input: expected at most {}", formatBytes(kMaxTextBytes));
    return text;
}

std::string readTextFile(const std::string& path) {
    if (path == "-")
        return readAllInput();
    const RandomAccessFile file(path);
    if (file.size() > kMaxTextBytes)
        fail(ErrorCode::BadRequest, "{}: expected at most {}, found {}", path, formatBytes(kMaxTextBytes),
            formatBytes(file.size()));
    std::string text(file.size(), '\0');
    file.readAt(0, std::as_writable_bytes(std::span(text)));
    return text;
}

void printResult(const std::string& text) {
    printPiece(text + "\n");
}

void printPiece(std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size() || std::fflush(stdout) != 0)
        fail(ErrorCode::Io, "standard output: cannot be written to");
}

void printNote(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

double tokensPerSecond(std::uint64_t tokens, std::chrono::nanoseconds time) {
    return time.count() <= 0 ? 0.0 : static_cast<double>(tokens) * 1e9 / static_cast<double>(time.count());
}

void failTooLong(std::size_t promptTokens, std::size_t contextTokens) {
    fail(ErrorCode::BadRequest,
        "the prompt has {} tokens and the context holds {}, which leaves no room for a reply: shorten it or use --ctx",
        formatCount(promptTokens), formatCount(contextTokens));
}

std::string_view stopReasonName(StopReason reason) {
    switch (reason) {
    case StopReason::EndOfText:
        return "end of text";
    case StopReason::StopString:
        return "stop string";
    case StopReason::TokenLimit:
        return "token limit";
    case StopReason::ContextFull:
        return "context full";
    case StopReason::Cancelled:
        return "cancelled";
    }
    return "";
}

std::string describeResult(const GenerationResult& result) {
    const std::uint32_t computed = result.promptTokens - result.cachedTokens;
    const std::uint64_t decoded = result.generatedTokens > 0 ? result.generatedTokens - 1 : 0;
    return fmt::format("{} prompt tokens ({} cached), {:.1f} tok/s; {} tokens, {:.1f} tok/s, first after {:.2f} s; "
                       "{}; seed {}; logits {:016x}",
        result.promptTokens, result.cachedTokens, tokensPerSecond(computed, result.promptTime), result.generatedTokens,
        tokensPerSecond(decoded, result.decodeTime), std::chrono::duration<double>(result.firstToken).count(),
        stopReasonName(result.reason), result.seed, result.logitsHash);
}

} // namespace strata::cli
