// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_kernels.h"
#include "cuda/kernels/attention_pieces.cuh"
#include "cuda/kernels/rope.cuh"

#include <algorithm>
#include <type_traits>

// Attention of a few tokens in one kernel: rotation, append, attention over the cache and the merge of its splits.
//
// A block takes the queries of one key-value head (8 or 16 of those of all tokens) and every splitCount-th tile of 64
// cache rows; a warp takes 16 rows of a tile. Each warp keeps a running softmax (FlashAttention-2, arXiv 2307.08691) of
// transposed products: scores (16 rows, 8 queries) = K Q^T, sums (dimensions, 8 queries) += V^T P^T, so that cache rows
// go from memory into operands without a detour. Which warp sees which row depends on the row alone, and rows that a
// token does not see add exact zeros: hence the same bits whatever else is in the pass. The last block of a head to
// finish joins the splits in their order (Flash-Decoding).
namespace strata::cuda {

constexpr int kFewWarps = 4;
constexpr int kFewThreads = 32 * kFewWarps;
constexpr std::uint32_t kWarpRows = 16;
constexpr std::uint32_t kTileRows = kWarpRows * kFewWarps;
static_assert(kFewTokens <= kTileRows, "the new rows touch two tiles at most");

struct FewArguments {
    const float* q;
    const float* k;
    const float* v;
    const float2* angles;
    Rotation rotation;
    const std::uint32_t* cacheLength;
    const std::uint64_t* visible;
    CacheRows cache;
    std::uint32_t tokens, group, kvHeads, splits;
    float scoreScale;
    std::uint32_t* finished; // (kvHead, z): blocks that are done
    float2* weights;         // (kvHead, z, split, query): maximum and total
    float* sums;             // (kvHead, z, split, query, dimension)
    float* attended;
};

// Shared memory of a block.
template <int kHead, int kTiles, bool kIsQ8>
struct FewLayout {
    static constexpr int kQueries = 8 * kTiles;
    static constexpr int kQueryStride = (kHead + 31) / 64 * 64 + 32; // halves: two rows fill all banks
    static constexpr int kSumStride = kHead + 2;
    static constexpr int kNewRowBytes = kIsQ8 ? kHead + (kHead / 16 + 15) / 16 * 16 : 2 * kHead;
    static constexpr std::size_t kNewRows = std::size_t(2) * kQueries * kQueryStride;
    static constexpr std::size_t kSums = 4 * kFewWarps * kQueries * kSumStride;
    static constexpr std::size_t kMaxima = 4 * 2 * kFewWarps * kQueries;
    static std::size_t byteCount(std::uint32_t tokens, std::uint32_t splits) {
        const std::size_t joined = std::max(kSums, std::size_t(4) * kQueries * (splits + 1));
        return kNewRows + std::size_t(2) * tokens * kNewRowBytes + joined + kMaxima;
    }
};

template <int kHead, int kTiles, bool kIsQ8>
class FewBlock {
    using Layout = FewLayout<kHead, kTiles, kIsQ8>;
    using Keys = std::conditional_t<kIsQ8, Q8Keys<kHead>, HalfKeys<kHead>>;
    using Values = std::conditional_t<kIsQ8, Q8Values<kHead>, HalfValues<kHead>>;
    static constexpr int kQueries = Layout::kQueries;
    static constexpr int kPairs = kHead / 16;

public:
    __device__ FewBlock(const FewArguments& arguments, std::byte* shared)
        : m_a(arguments), m_kvHead(blockIdx.y), m_firstQuery(blockIdx.z * kQueries), m_warp(threadIdx.x / 32),
          m_lane(threadIdx.x % 32), m_g(m_lane / 4), m_c(m_lane % 4), m_cached(*arguments.cacheLength),
          m_rows(m_cached + arguments.tokens), m_active(min((m_rows + kTileRows - 1) / kTileRows, arguments.splits)),
          m_queryCount(min(kQueries, arguments.tokens * arguments.group - m_firstQuery)) {
        m_queries = reinterpret_cast<__half*>(shared);
        m_newKeys = shared + Layout::kNewRows;
        m_newValues = m_newKeys + arguments.tokens * Layout::kNewRowBytes;
        m_maxima = reinterpret_cast<float*>(m_newValues + arguments.tokens * Layout::kNewRowBytes);
        m_sums = m_maxima + Layout::kMaxima / 4;
    }

