// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/placement.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"

#include <algorithm>
#include <string_view>

namespace strata::cli {
namespace {

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
    const Check isLayer = wholeNumber(0, layerCount - 1);
    if (!isLayer(first).empty() || !isLayer(last).empty() || std::stoul(last) < std::stoul(first))
        refuse();
    return {BlockIndex(1 + 2 * static_cast<std::uint32_t>(std::stoul(first))),
        BlockIndex(2 + 2 * static_cast<std::uint32_t>(std::stoul(last))), *tier};
}

} // namespace

void addPlacementOptions(Command command, PlacementOptions& options) {
    addSizeOption(command, "--vram", options.vramCap, "use at most this much of the GPU's memory: 24G; 0: no GPU");
    addSizeOption(command, "--ram", options.ramCap, "use at most this much of the machine's memory: 32G");
    command.option("--place", options.places, "where blocks must rest: 0-9=vram (layers), head=ram; repeatable")
        .repeatable(); // what follows is the model
}

void place(const PlacementOptions& options, std::uint32_t layerCount, LoadRequest& request) {
    if (options.vramCap.value_or(0) > 0)
        request.vramCap = options.vramCap;
    request.ramCap = options.ramCap;
    for (const std::string& text : options.places)
        request.places.push_back(parsePlace(text, layerCount));
}

} // namespace strata::cli
