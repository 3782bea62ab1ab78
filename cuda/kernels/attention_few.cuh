// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_few_heads.cuh"
#include "cuda/kernels/attention_few_join.cuh"
#include "cuda/kernels/attention_few_maxima.cuh"
#include "cuda/kernels/attention_pieces.cuh"
#include "cuda/runtime/dependent_launch.cuh"

#include <type_traits>

// Attention of a few tokens in one kernel: rotation, append, attention over the cache and the merge of its splits.
//
// A block takes the queries of one key-value head (8, 16 or 32 of those of all tokens) and every splitCount-th tile of
// 128 cache rows; a warp takes 16 rows of a tile. Each warp keeps a running softmax (FlashAttention-2, arXiv
// 2307.08691) of transposed products: scores (16 rows, 8 queries) = K Q^T, sums (dimensions, 8 queries) += V^T P^T, so
// that cache rows go from memory into operands without a detour. Which warp sees which row depends on the row alone,
// and rows that a token does not see add exact zeros: hence the same bits whatever else is in the pass. The last block
// of a head to finish joins the splits in their order (Flash-Decoding).
namespace strata::cuda {

template <int kHead, int kTiles, bool kIsQ8>
class FewBlock {
    using Place = FewPlace<kHead, kTiles, kIsQ8>;
    using Layout = typename Place::Layout;
    using Keys = std::conditional_t<kIsQ8, Q8Keys<kHead>, HalfKeys<kHead>>;
    using Values = std::conditional_t<kIsQ8, Q8Values<kHead>, HalfValues<kHead>>;
    static constexpr int kPairs = kHead / 16;
    static constexpr bool kAlwaysHides = !kIsQ8 && kTiles > 1; // a branch would take registers that there aren't

public:
    explicit __device__ FewBlock(const Place& place) : m_p(place) {}

    __device__ void run() {
        std::uint32_t row = blockIdx.x * kTileRows + m_p.warp * kWarpRows;
        loadKeys(row);
        loadValues(row);
        waitForProducers();
        FewHeads<kHead, kTiles, kIsQ8>(m_p).take();
        start();
        for (; row < m_p.rows; row += m_p.arguments.splits * kTileRows)
            addRows(row);
        join();
    }

private:
    // ---- cache rows into registers ----

    __device__ HeadRow cacheRow(const std::byte* row) const {
        return {row + m_p.kvHead * kHead * (kIsQ8 ? 1 : 2),
            reinterpret_cast<const __half*>(row + m_p.arguments.cache.kvLength)};
    }
    __device__ static HeadRow newRow(const std::byte* rows, std::uint32_t token) {
        const std::byte* row = rows + token * Layout::kNewRowBytes;
        return {row, reinterpret_cast<const __half*>(row + kHead)};
    }

    __device__ std::uint32_t keyRow(std::uint32_t firstRow, int which) const { return firstRow + m_p.g + 8 * which; }
    __device__ std::uint32_t valueRow(std::uint32_t firstRow, int which) const {
        return firstRow + 2 * m_p.c + which % 2 + which / 2 * 8;
    }

