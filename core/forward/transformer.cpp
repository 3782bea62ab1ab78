// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forward/transformer.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <functional>

namespace strata {
namespace {

constexpr std::size_t kMaxMaskedTokens = 64; // bits of Pass::visible

void checkMask(const Pass& pass) {
    const std::size_t count = pass.tokens.size();
    if (pass.visible.empty())
        return;
    if (pass.visible.size() != count || count > kMaxMaskedTokens)
        fail(ErrorCode::BadRequest,
            "A pass with a mask: expected one row for each of at most {} tokens, found {} rows for "
            "{} tokens",
            kMaxMaskedTokens, pass.visible.size(), count);
    const std::uint64_t existing = count == kMaxMaskedTokens ? ~std::uint64_t(0) : (std::uint64_t(1) << count) - 1;
    for (std::size_t i = 0; i < count; ++i)
        if ((pass.visible[i] & ~existing) != 0 || (pass.visible[i] >> i & 1) == 0)
            fail(ErrorCode::BadRequest,
                "A pass with a mask: token {} must see itself and only the {} tokens of the pass", i, count);
}

void checkLogitRows(const Pass& pass, const PassLimits& limits) {
    if (pass.logitRows.size() > limits.maxLogitRows)
        fail(ErrorCode::BadRequest, "A pass: expected logits of at most {} tokens, found {}", limits.maxLogitRows,
            pass.logitRows.size());
    const bool isAscending = std::adjacent_find(pass.logitRows.begin(), pass.logitRows.end(), std::greater_equal<>()) ==
                             pass.logitRows.end();
    if (!isAscending || (!pass.logitRows.empty() && pass.logitRows.back() >= pass.tokens.size()))
        fail(ErrorCode::BadRequest, "A pass: the tokens whose logits are wanted must ascend and be among its {}",
            pass.tokens.size());
}

void checkPass(const Pass& pass, const KvCache& cache, const PassLimits& limits, const ModelSpec& spec) {
    const std::size_t count = pass.tokens.size();
    if (count == 0 || count > limits.maxTokens)
        fail(ErrorCode::BadRequest, "A pass: expected 1 to {} tokens, found {}", limits.maxTokens, count);
    if (pass.positions.size() != count)
        fail(ErrorCode::BadRequest, "A pass: expected {} positions, found {}", count, pass.positions.size());
    if (pass.cacheLength != cache.length())
        fail(ErrorCode::BadRequest, "A pass: expected to follow {} tokens, the cache holds {}", pass.cacheLength,
            cache.length());
    if (cache.capacity() > limits.contextTokens || count > cache.capacity() - cache.length())
        fail(ErrorCode::BadRequest, "A pass: {} tokens do not fit behind {} in a context of {}", count, cache.length(),
            std::min(cache.capacity(), limits.contextTokens));
    for (const TokenId token : pass.tokens)
        if (token.value >= spec.vocabularySize)
            fail(ErrorCode::BadRequest, "A pass: token {} is outside the vocabulary of {}", token.value,
                formatCount(spec.vocabularySize));
    checkMask(pass);
    checkLogitRows(pass, limits);
}

HeadUse headUse(const Pass& pass) {
    return pass.logitRows.empty() ? HeadUse::LeftOut : HeadUse::Computed;
}

} // namespace

Transformer::Transformer(const Model& model, WeightStore& weights, const PassLimits& limits)
    : m_model(&model), m_weights(&weights), m_limits(limits), m_activations(weights.executors(), model.spec(), limits) {
}

bool Transformer::forward(const Pass& pass, KvCache& cache, const std::stop_token& stop, const BlockSink* afterBlock) {
    checkPass(pass, cache, m_limits, m_model->spec());
    bool isDone = false;
    try {
        m_weights->beginPass(static_cast<std::uint32_t>(pass.tokens.size()), headUse(pass));
        m_activations.begin(pass);
        isDone = computeBlocks(pass, cache, stop, afterBlock);
        if (isDone) {
            m_activations.finish();
            m_weights->finishPass();
        }
    } catch (...) {
        m_activations.abandon();
        throw;
    }
    if (!isDone) {
        m_activations.abandon();
        return false;
    }
    cache.grow(static_cast<std::uint32_t>(pass.tokens.size()));
    return true;
}

bool Transformer::computeBlocks(
    const Pass& pass, const KvCache& cache, const std::stop_token& stop, const BlockSink* afterBlock) {
    const auto blocks = m_model->blocks();
    for (std::uint32_t index = 0; index < blocks.size(); ++index) {
        if (isNeeded(blocks[index].kind, headUse(pass))) {
            const auto lease = m_weights->acquire(BlockIndex(index), stop);
            if (!lease)
                return false;
            compute(blocks[index], *lease, pass, cache);
        }
        if (afterBlock != nullptr)
            (*afterBlock)(index + 1);
    }
    return true;
}

void Transformer::compute(const WeightBlock& block, const BlockLease& lease, const Pass& pass, const KvCache& cache) {
    using enum ActivationPart;
    Backend& executor = lease.executor();
    const BlockWeights& weights = lease.weights();
    switch (block.kind) {
    case BlockKind::Embedding:
        executor.embed(weights, pass, m_activations.of(executor));
        m_activations.wrote(executor, {Residual});
        break;
    case BlockKind::Attention:
        executor.projectQkv(weights, pass, bring(executor, {Residual}));
        m_activations.wrote(executor, {Query, Key, Value});
        attend(cache.layer(block.layer), pass);
        executor.projectOutput(weights, pass, bring(executor, {Residual, Attended}));
        break;
    case BlockKind::FeedForward:
        executor.feedForward(weights, pass, bring(executor, {Residual}));
        break;
    case BlockKind::Head:
        executor.head(weights, pass, bring(executor, {Residual}));
        m_headDevice = &executor;
        break;
    }
}

Activations& Transformer::bring(Backend& executor, std::initializer_list<ActivationPart> parts) {
    const auto start = std::chrono::steady_clock::now();
    Activations& activations = m_activations.reading(executor, parts);
    m_weights->spentElsewhere(std::chrono::steady_clock::now() - start);
    return activations;
}

void Transformer::attend(const KvLayer& layer, const Pass& pass) {
    using enum ActivationPart;
    const auto start = std::chrono::steady_clock::now();
    layer.device->attend(layer, pass, m_activations.reading(*layer.device, {Query, Key, Value}));
    m_activations.wrote(*layer.device, {Attended});
    m_weights->spentElsewhere(std::chrono::steady_clock::now() - start);
}

void Transformer::readLogits(std::uint32_t row, std::span<float> logits) {
    assert(m_headDevice != nullptr);
    m_headDevice->readLogits(m_activations.of(*m_headDevice), row, logits);
}

void Transformer::readTopLogits(std::uint32_t row, std::span<TokenLogit> best) {
    assert(m_headDevice != nullptr);
    m_headDevice->readTopLogits(m_activations.of(*m_headDevice), row, best);
}

} // namespace strata
