// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/synth/synth_model.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/gguf/gguf_writer.h"
#include "core/synth/noise.h"
#include "core/synth/synth_vocabulary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

namespace strata {
namespace {

// Of a model that speaks words. One dimension of the residual carries a constant, which the head turns into the bias
// of each token; the norms before the layers leave it out.
constexpr std::uint32_t kBiasDimension = 0;
constexpr float kBiasCarrier = 8.0f;       // in the embedding, whose other entries deviate by 1
constexpr float kNormalisedCarrier = 2.6f; // about what is left of it after the last norm
constexpr float kWordSpread = 1.3f;        // deviation of the logits

// Small enough that no activation of the largest shape leaves the range of half precision.
constexpr float kLargeModelDeviation = 0.02f;

float matrixDeviation(const SynthShape& shape) {
    return shape.speaksWords() ? 1.0f / std::sqrt(static_cast<float>(shape.embeddingLength)) : kLargeModelDeviation;
}

// Divisors of the rotation frequencies that stretch the context of Llama 3.1 (reference code of Llama 3.1, Meta).
std::vector<float> ropeFactors(const SynthShape& shape) {
    constexpr double kOriginalContext = 8192, kLowFrequency = 1, kHighFrequency = 4;
    std::vector<float> factors;
    for (std::uint32_t i = 0; i < shape.headLength / 2; ++i) {
        const double frequency = std::pow(static_cast<double>(shape.ropeBase), -2.0 * i / shape.headLength);
        const double turns = kOriginalContext * frequency / (2 * std::numbers::pi);
        const double blend = std::clamp((turns - kLowFrequency) / (kHighFrequency - kLowFrequency), 0.0, 1.0);
        factors.push_back(static_cast<float>(1 / ((1 - blend) / static_cast<double>(shape.ropeStretch) + blend)));
    }
    return factors;
}

// Collects the tensors of one file. Lives until the file is written, for the fills refer to it.
class SynthWriter {
public:
    SynthWriter(const SynthShape& shape, const QuantMix& mix, std::uint64_t seed, const SynthProgress& progress)
        : m_shape(shape), m_mix(mix), m_seed(seed), m_progress(progress),
          m_vocabulary(shape.speaksWords() ? makeWordVocabulary() : makeLetterVocabulary(shape.vocabularySize)) {
        setHyperParameters();
        addTensors();
        setVocabulary(m_writer, std::move(m_vocabulary));
    }

    SynthWriter(const SynthWriter&) = delete;
    SynthWriter& operator=(const SynthWriter&) = delete;

    std::uint64_t totalBytes() const { return m_totalBytes; }

    void write(const std::filesystem::path& path) const {
        std::error_code unknown;
        const auto disk = std::filesystem::space(std::filesystem::absolute(path).parent_path(), unknown);
        if (!unknown && disk.available < m_totalBytes)
            fail(ErrorCode::Io, "{}: expected {} free on the disk, found {}", path.string(), formatBytes(m_totalBytes),
                formatBytes(disk.available));
        m_writer.write(path);
    }
    void writeWithoutMatrices(const std::filesystem::path& path) const { m_writer.writeWithoutMatrices(path); }

private:
    void setHyperParameters();
    void addTensors();
    void addLayer(std::uint32_t layer);
    void addMatrix(
        const std::string& name, MatrixRole role, std::uint32_t layer, std::uint32_t columns, std::uint32_t rows);
    void addFloats(const std::string& name, QuantType type, std::vector<std::uint64_t> dimensions,
        const std::vector<float>& weights);
    void addLayerNorm(const std::string& name);
    std::vector<float> embeddingOfWords() const;
    std::vector<float> headOfWords() const;
    void addTensor(
        const std::string& name, QuantType type, std::vector<std::uint64_t> dimensions, GgufWriter::Fill fill);
    const NoisePool& pool(QuantType type);
    void report(std::uint64_t bytes);

