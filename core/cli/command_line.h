// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"
#include "core/cli/options.h"
#include "core/cli/placement.h"
#include "core/engine/engine.h"
#include "core/sample/sampling_params.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace strata::cli {

// The devices this build can compute on, found once in main.
using Devices = std::vector<BackendChoice>;
using ListGpus = std::vector<DeviceInfo> (*)(); // asks the driver, which takes a moment and memory on each card

// One subcommand each, in a file of the same name. Each adds itself to the program; its work runs while the command
// line is parsed and throws Error for main to print.
void addInspect(Command program);
void addTokenize(Command program);
void addDetokenize(Command program);
void addRun(Command program, const Devices& devices);
void addChat(Command program, const Devices& devices);
void addPlan(Command program, ListGpus listGpus);
void addBench(Command program, const Devices& devices);
void addPerplexity(Command program, const Devices& devices);
void addProfile(Command program, const Devices& devices, ListGpus listGpus);
void addSynth(Command program);

// Options that several subcommands share.
struct EngineOptions {
    std::string model;
    std::string device; // empty: the first
    std::uint32_t contextTokens = 0;
    std::string cacheType = "f16"; // of keys and values
    std::uint32_t logitRows = 8;   // of one pass; not an option of its own
    PlacementOptions placement;
    std::string profile; // file; empty: this machine's own, if it was measured
};
// The positional argument that names a model: a file, or "strata-demo" for one that came with the program.
void addModelArgument(Command command, std::string& model,
    const std::string& description = "GGUF file (any part of a split one), or strata-demo");
void addContextOptions(Command command, std::uint32_t& contextTokens, std::string& cacheType);
QuantType cacheTypeNamed(const std::string& name); // of those that addContextOptions lets pass
void addEngineOptions(Command command, EngineOptions& options);
const BackendChoice& chooseDevice(const Devices& devices, const std::string& id); // throws Error (NotFound)
std::unique_ptr<Engine> loadEngine(const EngineOptions& options, const Devices& devices, std::stop_token stop);

struct SamplingOptions {
    SamplingParams params;
    std::uint64_t seed = 0;
    bool isSeedSet = false;
    SamplingParams chosen() const;
};
void addSamplingOptions(Command command, SamplingOptions& options);

// Checks for options. CLI11's own take NaN for a number in range, wrap negative ones and read 010 as octal.
Check wholeNumber(std::uint64_t low, std::uint64_t high);
Check realNumber(double low, double high);
Check oneOf(std::vector<std::string_view> names);

// "24G", "24.5G", "512M", "1000": bytes, G = 1e9.
void addSizeOption(
    Command command, const std::string& name, std::optional<std::uint64_t>& bytes, const std::string& description);

std::string readAllInput();                        // standard input to its end; throws Error above kMaxTextBytes
std::string readTextFile(const std::string& path); // "-": standard input; throws Error (NotFound, Io)
void printResult(const std::string& text);         // a line on standard output; throws Error (Io) when it is refused
void printPiece(std::string_view piece);           // streamed text, flushed
void printNote(const std::string& text);           // a line on standard error

// "9 prompt tokens (0 cached), 45.2 tok/s; 60 tokens, 12.3 tok/s, first after 0.2 s; seed 42; logits 1f..": for people.
std::string describeResult(const GenerationResult& result);
double tokensPerSecond(std::uint64_t tokens, std::chrono::nanoseconds time);        // 0 when nothing was timed
[[noreturn]] void failTooLong(std::size_t promptTokens, std::size_t contextTokens); // Error (BadRequest)
std::string_view stopReasonName(StopReason reason);                                 // "end of text"

} // namespace strata::cli
