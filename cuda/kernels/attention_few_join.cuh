// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_few_place.cuh"
#include "cuda/kernels/attention_mma.cuh"
#include "cuda/kernels/quantise.h"

// Private to the few-token kernel: joining the sums of warps, then of splits.
namespace strata::cuda {

// Weighted sums of two dimensions, relative to the largest score so far.
struct RunningSum {
    float maximum = -INFINITY;
    float total = 0.0F;
    float2 sum = {0.0F, 0.0F};

    __device__ float shift() const {
        return maximum == -INFINITY ? 0.0F : maximum;
    } // infinity minus infinity: no weight
    __device__ void raise(float to) {
        const float before = maximum;
        maximum = to;
        const float factor = exp2Fast(before - shift());
        total *= factor;
        sum.x *= factor;
        sum.y *= factor;
    }
    // `weight` is another sum's maximum, at most this one's, and its total.
    __device__ void add(float2 weight, float2 other) {
        const float factor = exp2Fast(weight.x - shift());
        total = __fmaf_rn(factor, weight.y, total);
        sum.x = __fmaf_rn(factor, other.x, sum.x);
        sum.y = __fmaf_rn(factor, other.y, sum.y);
    }
};

// storeQuantised() with two values a lane: each half of a warp gives 32 of them, those from column `at` on (counted
// through all rows), or nothing.
__device__ inline void storeQuantisedPair(
    float2 value, std::size_t at, int lane, bool isThere, const QuantisedRows& out) {
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
    *reinterpret_cast<char2*>(out.q + at) =
        make_char2(static_cast<signed char>(first), static_cast<signed char>(second));
    if (lane % 16 == 0)
        out.scaleAndSum[at / 32] = make_float2(scale, scale * static_cast<float>(sum));
}

template <int kHead, int kTiles, bool kIsQ8>
class FewJoin {
    using Place = FewPlace<kHead, kTiles, kIsQ8>;
    using Layout = typename Place::Layout;
    static constexpr int kBatch = 16; // splits joined at once

public:
    explicit __device__ FewJoin(const Place& place) : m_p(place) {}

    // Joins 8 queries, numbered from `first` on, whose maxima, totals and sums all warps have put into shared memory.
    __device__ void joinWarps(std::uint32_t first) {
        const std::uint32_t count = min(8U, m_p.queryCount - first) * (kHead / 2);
        for (std::uint32_t at = 0; at < count; at += kFewThreads)
            joinWarpsAt(first, at + threadIdx.x, at + threadIdx.x < count);
    }

    // If this was the last block of its queries: joins the splits in their order.
    __device__ void joinSplits() {
        if (m_p.active > 1 && isLastBlock())
            joinAllSplits();
    }

private:
    // `at` counts pairs of dimensions of a tile's queries. Whole warps come here, for emit().
    __device__ void joinWarpsAt(std::uint32_t firstOfTile, std::uint32_t at, bool isThere) {
        const std::uint32_t query = isThere ? at / (kHead / 2) : 0;
        const std::uint32_t dimension = at % (kHead / 2) * 2;
        const float* totals = m_p.maxima + kFewWarps * 8;
        RunningSum joined;
#pragma unroll
        for (int warp = 0; warp < kFewWarps; ++warp)
            joined.maximum = fmaxf(joined.maximum, m_p.maxima[warp * 8 + query]);
#pragma unroll
        for (int warp = 0; warp < kFewWarps; ++warp) {
            const int place = warp * 8 + query;
            joined.add(make_float2(m_p.maxima[place], totals[place]),
                *reinterpret_cast<const float2*>(m_p.sums + place * Layout::kSumStride + dimension));
        }
        if (m_p.active == 1) {
            emit(firstOfTile + query, dimension, joined, isThere);
        } else if (isThere) {
            const std::size_t place = partialOf(blockIdx.x) + firstOfTile + query;
            *reinterpret_cast<float2*>(m_p.arguments.sums + place * kHead + dimension) = joined.sum;
            if (dimension == 0)
                m_p.arguments.weights[place] = make_float2(joined.maximum, joined.total);
        }
    }

    __device__ std::size_t partialOf(std::uint32_t split) const {
        return (std::size_t(m_p.kvHead * gridDim.z + blockIdx.z) * m_p.arguments.splits + split) * Layout::kQueries;
    }

    // Two dimensions of the result, and with those of 15 lanes beside them 32 columns rounded to int8.
    __device__ void emit(std::uint32_t query, std::uint32_t dimension, const RunningSum& joined, bool isThere) const {
        const float factor = joined.total > 0.0F ? __fdiv_rn(1.0F, joined.total) : 0.0F;
        const float2 value = make_float2(__fmul_rn(joined.sum.x, factor), __fmul_rn(joined.sum.y, factor));
        const std::size_t at = std::size_t(m_p.headOf(query)) * kHead + dimension;
        if (isThere)
            *reinterpret_cast<float2*>(m_p.arguments.attended + at) = value;
        if (kHead % 32 == 0 && m_p.arguments.quantised.q != nullptr)
            storeQuantisedPair(value, at, m_p.lane, isThere, m_p.arguments.quantised);
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

    __device__ void joinAllSplits() {
        const std::uint32_t count = m_p.queryCount * (kHead / 2);
        for (std::uint32_t first = 0; first < count; first += kFewThreads) {
            const std::uint32_t at = first + threadIdx.x;
            const std::uint32_t query = at < count ? at / (kHead / 2) : 0;
            const std::uint32_t dimension = at % (kHead / 2) * 2;
            RunningSum joined;
            for (std::uint32_t split = 0; split < m_p.active; split += kBatch)
                joinBatch(split, query, dimension, joined);
            emit(query, dimension, joined, at < count);
        }
    }

    // The partial sums of up to kBatch splits, all on their way at once. Those that are not there weigh nothing.
    __device__ void joinBatch(
        std::uint32_t split, std::uint32_t query, std::uint32_t dimension, RunningSum& joined) const {
        float2 weights[kBatch];
        float2 sums[kBatch];
#pragma unroll
        for (int i = 0; i < kBatch; ++i) {
            weights[i] = make_float2(-INFINITY, 0.0F);
            sums[i] = make_float2(0.0F, 0.0F);
            if (split + i < m_p.active) {
                const std::size_t place = partialOf(split + i) + query;
                weights[i] = __ldcg(m_p.arguments.weights + place);
                sums[i] = __ldcg(reinterpret_cast<const float2*>(m_p.arguments.sums + place * kHead + dimension));
            }
        }
        float maximum = joined.maximum;
#pragma unroll
        for (int i = 0; i < kBatch; ++i)
            maximum = fmaxf(maximum, weights[i].x);
        joined.raise(maximum);
#pragma unroll
        for (int i = 0; i < kBatch; ++i)
            joined.add(weights[i], sums[i]);
    }

    const Place& m_p;
};

} // namespace strata::cuda
