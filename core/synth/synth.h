// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// A model of made-up weights: `1b`, `8b` and `70b` have the shapes of Llama 3.2 1B, 3.1 8B and 3.1 70B and serve
// measurements of speed; `tiny` stands in for an embedded model. All say `strata.weights` = "random".
struct SynthRequest {
    std::string preset = "tiny";
    std::string quant = ""; // one of synthQuantNames(); empty: Q8_0 for tiny, Q4_K_M for the others
    std::filesystem::path path;
    std::uint64_t seed = 1; // the same request with the same seed gives the same bytes
    bool hasMatrices = true; // false: holes in their place, for what asks the header alone
};

std::vector<std::string_view> synthPresetNames();
std::vector<std::string_view> synthQuantNames();

// Bytes of weights written so far and in all; about once per megabyte.
using SynthProgress = std::function<void(std::uint64_t written, std::uint64_t total)>;

// Throws Error: BadRequest for a preset or format that is not there, Io when the file cannot be written or the disk
// has no room for it (said before anything is written).
void synthesize(const SynthRequest& request, const SynthProgress& progress = {});

} // namespace strata
