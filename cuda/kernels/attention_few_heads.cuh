// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_few_place.cuh"
#include "cuda/kernels/attention_mma.cuh"

// Private to the few-token kernel: queries and the rows that the pass appends, rotated, into shared memory and the
// cache.
namespace strata::cuda {

template <int kHead, int kTiles, bool kIsQ8>
class FewHeads {
    using Place = FewPlace<kHead, kTiles, kIsQ8>;
    using Layout = typename Place::Layout;

public:
    explicit __device__ FewHeads(const Place& place) : m_p(place) {}

    __device__ void take() {
        takeHeads();
        __syncthreads();
        if constexpr (kIsQ8) {
            if (hasNewRows())
                quantiseNewRows();
            __syncthreads();
        }
    }

private:
    // Whether the rows that this pass appends fall into one of the block's tiles; the first such block stores them.
    __device__ bool hasNewRows() const {
        return blockIdx.x == m_p.cached / kTileRows % m_p.arguments.splits ||
               blockIdx.x == (m_p.rows - 1) / kTileRows % m_p.arguments.splits;
    }
    __device__ bool storesNewRows() const {
        return blockIdx.x == m_p.cached / kTileRows % m_p.arguments.splits && blockIdx.z == 0;
    }

    // Two elements of a head that turn together, or stay.
    struct Pair {
        std::uint32_t first, second; // in the head
        float2 values, angle;
        bool turns;
    };

    // Queries and new rows, two elements at a time: the loads of several pairs are in flight together.
    __device__ void takeHeads() {
        constexpr int kHalf = kHead / 2;
        constexpr int kBatch = kTiles == 4 ? 12 : 4 * kTiles; // pairs of 8 tokens of a group of 4 at once
        const std::uint32_t queryPairs = m_p.queryCount * kHalf;
        const std::uint32_t newPairs = hasNewRows() ? m_p.arguments.tokens * kHalf : 0;
        const std::uint32_t count = queryPairs + 2 * newPairs;
        for (std::uint32_t first = threadIdx.x; first < count; first += kBatch * kFewThreads) {
            Pair pairs[kBatch];
#pragma unroll
            for (int i = 0; i < kBatch; ++i)
                pairs[i] = loadPair(min(first + i * kFewThreads, count - 1), queryPairs, newPairs);
#pragma unroll
            for (int i = 0; i < kBatch; ++i) {
                const std::uint32_t at = first + i * kFewThreads;
                if (at < queryPairs)
                    takeQueryPair(at / kHalf, pairs[i]);
                else if (at < count)
                    takeNewPair(at - queryPairs, newPairs, pairs[i]);
            }
        }
        for (std::uint32_t at = queryPairs + threadIdx.x; at < Layout::kQueries * kHalf; at += kFewThreads)
            *reinterpret_cast<std::uint32_t*>(m_p.queries + at / kHalf * Layout::kQueryStride + at % kHalf * 2) = 0;
    }

    // Pairs of queries, of all tokens' keys, of their values. No load is behind a branch, where it would be waited for.
    __device__ Pair loadPair(std::uint32_t at, std::uint32_t queryPairs, std::uint32_t newPairs) const {
        constexpr std::uint32_t kHalf = kHead / 2;
        const bool isQuery = at < queryPairs;
        const bool isKey = !isQuery && at < queryPairs + newPairs;
        const std::uint32_t row = (at - (isQuery ? 0 : isKey ? queryPairs : queryPairs + newPairs)) / kHalf;
        const std::uint32_t token = isQuery ? m_p.tokenOf(row) : row;
        const std::uint32_t head = isQuery ? m_p.headOf(row) : row * m_p.arguments.kvHeads + m_p.kvHead;
        const float* rows = isQuery ? m_p.arguments.q : isKey ? m_p.arguments.k : m_p.arguments.v;
        const float* source = rows + std::size_t(head) * kHead;
        const Rotation& rotation = m_p.arguments.rotation;
        const std::uint32_t pair = at % kHalf;
        Pair out;
        out.turns = (isQuery || isKey) && pair < rotation.pairs;
        const bool isSplit = out.turns && !rotation.isAdjacent;
        out.first = isSplit ? pair : 2 * pair;
        out.second = isSplit ? pair + rotation.pairs : out.first + 1;
        out.values = make_float2(source[out.first], source[out.second]);
        out.angle = loadIf(out.turns, m_p.arguments.angles + token * rotation.pairs + pair);
        return out;
    }

    __device__ static float2 turned(const Pair& pair) {
        return pair.turns ? rotatedPair(pair.values, pair.angle) : pair.values;
    }

    __device__ void takeQueryPair(std::uint32_t query, const Pair& pair) {
        const float2 values = turned(pair);
        __half* row = m_p.queries + query * Layout::kQueryStride;
        row[pair.first] = __float2half_rn(__fmul_rn(values.x, m_p.arguments.scoreScale));
        row[pair.second] = __float2half_rn(__fmul_rn(values.y, m_p.arguments.scoreScale));
    }

    __device__ void takeNewPair(std::uint32_t at, std::uint32_t newPairs, const Pair& pair) {
        const float2 values = turned(pair);
        const bool isKey = at < newPairs;
        const std::uint32_t token = (isKey ? at : at - newPairs) / (kHead / 2);
        if constexpr (kIsQ8) {
            float* row = m_p.sums + ((isKey ? 0 : m_p.arguments.tokens) + token) * kHead;
            row[pair.first] = values.x;
            row[pair.second] = values.y;
        } else {
            const __half first = __float2half_rn(values.x);
            const __half second = __float2half_rn(values.y);
            auto* row = reinterpret_cast<__half*>((isKey ? m_p.newKeys : m_p.newValues) + token * Layout::kNewRowBytes);
            row[pair.first] = first;
            row[pair.second] = second;
            if (!storesNewRows())
                return;
            std::byte* target =
                isKey ? m_p.arguments.cache.key(m_p.cached + token) : m_p.arguments.cache.value(m_p.cached + token);
            auto* stored = reinterpret_cast<__half*>(target) + m_p.kvHead * kHead;
            stored[pair.first] = first;
            stored[pair.second] = second;
        }
    }

    // From floats to blocks of 32, one by each warp.
    __device__ void quantiseNewRows() {
        const bool stores = storesNewRows();
        for (std::uint32_t at = threadIdx.x; at < 2 * m_p.arguments.tokens * kHead; at += kFewThreads) {
            const WarpBlock block = quantiseOverWarp(m_p.sums[at]);
            const bool isKey = at < m_p.arguments.tokens * kHead;
            const std::uint32_t token = at / kHead - (isKey ? 0 : m_p.arguments.tokens);
            const std::uint32_t element = at % kHead;
            std::byte* newRow = (isKey ? m_p.newKeys : m_p.newValues) + token * Layout::kNewRowBytes;
            putBlock(newRow, newRow + kHead, element, block);
            if (!stores)
                continue;
            std::byte* row =
                isKey ? m_p.arguments.cache.key(m_p.cached + token) : m_p.arguments.cache.value(m_p.cached + token);
            putBlock(row, row + m_p.arguments.cache.kvLength, m_p.kvHead * kHead + element, block);
        }
    }

    __device__ void putBlock(std::byte* numbers, std::byte* scales, std::uint32_t at, const WarpBlock& block) const {
        reinterpret_cast<std::int8_t*>(numbers)[at] = block.number;
        if (m_p.lane == 0)
            reinterpret_cast<__half*>(scales)[at / kKvBlockLength] = block.scale;
    }

    const Place& m_p;
};

} // namespace strata::cuda