    // Zeros for the rows that this pass appends, which patchKeys() brings, and for those behind them.
    __device__ void loadKeys(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t row = keyRow(firstRow, which);
            m_keys.load(FromCache{row < m_p.cached}, which, cacheRow(m_p.arguments.cache.key(row)),
                m_p.kvHead * kHead / kKvBlockLength, m_p.c);
        }
    }
    __device__ void loadValues(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 4; ++which) {
            const std::uint32_t row = valueRow(firstRow, which);
            m_values.load(FromCache{row < m_p.cached}, which, cacheRow(m_p.arguments.cache.value(row)),
                m_p.kvHead * kHead / kKvBlockLength, m_p.g);
        }
    }
    __device__ bool isNew(std::uint32_t row) const {
        return row >= m_p.cached && row < m_p.rows;
    }
    __device__ void patchKeys(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t row = keyRow(firstRow, which);
            if (isNew(row))
                m_keys.load(FromShared(), which, newRow(m_p.newKeys, row - m_p.cached), 0, m_p.c);
        }
    }
    __device__ void patchValues(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 4; ++which) {
            const std::uint32_t row = valueRow(firstRow, which);
            if (isNew(row))
                m_values.load(FromShared(), which, newRow(m_p.newValues, row - m_p.cached), 0, m_p.g);
        }
    }

    // ---- the running softmax; this lane's queries are 8 * tile + 2c + {0, 1} ----

    __device__ void start() {
        m_maxima.start();
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                m_total[tile][i] = 0.0F;
#pragma unroll
                for (int pair = 0; pair < kPairs; ++pair)
                    m_sum[tile][pair][i] = m_sum[tile][pair][i + 2] = 0.0F;
            }
    }

    __device__ void addRows(std::uint32_t row) {
        const bool hasNewRows = row + kWarpRows > m_p.cached;
        std::uint32_t hidden = 0;
        if (hasNewRows) {
            hidden = hiddenScores(row);
            patchKeys(row);
        }
        const std::uint32_t next = row + m_p.arguments.splits * kTileRows;
        std::uint32_t weights[kTiles][2];
        constexpr int kAtOnce = kTiles > 2 ? 2 : kTiles; // tiles whose scores wait to be weighed
#pragma unroll
        for (int first = 0; first < kTiles; first += kAtOnce) {
            float scores[kAtOnce][4];
#pragma unroll
            for (int i = 0; i < kAtOnce; ++i)
                score(first + i, scores[i]);
            if (first == kTiles - kAtOnce)
                loadKeys(next);
#pragma unroll
            for (int i = 0; i < kAtOnce; ++i) {
                if (kAlwaysHides || hasNewRows)
                    hide(hidden >> (4 * (first + i)), scores[i]);
                weigh(first + i, scores[i], weights[first + i]);
            }
        }
        if (hasNewRows)
            patchValues(row);
#pragma unroll
        for (int pair = 0; pair < kPairs; ++pair) {
            std::uint32_t a[4];
            m_values.operand(pair, a);
#pragma unroll
            for (int tile = 0; tile < kTiles; ++tile)
                multiplyAdd(m_sum[tile][pair], a, weights[tile][0], weights[tile][1]);
        }
        loadValues(next);
    }

    // Rows g and g + 8 by the lane's two queries. Two chains of sums, since each product waits for the one before.
    __device__ void score(int tile, float (&scores)[4]) const {
        float chains[2][4] = {};
        const __half* query = m_p.queries + (8 * tile + m_p.g) * Layout::kQueryStride;
#pragma unroll
        for (int unit = 0; unit < kHead / 32; ++unit) {
            const uint4 b = *reinterpret_cast<const uint4*>(query + 32 * unit + 8 * m_p.c);
            std::uint32_t a[4];
            m_keys.operand(2 * unit, a, m_p.arguments.sameBytes);
            multiplyAdd(chains[0], a, b.x, b.y);
            m_keys.operand(2 * unit + 1, a, m_p.arguments.sameBytes);
            multiplyAdd(chains[1], a, b.z, b.w);
        }
        if constexpr (kHead % 32 != 0) {
            const uint2 b = *reinterpret_cast<const uint2*>(query + kHead / 32 * 32 + 4 * m_p.c);
            std::uint32_t a[4];
            m_keys.operand(kHead / 16 - 1, a, m_p.arguments.sameBytes);
            multiplyAdd(chains[0], a, b.x, b.y);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
            scores[i] = chains[0][i] + chains[1][i];
    }

    __device__ bool isVisible(std::uint32_t query, std::uint32_t row) const {
        if (row < m_p.cached)
            return true;
        if (row >= m_p.rows || query >= m_p.queryCount)
            return false;
        const std::uint32_t other = row - m_p.cached;
        const std::uint32_t token = m_p.tokenOf(query);
        return m_p.arguments.visible == nullptr ? other <= token : (m_p.arguments.visible[token] >> other & 1) != 0;
    }

    // Of all of the lane's scores, a bit for each that its query does not see: one loop, since it is rarely run and
    // its copies would take registers from the rest.
    __device__ std::uint32_t hiddenScores(std::uint32_t row) const {
        std::uint32_t hidden = 0;
#pragma unroll 1
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                if (!isVisible(8 * tile + 2 * m_p.c + i % 2, row + m_p.g + i / 2 * 8))
                    hidden |= 1U << (4 * tile + i);
        return hidden;
    }

    __device__ static void hide(std::uint32_t hidden, float (&scores)[4]) {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            if ((hidden >> i & 1) != 0)
                scores[i] = -INFINITY;
    }

    // Scores to weights relative to the largest so far, as operand b (16 rows, 8 queries).
    __device__ void weigh(int tile, float (&scores)[4], std::uint32_t (&weights)[2]) {
        float shift[2];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            float largest = fmaxf(scores[i], scores[i + 2]);
#pragma unroll
            for (int distance = 4; distance < 32; distance *= 2)
                largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, distance));
            const float before = m_maxima.get(tile, i);
            const float maximum = fmaxf(before, largest);
            shift[i] = maximum == -INFINITY ? 0.0F : maximum; // infinity minus infinity is no weight
            rescale(tile, i, exp2Fast(before - shift[i]));
            m_maxima.set(tile, i, m_p.g, maximum);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            scores[i] = exp2Fast(scores[i] - shift[i % 2]);
            m_total[tile][i % 2] += scores[i];
        }
        weights[0] = transposed(packHalves(scores[0], scores[1]));
        weights[1] = transposed(packHalves(scores[2], scores[3]));
    }

    __device__ void rescale(int tile, int i, float factor) {
        m_total[tile][i] *= factor;
#pragma unroll
        for (int pair = 0; pair < kPairs; ++pair) {
            m_sum[tile][pair][i] *= factor;
            m_sum[tile][pair][i + 2] *= factor;
        }
    }

    // ---- joining warps, then splits ----

    __device__ void join() {
        FewJoin<kHead, kTiles, kIsQ8> join(m_p);
#pragma unroll
        for (int tile = 0; tile < kTiles; tile += Layout::kJoinTiles) {
            if (8 * tile >= m_p.queryCount)
                break;
            if (tile > 0)
                __syncthreads(); // the last ones are read
#pragma unroll
            for (int i = 0; i < Layout::kJoinTiles; ++i)
                shareTile(tile + i, i);
            __syncthreads();
            join.joinWarps(8 * tile);
        }
        join.joinSplits();
    }

    // Puts what this warp has of a tile's queries into the `place`-th part of shared memory.
    __device__ void shareTile(int tile, int place) {
        float* totals = m_p.maxima + Layout::kShared;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int at = (place * kFewWarps + m_p.warp) * 8 + 2 * m_p.c + i;
            float total = m_total[tile][i];
#pragma unroll
            for (int distance = 4; distance < 32; distance *= 2)
                total += __shfl_xor_sync(~0U, total, distance);
            m_p.maxima[at] = m_maxima.get(tile, i);
            totals[at] = total;
#pragma unroll
            for (int pair = 0; pair < kPairs; ++pair)
                *reinterpret_cast<float2*>(m_p.sums + at * Layout::kSumStride + valueDimension<kHead>(pair, m_p.g)) =
                    make_float2(m_sum[tile][pair][i], m_sum[tile][pair][i + 2]);
        }
    }

    const Place& m_p;
    Keys m_keys;
    Values m_values;
    FewMaxima<kTiles> m_maxima;
    float m_total[kTiles][2], m_sum[kTiles][kPairs][4];
};

template <int kHead, int kTiles, bool kIsQ8>
__global__ __launch_bounds__(kFewThreads, 1) void attendFewKernel(const __grid_constant__ FewArguments arguments) {
    extern __shared__ __align__(16) std::byte shared[];
    const FewPlace<kHead, kTiles, kIsQ8> place(arguments, shared);
    if (blockIdx.x >= place.active)
        return;
    allowDependents();
    FewBlock<kHead, kTiles, kIsQ8>(place).run();
}

} // namespace strata::cuda
