// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/synth/quant_mix.h"
#include "core/synth/synth.h"
#include "core/synth/synth_shape.h"

#include <cstdint>
#include <filesystem>

namespace strata {

// Writes a model of this shape; see synthesize(). Private to core/synth and its tests.
void writeSynthModel(const SynthShape& shape, const QuantMix& mix, std::uint64_t seed,
    const std::filesystem::path& path, const SynthProgress& progress);

// With holes in place of its matrices; see GgufWriter::writeWithoutMatrices.
void writeSynthWithoutMatrices(const SynthShape& shape, const QuantMix& mix, const std::filesystem::path& path);

// Bytes of all tensors that writeSynthModel() would write.
std::uint64_t synthWeightBytes(const SynthShape& shape, const QuantMix& mix);

} // namespace strata