    __device__ void run() {
        if (blockIdx.x >= m_active)
            return;
        letNextKernelStart();
        std::uint32_t row = blockIdx.x * kTileRows + m_warp * kWarpRows;
        loadKeys(row);
        loadValues(row);
        waitForKernelsBefore();
        takeQueries();
        takeNewRows();
        __syncthreads();
        start();
        for (; row < m_rows; row += m_a.splits * kTileRows)
            addRows(row);
        joinWarps();
        if (m_active > 1 && isLastBlock())
            joinSplits();
    }

private:
    // ---- what the block computes with ----

    __device__ std::uint32_t tokenOf(std::uint32_t query) const { return (m_firstQuery + query) / m_a.group; }

    // Index among (token, head) of the pass.
    __device__ std::uint32_t headOf(std::uint32_t query) const {
        const std::uint32_t at = m_firstQuery + query;
        return (at / m_a.group * m_a.kvHeads + m_kvHead) * m_a.group + at % m_a.group;
    }

    __device__ void takeQueries() {
        for (std::uint32_t at = threadIdx.x; at < kQueries * kHead; at += kFewThreads) {
            const std::uint32_t query = at / kHead;
            float value = 0.0F;
            if (query < m_queryCount)
                value = rotatedElement(m_a.q + std::size_t(headOf(query)) * kHead,
                    m_a.angles + tokenOf(query) * m_a.rotation.pairs, at % kHead, m_a.rotation);
            m_queries[query * Layout::kQueryStride + at % kHead] = __float2half_rn(__fmul_rn(value, m_a.scoreScale));
        }
    }

    // The rows that this pass appends, if one of the block's tiles has any; one block of each head stores them.
    __device__ void takeNewRows() {
        const std::uint32_t first = m_cached / kTileRows % m_a.splits;
        const std::uint32_t last = (m_rows - 1) / kTileRows % m_a.splits;
        if (blockIdx.x != first && blockIdx.x != last)
            return;
        const bool stores = blockIdx.x == first && blockIdx.z == 0;
        for (std::uint32_t at = threadIdx.x; at < m_a.tokens * kHead; at += kFewThreads) {
            const std::uint32_t token = at / kHead;
            const std::size_t source = (std::size_t(token) * m_a.kvHeads + m_kvHead) * kHead;
            const float2* angles = m_a.angles + token * m_a.rotation.pairs;
            takeNewValue(rotatedElement(m_a.k + source, angles, at % kHead, m_a.rotation), token, at % kHead, m_newKeys,
                stores ? m_a.cache.key(m_cached + token) : nullptr);
            takeNewValue(m_a.v[source + at % kHead], token, at % kHead, m_newValues,
                stores ? m_a.cache.value(m_cached + token) : nullptr);
        }
    }

    __device__ void takeNewValue(
        float value, std::uint32_t token, std::uint32_t at, std::byte* newRows, std::byte* cacheRow) {
        std::byte* newRow = newRows + token * Layout::kNewRowBytes;
        const std::uint32_t place = m_kvHead * kHead + at;
        if constexpr (kIsQ8) {
            const WarpBlock block = quantiseOverWarp(value);
            reinterpret_cast<std::int8_t*>(newRow)[at] = block.number;
            if (cacheRow != nullptr)
                reinterpret_cast<std::int8_t*>(cacheRow)[place] = block.number;
            if (m_lane != 0)
                return;
            reinterpret_cast<__half*>(newRow + kHead)[at / kKvBlockLength] = block.scale;
            if (cacheRow != nullptr)
                reinterpret_cast<__half*>(cacheRow + m_a.cache.kvLength)[place / kKvBlockLength] = block.scale;
        } else {
            const __half half = __float2half_rn(value);
            reinterpret_cast<__half*>(newRow)[at] = half;
            if (cacheRow != nullptr)
                reinterpret_cast<__half*>(cacheRow)[place] = half;
        }
    }

