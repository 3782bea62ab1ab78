// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_few_place.cuh"
#include "cuda/kernels/attention_mma.cuh"
#include "cuda/kernels/quantise.cuh"

// Private to the few-token kernel: joining the sums of warps, then of splits.
namespace strata::cuda {

// storeQuantised() with two values a lane: each half of a warp gives the 32 of group `place`, or nothing.
__device__ inline void storeQuantisedPair(
    float2 value, std::size_t place, int lane, bool isThere, const QuantisedRows& out) {
    float largest = fmaxf(fabsf(value.x), fabsf(value.y));
    for (int distance = 8; distance > 0; distance /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, distance));
    const float scale = __fdiv_rn(largest, 127.0F);
    const int first = scale > 0.0F ? min(127, max(-127, __float2int_rn(__fdiv_rn(value.x, scale)))) : 0;
    const int second = scale > 0.0F ? min(127, max(-127, __float2int_rn(__fdiv_rn(value.y, scale)))) : 0;
    int sum = first + second;
    for (int distance = 8; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(~0U, sum, distance);
    if (!isThere)
        return;
    *reinterpret_cast<char2*>(out.q + place * 32 + lane % 16 * 2) =
        make_char2(static_cast<signed char>(first), static_cast<signed char>(second));
    if (lane % 16 == 0)
        out.scaleAndSum[place] = make_float2(scale, scale * static_cast<float>(sum));
}

__device__ inline float shiftOf(float maximum) {
    return maximum == -INFINITY ? 0.0F : maximum; // infinity minus infinity is no weight
}

template <int kHead, int kTiles, bool kIsQ8>
class FewJoin {
    using Place = FewPlace<kHead, kTiles, kIsQ8>;
    using Layout = typename Place::Layout;

public:
    explicit __device__ FewJoin(const Place& place) : m_p(place) {}

    // Joins the queries of kJoinTiles tiles, numbered from `first` on, that all warps have put into shared memory.
    __device__ void joinWarps(std::uint32_t first) {
        const std::uint32_t count = min(8U * Layout::kJoinTiles, m_p.queryCount - first) * kHalf;
        for (std::uint32_t at = 0; at < count; at += kFewThreads)
            joinWarpsAt(first, at + threadIdx.x, at + threadIdx.x < count);
    }

    // If this was the last block of its queries: joins the splits in their order.
    __device__ void joinSplits() {
        if (m_p.active > 1 && isLastBlock())
            joinAllSplits();
    }

private:
    static constexpr std::uint32_t kHalf = kHead / 2;

    // `at` counts pairs of dimensions of the queries. Whole warps come here, for emit().
    __device__ void joinWarpsAt(std::uint32_t firstQuery, std::uint32_t at, bool isThere) {
        const std::uint32_t query = isThere ? at / kHalf : 0;
        const std::uint32_t dimension = at % kHalf * 2;
        const std::uint32_t place = query / 8 * 8 * kFewWarps + query % 8; // of warp 0
        const float* totals = m_p.maxima + Layout::kShared;
        float maximum = -INFINITY;
#pragma unroll
        for (int warp = 0; warp < kFewWarps; ++warp)
            maximum = fmaxf(maximum, m_p.maxima[place + 8 * warp]);
        float total = 0.0F;
        float2 sum = make_float2(0.0F, 0.0F);
#pragma unroll
        for (int warp = 0; warp < kFewWarps; ++warp) {
            const float factor = exp2Fast(m_p.maxima[place + 8 * warp] - shiftOf(maximum));
            total = __fmaf_rn(factor, totals[place + 8 * warp], total);
            addWeighted(sum, factor,
                *reinterpret_cast<const float2*>(m_p.sums + (place + 8 * warp) * Layout::kSumStride + dimension));
        }
        if (m_p.active == 1) {
            emit(firstQuery + query, dimension, sum, total, isThere);
        } else if (isThere) {
            const std::size_t partial = partialOf(blockIdx.x) + firstQuery + query;
            *reinterpret_cast<float2*>(m_p.arguments.sums + partial * kHead + dimension) = sum;
            if (dimension == 0)
                m_p.arguments.weights[partial] = make_float2(maximum, total);
        }
    }

    __device__ static void addWeighted(float2& sum, float factor, float2 part) {
        sum.x = __fmaf_rn(factor, part.x, sum.x);
        sum.y = __fmaf_rn(factor, part.y, sum.y);
    }

    __device__ std::size_t partialOf(std::uint32_t split) const {
        return (std::size_t(m_p.kvHead * gridDim.z + blockIdx.z) * m_p.arguments.splits + split) * Layout::kQueries;
    }

