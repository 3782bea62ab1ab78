// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/attention.h"

#include "core/cpu/cache_rows.h"
#include "core/cpu/host_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strata {
namespace {

constexpr std::uint32_t kBlockRows = 32;     // cache rows widened at once: 16 kB at a head of 128, so they stay in L1
constexpr std::uint32_t kTileQueries = 16;   // queries that share them, unless a group is larger
constexpr std::uint32_t kMaxSplitTokens = 8; // passes up to this size are cut along the cache
constexpr std::uint32_t kMaxStretches = 64;
constexpr std::uint32_t kMinStretchRows = 256; // shorter ones cost more to merge than they gain
constexpr float kNothing = -std::numeric_limits<float>::infinity();

std::uint32_t divideUp(std::uint32_t a, std::uint32_t b) {
    return (a + b - 1) / b;
}

// How one pass is cut into tiles.
struct Cut {
    std::uint32_t tokensPerTile;
    std::uint32_t tileCount; // over tokens
    std::uint32_t stretchRows;
    std::uint32_t stretchCount;
};

std::uint32_t tokensPerTile(const AttentionShape& shape) {
    return std::max(1U, kTileQueries / shape.groupSize());
}

Cut cutPass(const AttentionShape& shape, const Pass& pass) {
    const auto tokens = static_cast<std::uint32_t>(pass.tokens.size());
    const std::uint32_t rows = pass.cacheLength + tokens;
    Cut cut = {.tokensPerTile = tokensPerTile(shape),
        .tileCount = divideUp(tokens, tokensPerTile(shape)),
        .stretchRows = rows,
        .stretchCount = 1};
    if (tokens > kMaxSplitTokens)
        return cut;
    cut.stretchRows = std::max(kMinStretchRows, divideUp(divideUp(rows, kMaxStretches), kBlockRows) * kBlockRows);
    cut.stretchCount = divideUp(rows, cut.stretchRows);
    return cut;
}

struct Tile {
    std::uint32_t firstToken, tokenCount;
    std::uint32_t kvHead;
    std::uint32_t firstRow, endRow; // of the cache
    std::uint32_t stretch;
};

Tile tileAt(std::size_t index, const AttentionShape& shape, const Cut& cut, const Pass& pass) {
    const auto tokens = static_cast<std::uint32_t>(pass.tokens.size());
    const auto kvHead = static_cast<std::uint32_t>(index % shape.kvHeadCount);
    const auto rest = static_cast<std::uint32_t>(index / shape.kvHeadCount);
    const std::uint32_t stretch = rest % cut.stretchCount;
    const std::uint32_t tile = cut.tileCount - 1 - rest / cut.stretchCount; // the last see most rows: begin with them
    const std::uint32_t first = tile * cut.tokensPerTile;
    const std::uint32_t end = std::min(first + cut.tokensPerTile, tokens);
    const std::uint32_t visible = pass.cacheLength + (pass.visible.empty() ? end : tokens);
    const std::uint32_t firstRow = std::min(stretch * cut.stretchRows, visible);
    return {.firstToken = first,
        .tokenCount = end - first,
        .kvHead = kvHead,
        .firstRow = firstRow,
        .endRow = std::min(firstRow + cut.stretchRows, visible),
        .stretch = stretch};
}

// Where one thread works. Queries of a tile are numbered token by token, head by head.
struct Scratch {
    Scratch(float* memory, const AttentionShape& shape) {
        const std::size_t count = queryCount(shape);
        queries = memory;
        sums = queries + count * shape.headLength;
        rows = sums + count * shape.headLength;
        scores = rows + kBlockRows * shape.headLength;
        maxima = scores + count * kBlockRows;
        totals = maxima + count;
    }
    static std::size_t queryCount(const AttentionShape& shape) { return tokensPerTile(shape) * shape.groupSize(); }
    static std::size_t floatCount(const AttentionShape& shape) {
        const std::size_t count = queryCount(shape);
        const std::size_t used =
            2 * count * shape.headLength + kBlockRows * shape.headLength + count * (kBlockRows + 2);
        return (used + 63) / 64 * 64; // threads share no cache line
    }

    float* queries; // (query, headLength), times 1 / sqrt(headLength)
    float* sums;    // (query, headLength), of values weighted by exp(score - maximum)
    float* rows;    // (kBlockRows, headLength), keys or values of the block
    float* scores;  // (query, kBlockRows)
    float* maxima;  // (query), of the scores so far
    float* totals;  // (query), of the weights so far
};

// One tile on one thread.
class TileWork {
public:
    TileWork(const AttentionShape& shape, const VectorOps& ops, const Pass& pass, const Tile& tile, Scratch& scratch)
        : m_shape(shape), m_ops(ops), m_pass(pass), m_tile(tile), m_scratch(scratch),
          m_queryCount(tile.tokenCount * shape.groupSize()) {}

