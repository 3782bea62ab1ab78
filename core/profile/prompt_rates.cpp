// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/prompt_rates.h"

#include "core/backend/kv_rows.h"
#include "core/profile/prompt_fit.h"
#include "core/profile/verb_timer.h"

#include <algorithm>
#include <array>
#include <vector>

namespace strata {
namespace {

constexpr double kStepPart = 0.01;          // of the budget, for each of eight times
constexpr std::uint32_t kNarrowRows = 256;  // of a block that is all activations
constexpr std::uint32_t kFewestTokens = 16; // fewer would be computed in another way

// As core/tier counts those of a model's blocks.
ProductWork feedForwardWork(const BlockShape& shape) {
    const std::uint64_t sides = std::uint64_t(shape.embeddingLength) + shape.feedForwardLength;
    return {.weightBytes = shape.weightBytes(),
        .weightCount = shape.weightCount(),
        .inputCount = sides,
        .activationCount = 3 * sides};
}

ProductWork attentionWork(const BlockShape& shape) {
    const ModelSpec spec = syntheticSpec(shape);
    const std::uint64_t length = shape.embeddingLength;
    const std::uint64_t query = spec.queryLength();
    const std::uint64_t keyValue = std::uint64_t(2) * spec.kvLength();
    return {.weightBytes = 0, // it is not looked at with many tokens
        .weightCount = length * (2 * query + keyValue),
        .inputCount = length + query,
        .activationCount = 4 * length + 2 * query + keyValue};
}

// Keys and values of one layer in the device's memory.
class SyntheticCache {
public:
    SyntheticCache(Backend& device, const ModelSpec& spec, std::uint32_t tokens)
        : m_stretch((kvRowBytes(QuantType::F16, spec.kvLength()) * tokens + 255) / 256 * 256),
          m_buffer(device.allocate(2 * m_stretch)), m_layer{.device = &device,
                                                        .keys = m_buffer.data(),
                                                        .values = m_buffer.data() + m_stretch,
                                                        .type = QuantType::F16,
                                                        .capacity = tokens} {}

    const KvLayer& layer() const { return m_layer; }

private:
    std::size_t m_stretch;
    Buffer m_buffer;
    KvLayer m_layer;
};

// One measurement of prompts: its members are what the steps share.
class PromptTiming {
public:
    PromptTiming(const DeviceBlocks& from, const MultiplyWork& work, double blockSeconds, const MeasureClock& clock)
        : m_from(from), m_work(work), m_blockSeconds(blockSeconds), m_clock(clock),
          m_tokens{work.promptTokens, std::max(std::min(kFewestTokens, work.promptTokens), work.promptTokens / 4)} {}

    void run(MultiplyRates& rates) {
        {
            VerbTimer timer(*m_from.device, m_work.promptShape, m_tokens.front());
            timeFeedForward(timer);
            timeProjections(timer);
            timeAttention(timer);
        }
        timeNarrow();
        if (m_clock.isStopped())
            return;
        fitProducts(m_products, rates);
        fitAttention(m_attention, rates);
    }

private:
    void note(const ProductWork& work, std::uint32_t tokens, double seconds) {
        m_products.push_back(
            {.work = work, .tokens = tokens, .seconds = secondsBeyond(seconds, m_blockSeconds)});
    }

    void timeFeedForward(VerbTimer& timer) {
        const std::vector<BlockWeights> blocks = weightsOf(m_from, m_work.blockCount, m_work.promptShape);
        for (const std::uint32_t tokens : m_tokens)
            note(feedForwardWork(m_work.promptShape), tokens, timer.feedForward(blocks, tokens, kStepPart, m_clock));
    }

    void timeProjections(VerbTimer& timer) {
        std::vector<BlockWeights> blocks;
        for (const std::byte* block : m_from.blocks.first(m_work.blockCount))
            blocks.push_back(syntheticAttention(block, m_from.shape));
        const auto project = [&](std::size_t block, const Pass& pass, Activations& activations) {
            m_from.device->projectQkv(blocks[block], pass, activations);
            m_from.device->projectOutput(blocks[block], pass, activations);
        };
        for (const std::uint32_t tokens : m_tokens)
            note(attentionWork(m_from.shape), tokens,
                timer.seconds({.run = project, .blockCount = blocks.size(), .verbCount = 2}, tokens, kStepPart,
                    m_clock));
    }

    void timeAttention(VerbTimer& timer) {
        const ModelSpec spec = syntheticSpec(m_from.shape);
        const SyntheticCache cache(*m_from.device, spec, m_tokens.front());
        const auto attend = [&](std::size_t, const Pass& pass, Activations& activations) {
            m_from.device->attend(cache.layer(), pass, activations);
        };
        for (const std::uint32_t tokens : m_tokens) {
            const double numbers = static_cast<double>(tokens) * spec.queryLength();
            const double seen = (static_cast<double>(tokens) + 1.0) / 2.0; // on average
            m_attention.push_back({.multiplies = 2.0 * numbers * seen,
                .queryNumbers = numbers,
                .seconds = timer.seconds({.run = attend}, tokens, kStepPart, m_clock)});
        }
    }

    void timeNarrow() {
        BlockShape shape = m_work.promptShape;
        shape.feedForwardLength = std::min(shape.feedForwardLength, kNarrowRows);
        VerbTimer timer(*m_from.device, shape, m_tokens.front());
        const std::vector<BlockWeights> blocks = weightsOf(m_from, m_work.blockCount, shape);
        for (const std::uint32_t tokens : m_tokens) // else it would not tell inputs from activations
            note(feedForwardWork(shape), tokens, timer.feedForward(blocks, tokens, kStepPart, m_clock));
    }

    const DeviceBlocks& m_from;
    const MultiplyWork& m_work;
    double m_blockSeconds;
    const MeasureClock& m_clock;
    std::array<std::uint32_t, 2> m_tokens;
    std::vector<TimedProducts> m_products;
    std::vector<TimedAttention> m_attention;
};

} // namespace

void measurePrompts(const DeviceBlocks& from, const MultiplyWork& work, double blockSeconds, MultiplyRates& rates,
    const MeasureClock& clock) {
    if (!clock.isStopped())
        PromptTiming(from, work, blockSeconds, clock).run(rates);
}

} // namespace strata