    // ---- cache rows into registers ----

    __device__ HeadRow cacheRow(const std::byte* row) const {
        return {row + m_kvHead * kHead * (kIsQ8 ? 1 : 2), reinterpret_cast<const __half*>(row + m_a.cache.kvLength)};
    }
    __device__ static HeadRow newRow(const std::byte* rows, std::uint32_t token) {
        const std::byte* row = rows + token * Layout::kNewRowBytes;
        return {row, reinterpret_cast<const __half*>(row + kHead)};
    }

    // Rows that this pass appends come later, by patch(); what lies behind them is read by no one.
    __device__ void loadKeys(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t row = firstRow + m_g + 8 * which;
            if (row < m_cached)
                m_keys.template load<FromCache>(
                    which, cacheRow(m_a.cache.key(row)), m_kvHead * kHead / kKvBlockLength, m_c);
            else
                m_keys.clear(which);
        }
    }
    __device__ void loadValues(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 4; ++which) {
            const std::uint32_t row = firstRow + 2 * m_c + which % 2 + which / 2 * 8;
            if (row < m_cached)
                m_values.template load<FromCache>(
                    which, cacheRow(m_a.cache.value(row)), m_kvHead * kHead / kKvBlockLength, m_g);
            else
                m_values.clear(which);
        }
    }
    __device__ void patch(std::uint32_t firstRow) {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t row = firstRow + m_g + 8 * which;
            if (row >= m_cached && row < m_rows)
                m_keys.template load<FromShared>(which, newRow(m_newKeys, row - m_cached), 0, m_c);
        }
#pragma unroll
        for (int which = 0; which < 4; ++which) {
            const std::uint32_t row = firstRow + 2 * m_c + which % 2 + which / 2 * 8;
            if (row >= m_cached && row < m_rows)
                m_values.template load<FromShared>(which, newRow(m_newValues, row - m_cached), 0, m_g);
        }
    }

    // ---- the running softmax; this lane's queries are 8 * tile + 2c + {0, 1} ----

    __device__ void start() {
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                m_maximum[tile][i] = -INFINITY;
                m_total[tile][i] = 0.0F;
#pragma unroll
                for (int pair = 0; pair < kPairs; ++pair)
                    m_sum[tile][pair][i] = m_sum[tile][pair][i + 2] = 0.0F;
            }
    }

    __device__ void addRows(std::uint32_t row) {
        const bool hasNewRows = row + kWarpRows > m_cached;
        if (hasNewRows)
            patch(row);
        float scores[kTiles][4];
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
            score(tile, scores[tile]);
        const std::uint32_t next = row + m_a.splits * kTileRows;
        loadKeys(next);
        std::uint32_t weights[kTiles][2];
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile) {
            if (hasNewRows)
                hide(tile, row, scores[tile]);
            weigh(tile, scores[tile], weights[tile]);
        }
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
        const __half* query = m_queries + (8 * tile + m_g) * Layout::kQueryStride;
#pragma unroll
        for (int unit = 0; unit < kHead / 32; ++unit) {
            const uint4 b = *reinterpret_cast<const uint4*>(query + 32 * unit + 8 * m_c);
            std::uint32_t a[4];
            m_keys.operand(2 * unit, a);
            multiplyAdd(chains[0], a, b.x, b.y);
            m_keys.operand(2 * unit + 1, a);
            multiplyAdd(chains[1], a, b.z, b.w);
        }
        if constexpr (kHead % 32 != 0) {
            const uint2 b = *reinterpret_cast<const uint2*>(query + kHead / 32 * 32 + 4 * m_c);
            std::uint32_t a[4];
            m_keys.operand(kHead / 16 - 1, a);
            multiplyAdd(chains[0], a, b.x, b.y);
        }