    const SynthShape& m_shape;
    const QuantMix& m_mix;
    std::uint64_t m_seed;
    SynthProgress m_progress;
    SynthVocabulary m_vocabulary;
    std::map<QuantType, std::unique_ptr<const NoisePool>> m_pools;
    GgufWriter m_writer;
    std::uint64_t m_totalBytes = 0;
    std::uint64_t m_writtenBytes = 0;
    std::uint64_t m_tensorCount = 0;
};

void SynthWriter::setHyperParameters() {
    const auto number = [](std::uint32_t value) { return static_cast<std::uint64_t>(value); };
    m_writer.set("general.architecture", "llama");
    m_writer.set("general.name", std::string(m_shape.modelName));
    m_writer.set("general.file_type", number(m_mix.fileType));
    m_writer.set("general.quantization_version", number(2));
    m_writer.set("strata.weights", "random");
    m_writer.set("llama.block_count", number(m_shape.layerCount));
    m_writer.set("llama.context_length", number(m_shape.context));
    m_writer.set("llama.embedding_length", number(m_shape.embeddingLength));
    m_writer.set("llama.feed_forward_length", number(m_shape.feedForwardLength));
    m_writer.set("llama.attention.head_count", number(m_shape.headCount));
    m_writer.set("llama.attention.head_count_kv", number(m_shape.kvHeadCount));
    m_writer.set("llama.attention.key_length", number(m_shape.headLength));
    m_writer.set("llama.attention.value_length", number(m_shape.headLength));
    m_writer.set("llama.attention.layer_norm_rms_epsilon", 1e-5);
    m_writer.set("llama.rope.dimension_count", number(m_shape.headLength));
    m_writer.set("llama.rope.freq_base", static_cast<double>(m_shape.ropeBase));
    m_writer.set("llama.vocab_size", static_cast<std::uint64_t>(m_vocabulary.texts.size()));
}

void SynthWriter::addTensors() {
    const std::uint32_t embedding = m_shape.embeddingLength;
    const auto vocabularySize = static_cast<std::uint32_t>(m_vocabulary.texts.size());
    const auto headType = [&](MatrixRole role) { return matrixType(m_mix, m_shape, role, 0, embedding); };
    if (m_shape.speaksWords())
        addFloats(
            "token_embd.weight", headType(MatrixRole::Embedding), {embedding, vocabularySize}, embeddingOfWords());
    else
        addMatrix("token_embd.weight", MatrixRole::Embedding, 0, embedding, vocabularySize);
    if (m_shape.ropeStretch > 0.0f)
        addFloats("rope_freqs.weight", QuantType::F32, {m_shape.headLength / 2}, ropeFactors(m_shape));
    for (std::uint32_t layer = 0; layer < m_shape.layerCount; ++layer)
        addLayer(layer);
    addFloats("output_norm.weight", QuantType::F32, {embedding}, std::vector<float>(embedding, 1.0f));
    if (m_shape.isTied)
        return;
    if (m_shape.speaksWords())
        addFloats("output.weight", headType(MatrixRole::Head), {embedding, vocabularySize}, headOfWords());
    else
        addMatrix("output.weight", MatrixRole::Head, 0, embedding, vocabularySize);
}

void SynthWriter::addLayer(std::uint32_t layer) {
    const std::string prefix = fmt::format("blk.{}.", layer);
    const std::uint32_t embedding = m_shape.embeddingLength;
    const std::uint32_t queries = m_shape.headCount * m_shape.headLength;
    const std::uint32_t keys = m_shape.kvHeadCount * m_shape.headLength;
    const std::uint32_t feedForward = m_shape.feedForwardLength;
    addLayerNorm(prefix + "attn_norm.weight");
    addMatrix(prefix + "attn_q.weight", MatrixRole::Other, layer, embedding, queries);
    addMatrix(prefix + "attn_k.weight", MatrixRole::Other, layer, embedding, keys);
    addMatrix(prefix + "attn_v.weight", MatrixRole::AttentionValue, layer, embedding, keys);
    addMatrix(prefix + "attn_output.weight", MatrixRole::Other, layer, queries, embedding);
    addLayerNorm(prefix + "ffn_norm.weight");
    addMatrix(prefix + "ffn_gate.weight", MatrixRole::Other, layer, embedding, feedForward);
    addMatrix(prefix + "ffn_up.weight", MatrixRole::Other, layer, embedding, feedForward);
    addMatrix(prefix + "ffn_down.weight", MatrixRole::FeedForwardDown, layer, feedForward, embedding);
}

void SynthWriter::addMatrix(
    const std::string& name, MatrixRole role, std::uint32_t layer, std::uint32_t columns, std::uint32_t rows) {
    const QuantType type = matrixType(m_mix, m_shape, role, layer, columns);
    const std::uint64_t tensorSeed = NoiseGenerator(m_seed + m_tensorCount).next();
    addTensor(name, type, {columns, rows},
        [&noise = pool(type), tensorSeed](std::uint64_t offset, auto piece) { noise.copy(tensorSeed, offset, piece); });
}

void SynthWriter::addFloats(
    const std::string& name, QuantType type, std::vector<std::uint64_t> dimensions, const std::vector<float>& weights) {
    std::vector<std::byte> bytes(quantBytes(type, weights.size()).value());
    traits(type).quantize(weights, bytes);
    addTensor(name, type, std::move(dimensions), [bytes = std::move(bytes)](std::uint64_t offset, auto piece) {
        std::memcpy(piece.data(), bytes.data() + offset, piece.size());
    });
}

void SynthWriter::addLayerNorm(const std::string& name) {
    std::vector<float> weights(m_shape.embeddingLength, 1.0f);
    if (m_shape.speaksWords())
        weights[kBiasDimension] = 0.0f;
    addFloats(name, QuantType::F32, {m_shape.embeddingLength}, weights);
}

std::vector<float> SynthWriter::embeddingOfWords() const {
    NoiseGenerator noise(m_seed ^ 0xe);
    std::vector<float> weights(m_vocabulary.texts.size() * m_shape.embeddingLength);
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] = i % m_shape.embeddingLength == kBiasDimension ? kBiasCarrier : noise.nextNormal();
    return weights;
}

std::vector<float> SynthWriter::headOfWords() const {
    NoiseGenerator noise(m_seed ^ 0xf);
    const float deviation = kWordSpread / std::sqrt(static_cast<float>(m_shape.embeddingLength));
    std::vector<float> weights(m_vocabulary.texts.size() * m_shape.embeddingLength);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const bool isBias = i % m_shape.embeddingLength == kBiasDimension;
        const float bias = m_vocabulary.logitBias[i / m_shape.embeddingLength];
        weights[i] = isBias ? bias / kNormalisedCarrier : deviation * noise.nextNormal();
    }
    return weights;
}

