// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/synthetic_block.h"

#include "core/quant/quant_type.h"
#include "core/tier/block_source.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <random>
#include <vector>

namespace strata {
namespace {

constexpr QuantType kType = QuantType::Q4_K;
constexpr std::size_t kPatternWeights = std::size_t(1) << 17;
constexpr std::size_t kGrainBytes = std::size_t(1) << 20;
constexpr std::uint64_t kReadAhead = 256; // kernels read whole words past the end of a matrix
constexpr std::uint32_t kHeadLength = 128;
constexpr std::uint32_t kQueriesOfKey = 4; // heads

std::vector<std::byte> makePattern() {
    std::minstd_rand noise(1);
    std::uniform_real_distribution<float> weight(-0.03F, 0.03F); // so that what is added to the residual stays small
    std::vector<float> weights(kPatternWeights);
    std::ranges::generate(weights, [&] { return weight(noise); });
    std::vector<std::byte> pattern(kPatternWeights / traits(kType).blockLength * traits(kType).blockBytes);
    traits(kType).quantize(weights, pattern);
    return pattern;
}

std::uint64_t normBytes(const BlockShape& shape) {
    return std::uint64_t(shape.embeddingLength) * sizeof(float);
}

std::uint64_t matrixBytes(const BlockShape& shape) {
    return shape.weightBytes() / 3;
}

} // namespace

std::uint64_t BlockShape::weightBytes() const {
    return weightCount() / traits(kType).blockLength * traits(kType).blockBytes;
}

ModelSpec syntheticSpec(const BlockShape& shape) {
    ModelSpec spec;
    spec.architecture = "llama";
    spec.name = "Made-up block";
    spec.layerCount = 1;
    spec.embeddingLength = shape.embeddingLength;
    spec.feedForwardLength = shape.feedForwardLength;
    spec.headLength = spec.ropeLength = kHeadLength;
    spec.headCount = shape.embeddingLength / kHeadLength;
    spec.kvHeadCount = std::max(1U, spec.headCount / kQueriesOfKey);
    spec.vocabularySize = 256;
    spec.trainedContext = 8192;
    return spec;
}

std::uint64_t syntheticBytes(const BlockShape& shape) {
    const std::uint64_t bytes = normBytes(shape) + shape.weightBytes() + kReadAhead;
    return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

void fillSyntheticBlocks(
    std::span<std::byte> memory, const BlockShape& shape, ThreadPool& pool, const std::stop_token& stop) {
    const std::vector<std::byte> pattern = makePattern();
    const std::vector<float> ones(shape.embeddingLength, 1.0F);
    const std::size_t blockBytes = syntheticBytes(shape);
    for (std::size_t block = 0; block + blockBytes <= memory.size(); block += blockBytes) {
        std::memcpy(memory.data() + block, ones.data(), normBytes(shape));
        std::byte* matrices = memory.data() + block + normBytes(shape);
        pool.parallelFor(shape.weightBytes(), kGrainBytes, [&](std::size_t begin, std::size_t end, unsigned) {
            while (begin < end && !stop.stop_requested()) {
                const std::size_t within = begin % pattern.size();
                const std::size_t count = std::min(end - begin, pattern.size() - within);
                std::memcpy(matrices + begin, pattern.data() + within, count);
                begin += count;
            }
        });
    }
}

BlockWeights syntheticWeights(const std::byte* memory, const BlockShape& made, const BlockShape& used) {
    assert(used.embeddingLength <= made.embeddingLength && used.weightCount() <= made.weightCount());
    const std::byte* matrices = memory + normBytes(made);
    BlockWeights weights;
    weights.set(TensorRole::FeedForwardNorm,
        {.type = QuantType::F32, .rows = 1, .columns = used.embeddingLength, .data = memory});
    const auto set = [&](TensorRole role, std::uint32_t rows, std::uint32_t columns, std::uint64_t index) {
        weights.set(
            role, {.type = kType, .rows = rows, .columns = columns, .data = matrices + index * matrixBytes(used)});
    };
    set(TensorRole::Gate, used.feedForwardLength, used.embeddingLength, 0);
    set(TensorRole::Up, used.feedForwardLength, used.embeddingLength, 1);
    set(TensorRole::Down, used.embeddingLength, used.feedForwardLength, 2);
    return weights;
}

BlockWeights syntheticAttention(const std::byte* memory, const BlockShape& made) {
    const ModelSpec spec = syntheticSpec(made);
    const std::byte* next = memory + normBytes(made);
    BlockWeights weights;
    weights.set(TensorRole::AttentionNorm,
        {.type = QuantType::F32, .rows = 1, .columns = made.embeddingLength, .data = memory});
    const auto add = [&](TensorRole role, std::uint32_t rows, std::uint32_t columns) {
        weights.set(role, {.type = kType, .rows = rows, .columns = columns, .data = next});
        next += std::uint64_t(rows) * columns / traits(kType).blockLength * traits(kType).blockBytes;
    };
    add(TensorRole::Query, spec.queryLength(), made.embeddingLength);
    add(TensorRole::Key, spec.kvLength(), made.embeddingLength);
    add(TensorRole::Value, spec.kvLength(), made.embeddingLength);
    add(TensorRole::AttentionOutput, made.embeddingLength, spec.queryLength());
    assert(next <= memory + syntheticBytes(made));
    return weights;
}

} // namespace strata