    void compute(const KvLayer& cache, std::span<const float> q) {
        takeQueries(q);
        const CacheRows keys(cache.keys, cache.type, m_shape.kvLength(), m_ops);
        const CacheRows values(cache.values, cache.type, m_shape.kvLength(), m_ops);
        for (std::uint32_t row = m_tile.firstRow; row < m_tile.endRow; row += kBlockRows)
            addBlock(keys, values, row, std::min(kBlockRows, m_tile.endRow - row));
    }

    // Finished values, to their places in (token, headCount, headLength).
    void finish(std::span<float> attended) const {
        for (std::size_t query = 0; query < m_queryCount; ++query) {
            const float* sums = m_scratch.sums + query * m_shape.headLength;
            const float factor = 1.0F / m_scratch.totals[query];
            std::transform(sums, sums + m_shape.headLength, attended.data() + headOf(query) * m_shape.headLength,
                [factor](float sum) { return sum * factor; });
        }
    }

    // What merge() needs of this stretch.
    void storePartial(float* partials) const {
        const std::size_t floats = 2 + m_shape.headLength;
        for (std::size_t query = 0; query < m_queryCount; ++query) {
            float* partial = partials + (headOf(query) * kMaxStretches + m_tile.stretch) * floats;
            partial[0] = m_scratch.maxima[query];
            partial[1] = m_scratch.totals[query];
            std::copy_n(m_scratch.sums + query * m_shape.headLength, m_shape.headLength, partial + 2);
        }
    }

private:
    std::size_t tokenOf(std::size_t query) const { return m_tile.firstToken + query / m_shape.groupSize(); }
    // Index among all heads of all tokens.
    std::size_t headOf(std::size_t query) const {
        return tokenOf(query) * m_shape.headCount + m_tile.kvHead * m_shape.groupSize() + query % m_shape.groupSize();
    }

    void takeQueries(std::span<const float> q) {
        const float factor = 1.0F / std::sqrt(static_cast<float>(m_shape.headLength));
        for (std::size_t query = 0; query < m_queryCount; ++query) {
            const float* source = q.data() + headOf(query) * m_shape.headLength;
            std::transform(source, source + m_shape.headLength, m_scratch.queries + query * m_shape.headLength,
                [factor](float value) { return value * factor; });
        }
        std::fill_n(m_scratch.sums, m_queryCount * m_shape.headLength, 0.0F);
        std::fill_n(m_scratch.totals, m_queryCount, 0.0F);
        std::fill_n(m_scratch.maxima, m_queryCount, kNothing);
    }

    void widenRows(const CacheRows& source, std::uint32_t firstRow, std::uint32_t count) {
        const std::size_t length = m_shape.headLength;
        for (std::uint32_t row = 0; row < count; ++row)
            source.load(
                firstRow + row, m_tile.kvHead * m_shape.headLength, std::span(m_scratch.rows + row * length, length));
    }

    void addBlock(const CacheRows& keys, const CacheRows& values, std::uint32_t firstRow, std::uint32_t count) {
        widenRows(keys, firstRow, count);
        m_ops.dotProducts({.left = m_scratch.queries,
            .leftCount = m_queryCount,
            .rows = m_scratch.rows,
            .rowCount = count,
            .length = m_shape.headLength,
            .weights = m_scratch.scores,
            .stride = kBlockRows});
        for (std::size_t query = 0; query < m_queryCount; ++query) {
            const std::span<float> scores(m_scratch.scores + query * kBlockRows, count);
            hideScores(tokenOf(query), firstRow, scores);
            weighScores(query, scores);
        }
        widenRows(values, firstRow, count);
        m_ops.addWeighted({.left = m_scratch.sums,
            .leftCount = m_queryCount,
            .rows = m_scratch.rows,
            .rowCount = count,
            .length = m_shape.headLength,
            .weights = m_scratch.scores,
            .stride = kBlockRows});
    }

    void hideScores(std::size_t token, std::uint32_t firstRow, std::span<float> scores) const {
        for (std::size_t i = scores.size(); i-- > 0 && firstRow + i >= m_pass.cacheLength;) {
            const std::size_t other = firstRow + i - m_pass.cacheLength;
            const bool isVisible = m_pass.visible.empty() ? other <= token : (m_pass.visible[token] >> other & 1) != 0;
            if (!isVisible)
                scores[i] = kNothing;
        }
    }

