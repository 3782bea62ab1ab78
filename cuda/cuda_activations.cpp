// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/cuda_activations.h"

#include "cuda/kernels/matmul.h"
#include "cuda/runtime/check.h"

#include <algorithm>
#include <cstring>

namespace strata::cuda {
namespace {

constexpr std::size_t kQuantGroup = 32; // columns that share a scale

// Where the parts of PassState lie, for passes of up to `capacity` tokens.
struct StateLayout {
    explicit StateLayout(std::size_t capacity)
        : visible(kAlignment), tokens(visible + kMaxMasked * sizeof(std::uint64_t)),
          positions(tokens + capacity * sizeof(std::uint32_t)), logitRows(positions + capacity * sizeof(std::uint32_t)),
          total(logitRows + capacity * sizeof(std::uint32_t)) {}
    static constexpr std::size_t kAlignment = 16;
    static constexpr std::size_t kMaxMasked = 64;

    std::size_t cacheLength = 0;
    std::size_t visible, tokens, positions, logitRows, total;
};

// Passes of few tokens find their state at the same addresses, whatever their number.
StateLayout stateLayout(std::uint32_t tokenCount) {
    return StateLayout(std::max(tokenCount, kFewTokens));
}

HeadShape headShape(const ModelSpec& spec) {
    return {.headCount = spec.headCount,
        .kvHeadCount = spec.kvHeadCount,
        .headLength = spec.headLength,
        .pairing = spec.ropePairing,
        .ropePairs = spec.ropeLength / 2};
}

} // namespace

ActivationLayout::ActivationLayout(const ModelSpec& spec, const PassLimits& limits, const Launch& launch) {
    const auto take = [this](std::size_t byteCount) {
        const std::size_t offset = total;
        total += (byteCount + 255) / 256 * 256;
        return offset;
    };
    const auto floats = [&take](std::size_t rowCount, std::size_t length) {
        return take(rowCount * length * sizeof(float));
    };
    const std::uint32_t widest = std::max({spec.embeddingLength, spec.queryLength(), spec.feedForwardLength});
    const std::size_t tokens = limits.maxTokens;
    const std::size_t fewTopRows = std::min(limits.maxLogitRows, kFewTokens);
    attentionScratch = take(attentionScratchBytes(launch, headShape(spec)));
    matmulScratch = take(matmulScratchBytes(widest, limits.maxTokens, launch.multiprocessors));
    topScratch = take(fewTopRows * topLogitsScratchBytes());
    zeroed = total;
    frequencies = floats(1, spec.ropeLength / 2);
    state = take(stateLayout(limits.maxTokens).total);
    x = floats(tokens, spec.embeddingLength);
    q = floats(tokens, spec.queryLength());
    attended = floats(tokens, spec.queryLength());
    k = floats(tokens, spec.kvLength());
    v = floats(tokens, spec.kvLength());
    hidden = floats(tokens, spec.feedForwardLength);
    angles = floats(tokens, spec.ropeLength);
    headRows = floats(limits.maxLogitRows, spec.embeddingLength);
    logits = floats(limits.maxLogitRows, spec.vocabularySize);
    normed = floats(kFewTokens, spec.embeddingLength);
    quantised = take(kFewTokens * std::size_t(widest));
    scales = take(kFewTokens * ((widest + kQuantGroup - 1) / kQuantGroup) * sizeof(float2));
    quantisedHidden = take(kFewTokens * std::size_t(spec.feedForwardLength));
    hiddenScales = take(kFewTokens * ((spec.feedForwardLength + kQuantGroup - 1) / kQuantGroup) * sizeof(float2));
}

CudaActivations::CudaActivations(
    const ModelSpec& spec, const PassLimits& limits, const Launch& launch, CudaActivations*& open)
    : embeddingLength(spec.embeddingLength), queryLength(spec.queryLength()), kvLength(spec.kvLength()),
      feedForwardLength(spec.feedForwardLength), vocabularySize(spec.vocabularySize), normEpsilon(spec.normEpsilon),
      heads(headShape(spec)), layout(spec, limits, launch),
      topLogits(std::size_t(kFewTokens) * kTopLogitCount * sizeof(TopLogit)), m_memory(layout.total), m_open(open) {
    checkCuda(cudaGetDevice(&m_device), "using it");
    const RopeTable table = makeRopeTable(spec);
    m_ropeScale = table.scale;
    checkCuda(cudaMemset(m_memory.data(), 0, layout.zeroed), "clearing memory");
    checkCuda(cudaMemcpy(at(layout.frequencies), table.frequencies.data(), table.frequencies.size() * sizeof(float),
                  cudaMemcpyHostToDevice),
        "copying");
    checkCuda(cudaDeviceSynchronize(), "clearing memory"); // other queues do not wait for the one used here
}

CudaActivations::~CudaActivations() {
    cudaSetDevice(m_device); // members give back what they hold of this GPU
    if (m_open == this)
        m_open = nullptr;
}

float* CudaActivations::rows(ActivationPart part) const {
    switch (part) {
    case ActivationPart::Residual:
        return at(layout.x);
    case ActivationPart::Query:
        return at(layout.q);
    case ActivationPart::Key:
        return at(layout.k);
    case ActivationPart::Value:
        return at(layout.v);
    case ActivationPart::Attended:
        return at(layout.attended);
    }
    return nullptr;
}

void CudaActivations::begin(const Pass& pass) {
    shape = {.tokenCount = static_cast<std::uint32_t>(pass.tokens.size()),
        .logitRowCount = static_cast<std::uint32_t>(pass.logitRows.size()),
        .hasMask = !pass.visible.empty()};
    commands.clear();
    hasRotated = false;
    hasAngles = false;
    hasRounded = false;
}

std::span<const std::byte> CudaActivations::packState(const Pass& pass) {
    static_assert(sizeof(TokenId) == sizeof(std::uint32_t));
    const StateLayout offsets = stateLayout(shape.tokenCount);
    m_packed.assign(offsets.total, std::byte{});
    const auto put = [this](std::size_t offset, const void* values, std::size_t byteCount) {
        if (byteCount != 0)
            std::memcpy(m_packed.data() + offset, values, byteCount);
    };
    put(offsets.cacheLength, &pass.cacheLength, sizeof pass.cacheLength);
    put(offsets.visible, pass.visible.data(), pass.visible.size_bytes());
    put(offsets.tokens, pass.tokens.data(), pass.tokens.size_bytes());
    put(offsets.positions, pass.positions.data(), pass.positions.size_bytes());
    put(offsets.logitRows, pass.logitRows.data(), pass.logitRows.size_bytes());
    return m_packed;
}

PassState CudaActivations::state() const {
    const StateLayout offsets = stateLayout(shape.tokenCount);
    return {.tokens = at<std::uint32_t>(layout.state + offsets.tokens),
        .positions = at<std::uint32_t>(layout.state + offsets.positions),
        .cacheLength = at<std::uint32_t>(layout.state + offsets.cacheLength),
        .logitRows = at<std::uint32_t>(layout.state + offsets.logitRows),
        .visible = shape.hasMask ? at<std::uint64_t>(layout.state + offsets.visible) : nullptr};
}

} // namespace strata::cuda