#pragma unroll
        for (int i = 0; i < 4; ++i)
            scores[i] = chains[0][i] + chains[1][i];
    }

    __device__ bool isVisible(std::uint32_t query, std::uint32_t row) const {
        if (row < m_cached)
            return true;
        if (row >= m_rows || query >= m_queryCount)
            return false;
        const std::uint32_t other = row - m_cached;
        const std::uint32_t token = tokenOf(query);
        return m_a.visible == nullptr ? other <= token : (m_a.visible[token] >> other & 1) != 0;
    }

    __device__ void hide(int tile, std::uint32_t row, float (&scores)[4]) const {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            if (!isVisible(8 * tile + 2 * m_c + i % 2, row + m_g + i / 2 * 8))
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
            const float maximum = fmaxf(m_maximum[tile][i], largest);
            shift[i] = maximum == -INFINITY ? 0.0F : maximum; // infinity minus infinity is no weight
            rescale(tile, i, exp2Fast(m_maximum[tile][i] - shift[i]));
            m_maximum[tile][i] = maximum;
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

    __device__ void joinWarps() {
        float* maxima = m_maxima; // (warp, query), then totals
        float* totals = m_maxima + kFewWarps * kQueries;
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int at = m_warp * kQueries + 8 * tile + 2 * m_c + i;
                float total = m_total[tile][i];
#pragma unroll
                for (int distance = 4; distance < 32; distance *= 2)
                    total += __shfl_xor_sync(~0U, total, distance);
                maxima[at] = m_maximum[tile][i];
                totals[at] = total;
#pragma unroll
                for (int pair = 0; pair < kPairs; ++pair)
                    *reinterpret_cast<float2*>(m_sums + at * Layout::kSumStride + valueDimension<kHead>(pair, m_g)) =
                        make_float2(m_sum[tile][pair][i], m_sum[tile][pair][i + 2]);
            }
        __syncthreads();
        for (std::uint32_t at = threadIdx.x; at < m_queryCount * (kHead / 2); at += kFewThreads)
            joinWarpsAt(at / (kHead / 2), at % (kHead / 2) * 2, maxima, totals);
    }

    __device__ void joinWarpsAt(
        std::uint32_t query, std::uint32_t dimension, const float* maxima, const float* totals) {
        float maximum = -INFINITY;
        for (int warp = 0; warp < kFewWarps; ++warp)
            maximum = fmaxf(maximum, maxima[warp * kQueries + query]);
        const float shift = maximum == -INFINITY ? 0.0F : maximum;
        float total = 0.0F;
        float2 sum = make_float2(0.0F, 0.0F);
        for (int warp = 0; warp < kFewWarps; ++warp) {
            const int at = warp * kQueries + query;
            const float factor = exp2Fast(maxima[at] - shift);
            const float2 part = *reinterpret_cast<const float2*>(m_sums + at * Layout::kSumStride + dimension);
            total = __fmaf_rn(factor, totals[at], total);
            sum.x = __fmaf_rn(factor, part.x, sum.x);
            sum.y = __fmaf_rn(factor, part.y, sum.y);
        }
        if (m_active == 1) {
            emit(query, dimension, sum, total);
            return;
        }
        const std::size_t place = partialOf(blockIdx.x) + query;
        *reinterpret_cast<float2*>(m_a.sums + place * kHead + dimension) = sum;
        if (dimension == 0)
            m_a.weights[place] = make_float2(maximum, total);
    }

    __device__ std::size_t partialOf(std::uint32_t split) const {
        return (std::size_t(m_kvHead * gridDim.z + blockIdx.z) * m_a.splits + split) * kQueries;
    }

    __device__ void emit(std::uint32_t query, std::uint32_t dimension, float2 sum, float total) const {
        const float factor = total > 0.0F ? __fdiv_rn(1.0F, total) : 0.0F;
        *reinterpret_cast<float2*>(m_a.attended + std::size_t(headOf(query)) * kHead + dimension) =
            make_float2(__fmul_rn(sum.x, factor), __fmul_rn(sum.y, factor));
    }

    __device__ bool isLastBlock() {
        __shared__ bool isLast;
        __threadfence();
        __syncthreads();
        if (threadIdx.x == 0) {
            std::uint32_t& finished = m_a.finished[m_kvHead * gridDim.z + blockIdx.z];
            isLast = atomicAdd(&finished, 1U) == m_active - 1;
            if (isLast)
                finished = 0; // for the next call
        }
        __syncthreads();
        __threadfence();
        return isLast;
    }

    // A warp weighs the splits of one query: factors (query, split), then the totals.
    __device__ void weighSplits(float* factors, float* totals) {
        for (std::uint32_t query = m_warp; query < m_queryCount; query += kFewWarps) {
            float maximum = -INFINITY;
            for (std::uint32_t split = m_lane; split < m_active; split += 32)
                maximum = fmaxf(maximum, __ldcg(&m_a.weights[partialOf(split) + query]).x);
            for (int distance = 16; distance > 0; distance /= 2)
                maximum = fmaxf(maximum, __shfl_xor_sync(~0U, maximum, distance));
            const float shift = maximum == -INFINITY ? 0.0F : maximum;
            float total = 0.0F;
            for (std::uint32_t split = m_lane; split < m_active; split += 32) {
                const float2 weight = __ldcg(&m_a.weights[partialOf(split) + query]);
                const float factor = exp2Fast(weight.x - shift);
                factors[query * m_a.splits + split] = factor;
                total = __fmaf_rn(factor, weight.y, total);
            }
            for (int distance = 16; distance > 0; distance /= 2)
                total += __shfl_xor_sync(~0U, total, distance);
            totals[query] = total;
        }
    }

    __device__ void joinSplits() {
        float* factors = m_sums;
        float* totals = m_sums + kQueries * m_a.splits;
        weighSplits(factors, totals);
        __syncthreads();
        for (std::uint32_t at = threadIdx.x; at < m_queryCount * (kHead / 2); at += kFewThreads) {
            const std::uint32_t query = at / (kHead / 2);
            const std::uint32_t dimension = at % (kHead / 2) * 2;
            float2 sum = make_float2(0.0F, 0.0F);
#pragma unroll 8
            for (std::uint32_t split = 0; split < m_active; ++split) {
                const float factor = factors[query * m_a.splits + split];
                const float2 part =
                    __ldcg(reinterpret_cast<const float2*>(m_a.sums + (partialOf(split) + query) * kHead + dimension));
                sum.x = __fmaf_rn(factor, part.x, sum.x);
                sum.y = __fmaf_rn(factor, part.y, sum.y);
            }
            emit(query, dimension, sum, totals[query]);
        }
    }

    const FewArguments& m_a;
    const std::uint32_t m_kvHead, m_firstQuery;
    const int m_warp, m_lane, m_g, m_c;
    const std::uint32_t m_cached, m_rows, m_active, m_queryCount;
    __half* m_queries;
    std::byte* m_newKeys;
    std::byte* m_newValues;
    float* m_maxima;
    float* m_sums;
    Keys m_keys;
    Values m_values;
    float m_maximum[kTiles][2], m_total[kTiles][2], m_sum[kTiles][kPairs][4];
};

template <int kHead, int kTiles, bool kIsQ8>
__global__ __launch_bounds__(kFewThreads) void attendFewKernel(const __grid_constant__ FewArguments arguments) {
    extern __shared__ __align__(16) std::byte shared[];
    FewBlock<kHead, kTiles, kIsQ8>(arguments, shared).run();
}

} // namespace strata::cuda