    // Turns scores into weights relative to the largest so far, and brings the sums so far down to it.
    void weighScores(std::size_t query, std::span<float> scores) {
        const float before = m_scratch.maxima[query];
        const float maximum = std::max(before, *std::max_element(scores.begin(), scores.end()));
        if (maximum == kNothing) { // nothing seen yet: infinity minus infinity is no weight
            std::fill(scores.begin(), scores.end(), 0.0F);
            return;
        }
        if (maximum > before) {
            const float factor = std::exp(before - maximum);
            float* sums = m_scratch.sums + query * m_shape.headLength;
            std::transform(sums, sums + m_shape.headLength, sums, [factor](float sum) { return sum * factor; });
            m_scratch.totals[query] *= factor;
            m_scratch.maxima[query] = maximum;
        }
        m_scratch.totals[query] += m_ops.expAndSum(scores.data(), scores.size(), maximum);
    }

    const AttentionShape& m_shape;
    const VectorOps& m_ops;
    const Pass& m_pass;
    const Tile& m_tile;
    Scratch& m_scratch;
    std::size_t m_queryCount;
};

// Joins the stretches of one head of one token.
void merge(const float* partials, std::uint32_t stretchCount, std::span<float> attended) {
    const std::size_t floats = 2 + attended.size();
    float maximum = kNothing;
    for (std::uint32_t i = 0; i < stretchCount; ++i)
        maximum = std::max(maximum, partials[i * floats]);
    std::fill(attended.begin(), attended.end(), 0.0F);
    float total = 0.0F;
    for (std::uint32_t i = 0; i < stretchCount; ++i) {
        const float* partial = partials + i * floats;
        const float factor = std::exp(partial[0] - maximum);
        total += factor * partial[1];
        for (std::size_t at = 0; at < attended.size(); ++at)
            attended[at] += factor * partial[2 + at];
    }
    for (float& value : attended)
        value /= total;
}

} // namespace

Attention::Attention(const ModelSpec& spec, const VectorOps& ops, ThreadPool& pool)
    : m_shape{.headCount = spec.headCount, .kvHeadCount = spec.kvHeadCount, .headLength = spec.headLength}, m_ops(&ops),
      m_pool(&pool), m_scratchFloats(Scratch::floatCount(m_shape)),
      m_scratch(allocateHostMemory(pool.threadCount() * m_scratchFloats * sizeof(float))),
      m_partials(allocateHostMemory(
          std::size_t(kMaxSplitTokens) * spec.headCount * kMaxStretches * (2 + spec.headLength) * sizeof(float))) {}

void Attention::run(const KvLayer& cache, const Pass& pass, const AttentionInputs& inputs, std::span<float> attended) {
    append(cache, pass, inputs);
    const Cut cut = cutPass(m_shape, pass);
    auto* partials = reinterpret_cast<float*>(m_partials.data());
    const std::size_t tileCount = std::size_t(cut.tileCount) * cut.stretchCount * m_shape.kvHeadCount;
    m_pool->parallelFor(tileCount, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
        Scratch scratch(reinterpret_cast<float*>(m_scratch.data()) + thread * m_scratchFloats, m_shape);
        for (std::size_t index = begin; index < end; ++index) {
            const Tile tile = tileAt(index, m_shape, cut, pass);
            TileWork work(m_shape, *m_ops, pass, tile, scratch);
            work.compute(cache, inputs.q);
            if (cut.stretchCount == 1)
                work.finish(attended);
            else
                work.storePartial(partials);
        }
    });
    if (cut.stretchCount == 1)
        return;
    m_pool->parallelFor(pass.tokens.size() * m_shape.headCount, 8, [&](std::size_t begin, std::size_t end, unsigned) {
        for (std::size_t head = begin; head < end; ++head)
            merge(partials + head * kMaxStretches * (2 + m_shape.headLength), cut.stretchCount,
                attended.subspan(head * m_shape.headLength, m_shape.headLength));
    });
}

void Attention::append(const KvLayer& cache, const Pass& pass, const AttentionInputs& inputs) {
    const std::uint32_t length = m_shape.kvLength();
    const CacheRows keys(cache.keys, cache.type, length, *m_ops);
    const CacheRows values(cache.values, cache.type, length, *m_ops);
    const std::size_t grain = divideUp(1024, length); // tokens' rows are short: one thread takes a few
    m_pool->parallelFor(pass.tokens.size(), grain, [&](std::size_t begin, std::size_t end, unsigned) {
        for (std::size_t token = begin; token < end; ++token) {
            const auto row = static_cast<std::uint32_t>(pass.cacheLength + token);
            keys.store(row, inputs.k.subspan(token * length, length));
            values.store(row, inputs.v.subspan(token * length, length));
        }
    });
}

} // namespace strata
