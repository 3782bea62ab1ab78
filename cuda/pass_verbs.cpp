// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/pass_verbs.h"

#include "cuda/kernels/embed.h"
#include "cuda/kernels/matmul.h"
#include "cuda/kernels/matvec.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace strata::cuda {
namespace {

const float* floatsOf(const WeightMatrix* vector) {
    assert(vector == nullptr || vector->type == QuantType::F32);
    return vector == nullptr ? nullptr : reinterpret_cast<const float*>(vector->data);
}

bool isQuantised(const ProductJob& job) {
    return traits(job.weights.type).blockLength > 1;
}

// One input of m rows for products of a few tokens or of many, behind a norm or as it is.
class Products {
public:
    Products(const Launch& launch, CudaActivations& activations, std::uint32_t m)
        : m_launch(launch), m_activations(activations), m_tokenCount(m) {}

    bool isFew() const { return m_tokenCount <= kFewTokens; }

    // y = W norm(x) for each job.
    void normaliseAndMultiply(const float* x, const WeightMatrix& norm, std::span<const ProductJob> jobs) {
        normalise(x, norm, jobs);
        if (isFew())
            multiplyFew(m_launch, jobs, m_floats, m_quantised, m_tokenCount);
        else
            multiplyMany(m_launch, jobs, scratch(), m_tokenCount);
    }

    // y = silu(W_gate norm(x)) * W_up norm(x), into gate.y, and rounded if that is asked for.
    void normaliseAndGate(const float* x, const WeightMatrix& norm, const ProductJob& gate, const ProductJob& up,
        const QuantisedRows& rounded) {
        const GatedRows out = {gate.y, rounded};
        normalise(x, norm, std::array{gate, up});
        if (isFew())
            multiplyGateUpFew(m_launch, gate, up, out, m_floats, m_quantised, m_tokenCount);
        else
            multiplyGateUpMany(m_launch, gate, up, scratch(), m_tokenCount);
    }

    // `rounded` is x for few tokens, if the kernel that made x has rounded it too.
    void multiply(const float* x, const ProductJob& job, const QuantisedRows& rounded = {}) {
        const std::span<const ProductJob> jobs(&job, 1);
        if (!isFew()) {
            prepareRows(m_launch, x, m_tokenCount, job.weights.columns, scratch());
            multiplyMany(m_launch, jobs, scratch(), m_tokenCount);
            return;
        }
        const bool isRounded = rounded.q != nullptr;
        const QuantisedRows quantised = isRounded ? rounded : m_activations.quantised();
        if (isQuantised(job) && !isRounded)
            quantiseRows(m_launch, x, m_tokenCount, job.weights.columns, quantised);
        multiplyFew(m_launch, jobs, x, quantised, m_tokenCount);
    }

private:
    void* scratch() const { return m_activations.at<void>(m_activations.layout.matmulScratch); }

    // The form or forms in which the jobs take norm(x).
    void normalise(const float* x, const WeightMatrix& norm, std::span<const ProductJob> jobs) {
        const auto& a = m_activations;
        if (!isFew()) {
            prepareNormalisedRows(m_launch, x, floatsOf(&norm), a.normEpsilon, m_tokenCount, norm.columns, scratch());
            return;
        }
        const bool wantsFloats = !std::all_of(jobs.begin(), jobs.end(), isQuantised);
        const bool wantsQuantised = std::any_of(jobs.begin(), jobs.end(), isQuantised);
        m_floats = wantsFloats ? a.at(a.layout.normed) : nullptr;
        m_quantised = wantsQuantised ? a.quantised() : QuantisedRows{};
        normaliseRows(m_launch, x, floatsOf(&norm), a.normEpsilon, m_tokenCount, norm.columns, m_floats, m_quantised);
    }