void SynthWriter::addTensor(
    const std::string& name, QuantType type, std::vector<std::uint64_t> dimensions, GgufWriter::Fill fill) {
    std::uint64_t count = 1;
    for (const std::uint64_t dimension : dimensions)
        count *= dimension;
    m_totalBytes += quantBytes(type, count).value();
    ++m_tensorCount;
    m_writer.addTensor(
        name, type, std::move(dimensions), [this, fill = std::move(fill)](std::uint64_t offset, auto piece) {
            fill(offset, piece);
            report(piece.size());
        });
}

const NoisePool& SynthWriter::pool(QuantType type) {
    std::unique_ptr<const NoisePool>& slot = m_pools[type];
    if (slot == nullptr)
        slot = std::make_unique<const NoisePool>(type, matrixDeviation(m_shape), m_seed);
    return *slot;
}

void SynthWriter::report(std::uint64_t bytes) {
    m_writtenBytes += bytes;
    if (m_progress)
        m_progress(m_writtenBytes, m_totalBytes);
}

} // namespace

void writeSynthModel(const SynthShape& shape, const QuantMix& mix, std::uint64_t seed,
    const std::filesystem::path& path, const SynthProgress& progress) {
    SynthWriter(shape, mix, seed, progress).write(path);
}

void writeSynthWithoutMatrices(const SynthShape& shape, const QuantMix& mix, const std::filesystem::path& path) {
    SynthWriter(shape, mix, 0, {}).writeWithoutMatrices(path);
}

std::uint64_t synthWeightBytes(const SynthShape& shape, const QuantMix& mix) {
    return SynthWriter(shape, mix, 0, {}).totalBytes();
}

} // namespace strata