    // Two dimensions of the result, and with those of 15 lanes beside them 32 columns rounded to int8.
    __device__ void emit(std::uint32_t query, std::uint32_t dimension, float2 sum, float total, bool isThere) const {
        const float factor = total > 0.0F ? __fdiv_rn(1.0F, total) : 0.0F;
        const float2 value = make_float2(__fmul_rn(sum.x, factor), __fmul_rn(sum.y, factor));
        const std::uint32_t head = m_p.headOf(query);
        if (isThere)
            *reinterpret_cast<float2*>(m_p.arguments.attended + std::size_t(head) * kHead + dimension) = value;
        if (kHead % 32 != 0 || m_p.arguments.quantised.q == nullptr)
            return;
        const std::uint32_t token = m_p.tokenOf(query);
        const std::uint32_t headOfToken = head - token * m_p.arguments.kvHeads * m_p.arguments.group;
        const std::uint32_t group = headOfToken * (kHead / 32) + dimension / 32;
        storeQuantisedPair(value, quantisedPlace(group, token, m_p.arguments.tokens), m_p.lane, isThere,
            m_p.arguments.quantised);
    }

    __device__ bool isLastBlock() {
        __shared__ bool isLast;
        __syncthreads();
        if (threadIdx.x == 0) {
            std::uint32_t& finished = m_p.arguments.finished[m_p.kvHead * gridDim.z + blockIdx.z];
            __threadfence(); // what the block wrote is seen before its count
            isLast = atomicAdd(&finished, 1U) == m_p.active - 1;
            if (isLast)
                finished = 0; // for the next call
            __threadfence();
        }
        __syncthreads();
        return isLast;
    }

    // Few sums of many splits each, or many sums of a few each, so that many loads are on their way at once. The
    // splits are added in their order either way.
    __device__ void joinAllSplits() {
        if (m_p.queryCount * kHalf <= kFewThreads)
            addSplits<1, 16>();
        else
            addSplits<4, 4>();
    }

    template <int kSums, int kSplits>
    __device__ void addSplits() {
        const std::uint32_t count = m_p.queryCount * kHalf;
        const float* factors = m_p.sums; // (query, split)
        const float* totals = m_p.maxima;
        for (std::uint32_t first = 0; first < count; first += kSums * kFewThreads) {
            float2 sums[kSums] = {};
            for (std::uint32_t split = 0; split < m_p.active; split += kSplits) {
                float2 parts[kSums][kSplits];
                loadParts(first + threadIdx.x, split, parts);
                if (first == 0 && split == 0) { // while the parts are on their way
                    if (threadIdx.x < m_p.queryCount)
                        weighSplits(threadIdx.x);
                    __syncthreads();
                }
#pragma unroll
                for (int i = 0; i < kSums; ++i) {
                    const std::uint32_t query = queryAt(first + threadIdx.x + i * kFewThreads);
#pragma unroll
                    for (int j = 0; j < kSplits; ++j)
                        if (split + j < m_p.active)
                            addWeighted(sums[i], factors[query * m_p.arguments.splits + split + j], parts[i][j]);
                }
            }
#pragma unroll
            for (int i = 0; i < kSums; ++i) {
                const std::uint32_t at = first + threadIdx.x + i * kFewThreads;
                emit(queryAt(at), at % kHalf * 2, sums[i], totals[queryAt(at)], at < count);
            }
        }
    }

    // Of a pair of dimensions; those behind the last count as the last query's.
    __device__ std::uint32_t queryAt(std::uint32_t at) const {
        return min(at / kHalf, m_p.queryCount - 1);
    }

    template <int kSums, int kSplits>
    __device__ void loadParts(std::uint32_t at, std::uint32_t split, float2 (&parts)[kSums][kSplits]) const {
#pragma unroll
        for (int i = 0; i < kSums; ++i)
#pragma unroll
            for (int j = 0; j < kSplits; ++j) {
                const std::uint32_t pair = at + i * kFewThreads;
                const std::size_t place = partialOf(split + j) + queryAt(pair);
                parts[i][j] = loadIf(split + j < m_p.active,
                    reinterpret_cast<const float2*>(m_p.arguments.sums + place * kHead + pair % kHalf * 2));
            }
    }

    // The factors of one query's splits and their total, by one thread.
    __device__ void weighSplits(std::uint32_t query) {
        constexpr int kBatch = 16;
        float* factors = m_p.sums + query * m_p.arguments.splits;
        float maximum = -INFINITY;
        for (std::uint32_t first = 0; first < m_p.active; first += kBatch) {
            float2 weights[kBatch];
            loadWeights(query, first, weights);
#pragma unroll
            for (int i = 0; i < kBatch; ++i)
                if (first + i < m_p.active)
                    maximum = fmaxf(maximum, weights[i].x);
        }
        float total = 0.0F;
        for (std::uint32_t first = 0; first < m_p.active; first += kBatch) {
            float2 weights[kBatch];
            loadWeights(query, first, weights);
#pragma unroll
            for (int i = 0; i < kBatch; ++i)
                if (first + i < m_p.active) {
                    factors[first + i] = exp2Fast(weights[i].x - shiftOf(maximum));
                    total = __fmaf_rn(factors[first + i], weights[i].y, total);
                }
        }
        m_p.maxima[query] = total;
    }

    __device__ void loadWeights(std::uint32_t query, std::uint32_t first, float2 (&weights)[16]) const {
#pragma unroll
        for (int i = 0; i < 16; ++i)
            weights[i] = loadIf(first + i < m_p.active, m_p.arguments.weights + partialOf(first + i) + query);
    }

    const Place& m_p;
};

} // namespace strata::cuda