    const Launch& m_launch;
    CudaActivations& m_activations;
    std::uint32_t m_tokenCount;
    float* m_floats = nullptr;
    QuantisedRows m_quantised = {};
};

void projectQkv(const Launch& launch, const BlockWeights& weights, CudaActivations& a) {
    using enum TensorRole;
    const std::array<ProductJob, 3> jobs = {{
        {.weights = weights[Query], .bias = floatsOf(weights.find(QueryBias)), .y = a.at(a.layout.q)},
        {.weights = weights[Key], .bias = floatsOf(weights.find(KeyBias)), .y = a.at(a.layout.k)},
        {.weights = weights[Value], .bias = floatsOf(weights.find(ValueBias)), .y = a.at(a.layout.v)},
    }};
    Products(launch, a, a.shape.tokenCount).normaliseAndMultiply(a.at(a.layout.x), weights[AttentionNorm], jobs);
}

void launchAngles(const Launch& launch, CudaActivations& a) {
    prepareAngles(launch, a.rope(), a.state().positions, a.shape.tokenCount, a.at<float2>(a.layout.angles));
}

void launchAttention(const Launch& launch, const PassCommand& command, CudaActivations& a) {
    if (command.preparesAngles)
        launchAngles(launch, a);
    HeadShape heads = a.heads;
    if (!command.rotates)
        heads.ropePairs = 0;
    attend(launch, heads, command.cache, a.state(),
        {.q = a.at(a.layout.q),
            .k = a.at(a.layout.k),
            .v = a.at(a.layout.v),
            .angles = a.at<float2>(a.layout.angles),
            .attended = a.at(a.layout.attended),
            .scratch = a.at<std::byte>(a.layout.attentionScratch),
            .m = a.shape.tokenCount,
            .quantised = roundsAttended(a, command.cache) ? a.quantised() : QuantisedRows{}});
}

void projectOutput(const Launch& launch, const PassCommand& command, CudaActivations& a) {
    using enum TensorRole;
    const BlockWeights& weights = command.weights;
    Products products(launch, a, a.shape.tokenCount);
    products.multiply(a.at(a.layout.attended),
        {.weights = weights[AttentionOutput],
            .bias = floatsOf(weights.find(AttentionOutputBias)),
            .y = a.at(a.layout.x),
            .adds = true},
        command.takesRounded ? a.quantised() : QuantisedRows{});
}

void feedForward(const Launch& launch, const BlockWeights& weights, CudaActivations& a) {
    using enum TensorRole;
    float* hidden = a.at(a.layout.hidden);
    Products products(launch, a, a.shape.tokenCount);
    const ProductJob down = {
        .weights = weights[Down], .bias = floatsOf(weights.find(DownBias)), .y = a.at(a.layout.x), .adds = true};
    const QuantisedRows rounded = products.isFew() && isQuantised(down) ? a.quantisedHidden() : QuantisedRows{};
    products.normaliseAndGate(a.at(a.layout.x), weights[FeedForwardNorm],
        {.weights = weights[Gate], .bias = floatsOf(weights.find(GateBias)), .y = hidden},
        {.weights = weights[Up], .bias = floatsOf(weights.find(UpBias))}, rounded);
    products.multiply(hidden, down, rounded);
}

void head(const Launch& launch, const BlockWeights& weights, CudaActivations& a) {
    const std::uint32_t rowCount = a.shape.logitRowCount;
    const float* x = a.at(a.layout.x);
    if (rowCount != a.shape.tokenCount) {
        gatherRows(launch, x, a.state().logitRows, rowCount, a.embeddingLength, a.at(a.layout.headRows));
        x = a.at(a.layout.headRows);
    }
    const ProductJob job = {.weights = weights[TensorRole::Output], .y = a.at(a.layout.logits)};
    Products(launch, a, rowCount).normaliseAndMultiply(x, weights[TensorRole::OutputNorm], std::span(&job, 1));
    if (rowCount <= kFewTokens)
        selectTopLogits(launch, job.y, rowCount, a.vocabularySize, a.at<std::byte>(a.layout.topScratch),
            a.topLogits.as<TopLogit>());
}

} // namespace

void launchCommand(const Launch& launch, const PassCommand& command, CudaActivations& activations) {
    switch (command.verb) {
    case Verb::Embed:
        embedRows(launch, command.weights[TensorRole::TokenEmbedding], activations.state().tokens,
            activations.shape.tokenCount, activations.at(activations.layout.x));
        break;
    case Verb::ProjectQkv:
        projectQkv(launch, command.weights, activations);
        break;
    case Verb::Attend:
        launchAttention(launch, command, activations);
        break;
    case Verb::ProjectOutput:
        projectOutput(launch, command, activations);
        break;
    case Verb::FeedForward:
        feedForward(launch, command.weights, activations);
        break;
    case Verb::Head:
        head(launch, command.weights, activations);
        break;
    }
}

bool roundsAttended(const CudaActivations& a, const KvLayer& cache) {
    return a.shape.tokenCount <= kFewTokens && quantisesAttended(a.heads, cache.type, a.shape.tokenCount);
}

void launchRotation(const Launch& launch, CudaActivations& a) {
    const HeadShape& heads = a.heads;
    launchAngles(launch, a);
    for (const RotatedRows& rows : {RotatedRows{a.at(a.layout.q), heads.headCount, heads.headLength},
             RotatedRows{a.at(a.layout.k), heads.kvHeadCount, heads.headLength}})
        rotateHeads(launch, a.at<float2>(a.layout.angles), heads.pairing, heads.ropePairs, a.shape.tokenCount, rows);
}

} // namespace strata::cuda
