// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/forward/transformer.h"
#include "core/gguf/gguf_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <vector>

namespace strata {

using Logits = std::vector<float>;
using Ids = std::vector<std::uint32_t>;

constexpr std::uint32_t kRigContext = 200;

// A model on one device, ready to run passes on one cache.
struct ModelRig {
    ModelRig(const std::filesystem::path& path, const BackendChoice& device)
        : model(path), backend(device.open()), weights(WeightStore::open(model, *backend, {}, {})),
          transformer(model, *weights, {.maxTokens = 96, .maxLogitRows = 96, .contextTokens = kRigContext}),
          cache(*backend, model.spec(), kRigContext) {}

    // Appends the tokens at the positions that follow; the logits of each.
    std::vector<Logits> append(const Ids& ids) {
        Ids positions(ids.size());
        std::iota(positions.begin(), positions.end(), cache.length());
        return run(ids, positions, {});
    }

    std::vector<Logits> run(const Ids& ids, const Ids& positions, const std::vector<std::uint64_t>& visible) {
        Ids rows(ids.size());
        std::iota(rows.begin(), rows.end(), 0U);
        forward(ids, positions, visible, rows);
        std::vector<Logits> all(ids.size(), Logits(model.spec().vocabularySize));
        for (std::uint32_t row = 0; row < ids.size(); ++row)
            transformer.readLogits(row, all[row]);
        return all;
    }

    void forward(const Ids& ids, const Ids& positions, const std::vector<std::uint64_t>& visible, const Ids& rows) {
        std::vector<TokenId> tokens;
        for (const std::uint32_t id : ids)
            tokens.emplace_back(id);
        transformer.forward({.tokens = tokens,
                                .positions = positions,
                                .cacheLength = cache.length(),
                                .visible = visible,
                                .logitRows = rows},
            cache, {});
    }

    // The token that greedy decoding takes behind the last pass.
    std::uint32_t best(std::uint32_t row = 0) {
        TokenLogit top;
        transformer.readTopLogits(row, std::span(&top, 1));
        return top.token.value;
    }

    Model model;
    std::unique_ptr<Backend> backend;
    std::unique_ptr<WeightStore> weights;
    Transformer transformer;
    KvCache cache;
};

inline Ids someIds(std::uint32_t count) {
    Ids ids;
    for (std::uint32_t i = 0; i < count; ++i)
        ids.push_back(300 + i * 37 % 90);
    return ids;
}

// Root mean square of the difference, relative to that of the reference.
inline double relativeError(std::span<const float> found, std::span<const float> reference) {
    double difference = 0.0;
    double magnitude = 0.0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double gap = double(found[i]) - double(reference[i]);
        difference += gap * gap; // not a number stays it
        magnitude += double(reference[i]) * double(reference[i]);
    }
    return std::sqrt(difference / std::max(magnitude, 1e-30));
}

// The same model with every weight as the float it stands for: computed with, it shows what rounding activations costs.
inline void writeAsFloats(const std::filesystem::path& from, const std::filesystem::path& to) {
    const GgufFile file(from);
    GgufWriter writer;
    for (const GgufEntry& entry : file.metadata())
        writer.set(entry.key, entry.value);
    for (const GgufTensor& tensor : file.tensors()) {
        const std::vector<std::uint64_t> dimensions(
            tensor.dimensions.begin(), tensor.dimensions.begin() + tensor.dimensionCount);
        std::size_t count = 1;
        for (const std::uint64_t dimension : dimensions)
            count *= dimension;
        std::vector<std::byte> blocks(quantBytes(tensor.type, count).value());
        file.readTensor(tensor, 0, blocks);
        std::vector<float> weights(count);
        traits(tensor.type).dequantize(blocks, weights);
        writer.addTensor(tensor.name, QuantType::F32, dimensions,
            [weights = std::move(weights)](std::uint64_t offset, std::span<std::byte> piece) {
                std::memcpy(piece.data(), reinterpret_cast<const std::byte*>(weights.data()) + offset, piece.size());
            });
    }
    writer.write(to);
}

} // namespace strata
