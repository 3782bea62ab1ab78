// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/synth/synth.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/synth/quant_mix.h"
#include "core/synth/synth_model.h"
#include "core/synth/synth_shape.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace strata {
namespace {

template <typename Row>
std::vector<std::string_view> namesOf(std::span<const Row> rows) {
    std::vector<std::string_view> names;
    for (const Row& row : rows)
        names.push_back(row.name);
    return names;
}

template <typename Row>
const Row& rowNamed(std::string_view what, std::span<const Row> rows, std::string_view name) {
    const auto row = std::ranges::find(rows, name, &Row::name);
    if (row == rows.end())
        fail(ErrorCode::BadRequest, "{}: expected one of {}, found \"{}\"", what, fmt::join(namesOf(rows), ", "),
            quoteForMessage(name));
    return *row;
}

} // namespace

std::vector<std::string_view> synthPresetNames() {
    return namesOf(allSynthShapes());
}

std::vector<std::string_view> synthQuantNames() {
    return namesOf(allQuantMixes());
}

void synthesize(const SynthRequest& request, const SynthProgress& progress) {
    const SynthShape& shape = rowNamed("preset", allSynthShapes(), request.preset);
    const std::string_view quant = request.quant.empty() ? shape.defaultMix : std::string_view(request.quant);
    const QuantMix& mix = rowNamed("quant", allQuantMixes(), quant);
    if (request.hasMatrices)
        writeSynthModel(shape, mix, request.seed, request.path, progress);
    else
        writeSynthWithoutMatrices(shape, mix, request.path);
}

} // namespace strata
