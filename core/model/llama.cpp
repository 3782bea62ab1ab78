// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/llama.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/gguf/gguf_file.h"
#include "core/model/model_summary.h"
#include "core/model/spec_keys.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

namespace strata {
namespace {

constexpr std::string_view kRopeFactorsName = "rope_freqs.weight";

// Far above any model, low enough that products of them fit 32 bits.
constexpr std::uint32_t kMaxLayers = 4096;
constexpr std::uint32_t kMaxHeads = 4096;
constexpr std::uint32_t kMaxHeadLength = 65536;
constexpr std::uint32_t kMaxLength = 1U << 28;

void readSizes(const SpecKeys& keys, ModelSpec& spec) {
    spec.layerCount = keys.requireCount("block_count", kMaxLayers);
    spec.trainedContext = keys.requireCount("context_length", kMaxLength);
    spec.embeddingLength = keys.requireCount("embedding_length", kMaxLength);
    spec.feedForwardLength = keys.requireCount("feed_forward_length", kMaxLength);
    spec.normEpsilon = keys.requireReal("attention.layer_norm_rms_epsilon");
    if (spec.normEpsilon <= 0.0F || spec.normEpsilon >= 1.0F)
        keys.failValue("attention.layer_norm_rms_epsilon", "a number between 0 and 1", spec.normEpsilon);
    if (const auto experts = keys.file().getUnsigned(keys.name("expert_count")); experts.value_or(0) > 0)
        fail(ErrorCode::Unsupported, "{}: {}: mixtures of experts are not supported, this one has {}", keys.path(),
            keys.name("expert_count"), *experts);
}

void readHeads(const SpecKeys& keys, ModelSpec& spec) {
    spec.headCount = keys.requireCount("attention.head_count", kMaxHeads);
    spec.kvHeadCount = keys.findCount("attention.head_count_kv", kMaxHeads).value_or(spec.headCount);
    if (spec.headCount % spec.kvHeadCount != 0)
        keys.failValue(
            "attention.head_count_kv", fmt::format("a divisor of the {} heads", spec.headCount), spec.kvHeadCount);
    if (const auto keyLength = keys.findCount("attention.key_length", kMaxHeadLength))
        spec.headLength = *keyLength;
    else if (spec.embeddingLength % spec.headCount == 0 && spec.embeddingLength / spec.headCount <= kMaxHeadLength)
        spec.headLength = spec.embeddingLength / spec.headCount;
    else
        keys.failValue("attention.head_count",
            fmt::format("a divisor of the embedding length {}", spec.embeddingLength), spec.headCount);
    const std::uint32_t valueLength =
        keys.findCount("attention.value_length", kMaxHeadLength).value_or(spec.headLength);
    if (valueLength != spec.headLength)
        fail(ErrorCode::Unsupported, "{}: {}: values of another length than keys are not supported: {} and {}",
            keys.path(), keys.name("attention.value_length"), valueLength, spec.headLength);
}

RopeScaling readScalingType(const SpecKeys& keys, bool hasFactor) {
    const std::string* type = keys.file().getString(keys.name("rope.scaling.type"));
    if (type == nullptr) // files older than this key have a factor alone
        return hasFactor ? RopeScaling::Linear : RopeScaling::None;
    if (*type == "none")
        return RopeScaling::None;
    if (*type == "linear")
        return RopeScaling::Linear;
    if (*type == "yarn")
        return RopeScaling::Yarn;
    fail(ErrorCode::Unsupported, "{}: {}: expected none, linear or yarn, found \"{}\"", keys.path(),
        keys.name("rope.scaling.type"), quoteForMessage(*type));
}

void readYarn(const SpecKeys& keys, ModelSpec& spec) {
    if (spec.ropeScalingFactor < 1.0F)
        keys.failValue("rope.scaling.factor", "at least 1 for yarn", spec.ropeScalingFactor);
    if (keys.findReal("rope.scaling.yarn_log_multiplier").value_or(0.0F) != 0.0F)
        fail(ErrorCode::Unsupported, "{}: {}: this variant of yarn is not supported", keys.path(),
            keys.name("rope.scaling.yarn_log_multiplier"));
    spec.ropeOriginalContext =
        keys.findCount("rope.scaling.original_context_length", kMaxLength).value_or(spec.trainedContext);
    spec.yarnExtrapolation = keys.findReal("rope.scaling.yarn_ext_factor").value_or(1.0F);
    spec.yarnAttentionFactor = keys.findPositive("rope.scaling.attn_factor")
                                   .value_or(keys.findPositive("rope.scaling.yarn_attn_factor").value_or(1.0F));
    spec.yarnBetaFast = keys.findPositive("rope.scaling.yarn_beta_fast").value_or(32.0F);
    spec.yarnBetaSlow = keys.findPositive("rope.scaling.yarn_beta_slow").value_or(1.0F);
}

void readRope(const SpecKeys& keys, ModelSpec& spec) {
    spec.ropePairing = RopePairing::Adjacent;
    spec.ropeLength = keys.findCount("rope.dimension_count", kMaxHeadLength).value_or(spec.headLength);
    if (spec.ropeLength % 2 != 0 || spec.ropeLength > spec.headLength)
        keys.failValue("rope.dimension_count",
            fmt::format("an even number up to the head's length {}", spec.headLength), spec.ropeLength);
    spec.ropeBase = keys.findPositive("rope.freq_base").value_or(10000.0F);
    if (spec.ropeBase <= 1.0F)
        keys.failValue("rope.freq_base", "more than 1", spec.ropeBase);
    const auto factor = keys.findPositive("rope.scaling.factor");
    const auto oldFactor = keys.findPositive("rope.scale_linear");
    spec.ropeScaling = readScalingType(keys, factor || oldFactor);
    if (spec.ropeScaling == RopeScaling::None)
        return;
    spec.ropeScalingFactor = factor.value_or(oldFactor.value_or(1.0F));
    if (spec.ropeScaling == RopeScaling::Yarn)
        readYarn(keys, spec);
}

std::vector<float> readRopeFactors(const GgufFile& file, std::uint32_t ropeLength) {
    const GgufTensor* tensor = file.findTensor(kRopeFactorsName);
    if (tensor == nullptr)
        return {};
    if (tensor->type != QuantType::F32)
        fail(ErrorCode::Unsupported, "{}: {}: expected type F32, file has {}", file.path().string(), kRopeFactorsName,
            traits(tensor->type).name);
    if (tensor->elementCount() != ropeLength / 2)
        fail(ErrorCode::BadFile, "{}: {}: expected {} factors, file has {}", file.path().string(), kRopeFactorsName,
            ropeLength / 2, tensor->elementCount());
    std::vector<float> factors(tensor->elementCount());
    file.readTensor(*tensor, 0, std::as_writable_bytes(std::span(factors)));
    for (const float factor : factors)
        if (!(factor > 0.0F) || !std::isfinite(factor))
            fail(ErrorCode::BadFile, "{}: {}: expected factors above 0, found {}", file.path().string(),
                kRopeFactorsName, factor);
    return factors;
}

std::uint32_t readVocabularySize(const GgufFile& file) {
    if (const auto* tokens = file.getStrings("tokenizer.ggml.tokens"))
        return static_cast<std::uint32_t>(tokens->size());
    const GgufTensor* embedding = file.findTensor("token_embd.weight");
    if (embedding == nullptr || embedding->dimensions[1] > kMaxLength)
        fail(ErrorCode::BadFile,
            "{}: expected tokenizer.ggml.tokens or token_embd.weight to give the vocabulary's size",
            file.path().string());
    return static_cast<std::uint32_t>(embedding->dimensions[1]);
}

ModelSpec readSpec(const GgufFile& file) {
    const SpecKeys keys(file, "llama");
    ModelSpec spec;
    spec.architecture = "llama";
    spec.name = shownName(file);
    readSizes(keys, spec);
    readHeads(keys, spec);
    readRope(keys, spec);
    spec.ropeFrequencyFactors = readRopeFactors(file, spec.ropeLength);
    spec.vocabularySize = readVocabularySize(file);
    return spec;
}

// A matrix with its optional bias.
struct MatrixRow {
    BlockKind block;
    TensorRole matrix;
    TensorRole bias;
    std::string_view name;
    std::uint32_t rows;
    std::uint32_t columns;
};

void listLayer(const ModelSpec& spec, LayerIndex layer, std::vector<TensorSlot>& slots) {
    using enum TensorRole;
    using enum BlockKind;
    const std::uint32_t embedding = spec.embeddingLength;
    const std::uint32_t feedForward = spec.feedForwardLength;
    const std::array<MatrixRow, 7> matrices = {{
        {Attention, Query, QueryBias, "attn_q", spec.queryLength(), embedding},
        {Attention, Key, KeyBias, "attn_k", spec.kvLength(), embedding},
        {Attention, Value, ValueBias, "attn_v", spec.kvLength(), embedding},
        {Attention, TensorRole::AttentionOutput, AttentionOutputBias, "attn_output", embedding, spec.queryLength()},
        {FeedForward, Gate, GateBias, "ffn_gate", feedForward, embedding},
        {FeedForward, Up, UpBias, "ffn_up", feedForward, embedding},
        {FeedForward, Down, DownBias, "ffn_down", embedding, feedForward},
    }};
    const auto name = [&](std::string_view part, std::string_view kind) {
        return fmt::format("blk.{}.{}.{}", layer.value, part, kind);
    };
    slots.push_back({Attention, layer, AttentionNorm, name("attn_norm", "weight"), 1, embedding, true});
    slots.push_back({FeedForward, layer, FeedForwardNorm, name("ffn_norm", "weight"), 1, embedding, true});
    for (const MatrixRow& row : matrices) {
        slots.push_back({row.block, layer, row.matrix, name(row.name, "weight"), row.rows, row.columns, true});
        slots.push_back({row.block, layer, row.bias, name(row.name, "bias"), 1, row.rows, false});
    }
}

std::vector<TensorSlot> listTensors(const ModelSpec& spec) {
    const std::uint32_t embedding = spec.embeddingLength;
    std::vector<TensorSlot> slots;
    slots.push_back({BlockKind::Embedding, LayerIndex(), TensorRole::TokenEmbedding, "token_embd.weight",
        spec.vocabularySize, embedding, true});
    for (std::uint32_t layer = 0; layer < spec.layerCount; ++layer)
        listLayer(spec, LayerIndex(layer), slots);
    slots.push_back({BlockKind::Head, LayerIndex(), TensorRole::OutputNorm, "output_norm.weight", 1, embedding, true});
    slots.push_back(
        {BlockKind::Head, LayerIndex(), TensorRole::Output, "output.weight", spec.vocabularySize, embedding, false});
    return slots;
}

} // namespace

const Architecture kLlama = {"llama", readSpec, listTensors, std::span(&kRopeFactorsName, 1)};

} // namespace strata
