// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/cli/options.h"
#include "core/engine/generation.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

// How much memory a model may take, and where its blocks are to rest.
struct PlacementOptions {
    std::optional<std::uint64_t> vramCap; // bytes; 0: no GPU
    std::optional<std::uint64_t> ramCap;
    std::vector<std::string> places;
};

void addPlacementOptions(Command command, PlacementOptions& options);

// Takes the caps and places over into the request. Throws Error (BadRequest) for a place that is not one of a model of
// so many layers.
void place(const PlacementOptions& options, std::uint32_t layerCount, LoadRequest& request);

} // namespace strata::cli
