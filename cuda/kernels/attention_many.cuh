// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_kernels.h"
#include "cuda/kernels/attention_mma.cuh"
#include "cuda/kernels/kv_cache.cuh"
#include "cuda/runtime/check.h"

#include <cmath>
#include <type_traits>

// Attention of many tokens, whose keys and values are in the cache already (FlashAttention-2, arXiv 2307.08691).
//
// The queries of one key-value head are numbered token by token, head by head of the group; a block takes 128 of them
// and all rows that they see, tile by tile through shared memory, the next one on its way while one is computed with.
// A warp takes 16 queries with a running softmax in registers.
namespace strata::cuda {

constexpr int kManyWarps = 8;
constexpr int kManyThreads = 32 * kManyWarps;
constexpr std::uint32_t kManyQueries = 16 * kManyWarps;

struct ManyArguments {
    const float* q; // rotated
    const std::uint32_t* cacheLength;
    const std::uint64_t* visible;
    CacheRows cache;
    std::uint32_t tokens, group, kvHeads;
    float scoreScale;
    float* attended;
};

// Four 8x8 matrices of halves from shared memory; lane i says where row i % 8 of matrix i / 8 lies.
__device__ inline void loadMatrices(std::uint32_t (&out)[4], const __half* row) {
    const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
}
__device__ inline void loadTransposedMatrices(std::uint32_t (&out)[4], const __half* row) {
    const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(at)
                 : "memory");
}

// 16 bytes on their way to shared memory; zeros where there is nothing to copy.
__device__ inline void copyAsync(__half* target, const std::byte* source, bool isThere) {
    const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(target));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(source), "r"(isThere ? 16 : 0)
                 : "memory");
}
__device__ inline void commitCopies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kPending>
__device__ void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

template <int kHead, bool kIsQ8>
class ManyBlock {
public:
    static constexpr int kRows = kHead == 80 ? 128 : kHead <= 128 ? 64 : 32; // of a tile
    static constexpr int kStride = kHead + 8;                                // halves: rows start in different banks
    static constexpr std::size_t kTileHalves = std::size_t(kRows) * kStride;
    static constexpr std::size_t kSharedBytes = 4 * kTileHalves * sizeof(__half); // keys, values, twice

    __device__ ManyBlock(const ManyArguments& arguments, __half* shared)
        : m_a(arguments), m_shared(shared), m_kvHead(blockIdx.y),
          m_first((gridDim.x - 1 - blockIdx.x) * kManyQueries), // the last see most rows: begin with them
          m_warp(threadIdx.x / 32), m_lane(threadIdx.x % 32), m_g(m_lane / 4), m_c(m_lane % 4),
          m_queryCount(arguments.tokens * arguments.group), m_cached(*arguments.cacheLength) {
        const std::uint32_t lastToken = (min(m_first + kManyQueries, m_queryCount) - 1) / m_a.group;
        m_rows = m_cached + (m_a.visible == nullptr ? lastToken + 1 : m_a.tokens);
    }

    __device__ void run() {
        takeQueries();
        stage(0, 0);
        const std::uint32_t tiles = (m_rows + kRows - 1) / kRows;
        for (std::uint32_t tile = 0; tile < tiles; ++tile) {
            waitForCopies<0>();
            __syncthreads(); // the tile is there, and all are done with the one before
            const bool hasNext = tile + 1 < tiles;
            if constexpr (kHoldsNext) {
                Held held[kPieces]; // loads are on their way while this tile is computed with
                if (hasNext)
                    hold((tile + 1) * kRows, held);
                addTile(tile * kRows, m_shared + tile % 2 * 2 * kTileHalves);
                if (hasNext)
                    putHeld((tile + 1) % 2, held);
            } else {
                if (hasNext)
                    stage((tile + 1) * kRows, (tile + 1) % 2);
                addTile(tile * kRows, m_shared + tile % 2 * 2 * kTileHalves);
            }
        }
        finish();
    }

private:
    static constexpr int kSteps = kHead / 16;
    static constexpr int kScoreTiles = kRows / 8;
    static constexpr int kSumTiles = kHead / 8;
    static constexpr int kPieces = kRows * kHead / 8 / kManyThreads; // of a tile, for each thread
    static_assert(kPieces * 8 * kManyThreads == kRows * kHead);
    static constexpr bool kHoldsNext = kIsQ8 && kHead <= 128; // larger heads leave no registers for it

    // The lane's two queries are rows g and g + 8 of its warp's.
    __device__ std::uint32_t queryOf(int which) const { return m_first + m_warp * 16 + m_g + 8 * which; }
    __device__ std::size_t placeOf(std::uint32_t query) const {
        return (std::size_t(query / m_a.group * m_a.kvHeads + m_kvHead) * m_a.group + query % m_a.group) * kHead;
    }

    __device__ void takeQueries() {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const bool isThere = queryOf(which) < m_queryCount;
            const float* source = m_a.q + (isThere ? placeOf(queryOf(which)) : 0);
#pragma unroll
            for (int step = 0; step < 2 * kSteps; ++step) {
                float2 pair = *reinterpret_cast<const float2*>(source + 8 * step + 2 * m_c);
                if (!isThere)
                    pair = make_float2(0.0F, 0.0F);
                m_queries[step / 2][step % 2 * 2 + which] =
                    packHalves(pair.x * m_a.scoreScale, pair.y * m_a.scoreScale);
            }
            m_maximum[which] = -INFINITY;
            m_total[which] = 0.0F;
        }
#pragma unroll
        for (int at = 0; at < kSumTiles; ++at)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                m_sum[at][i] = 0.0F;
    }

    // Where piece i of this thread, 8 elements of a row, comes from and goes to.
    struct Piece {
        std::uint32_t row, place, target; // in the cache, in the row, in a tile
        bool isThere;
    };
    __device__ Piece pieceAt(std::uint32_t firstRow, int i) const {
        constexpr int kOfRow = kHead / 8;
        const std::uint32_t at = threadIdx.x + i * kManyThreads;
        const std::uint32_t row = firstRow + at / kOfRow;
        const bool isThere = row < m_rows;
        return {
            isThere ? row : 0, m_kvHead * kHead + at % kOfRow * 8, at / kOfRow * kStride + at % kOfRow * 8, isThere};
    }

    // Puts keys and values of rows from `firstRow` on their way to buffer `which`.
    __device__ void stage(std::uint32_t firstRow, std::uint32_t which) {
        __half* keys = m_shared + which * 2 * kTileHalves;
        __half* values = keys + kTileHalves;
#pragma unroll
        for (int i = 0; i < kPieces; ++i) {
            const Piece piece = pieceAt(firstRow, i);
            if constexpr (kIsQ8) {
                put(keys + piece.target, take(m_a.cache.key(piece.row), piece));
                put(values + piece.target, take(m_a.cache.value(piece.row), piece));
            } else {
                copyAsync(keys + piece.target, m_a.cache.key(piece.row) + 2 * piece.place, piece.isThere);
                copyAsync(values + piece.target, m_a.cache.value(piece.row) + 2 * piece.place, piece.isThere);
            }
        }
        commitCopies();
    }

    // Eight numbers of a q8_0 row and their scale.
    struct Numbers {
        uint2 numbers;
        __half scale;
    };
    struct Held {
        Numbers keys, values;
    };
    __device__ Numbers take(const std::byte* row, const Piece& piece) const {
        if (!piece.isThere)
            return {make_uint2(0, 0), __ushort_as_half(0)};
        return {*reinterpret_cast<const uint2*>(row + piece.place),
            reinterpret_cast<const __half*>(row + m_a.cache.kvLength)[piece.place / kKvBlockLength]};
    }
    __device__ static void put(__half* target, const Numbers& eight) {
        const __half2 scale = __half2half2(eight.scale);
        const std::uint32_t low = eight.numbers.x ^ 0x80808080U;
        const std::uint32_t high = eight.numbers.y ^ 0x80808080U;
        *reinterpret_cast<uint4*>(target) =
            make_uint4(asWord(widenPair(low, 0x4140, scale)), asWord(widenPair(low, 0x4342, scale)),
                asWord(widenPair(high, 0x4140, scale)), asWord(widenPair(high, 0x4342, scale)));
    }
    __device__ void hold(std::uint32_t firstRow, Held (&held)[kPieces]) const {
#pragma unroll
        for (int i = 0; i < kPieces; ++i) {
            const Piece piece = pieceAt(firstRow, i);
            held[i] = {take(m_a.cache.key(piece.row), piece), take(m_a.cache.value(piece.row), piece)};
        }
    }
    __device__ void putHeld(std::uint32_t which, const Held (&held)[kPieces]) {
        __half* keys = m_shared + which * 2 * kTileHalves;
#pragma unroll
        for (int i = 0; i < kPieces; ++i) {
            const std::uint32_t target = pieceAt(0, i).target;
            put(keys + target, held[i].keys);
            put(keys + kTileHalves + target, held[i].values);
        }
    }

    __device__ void addTile(std::uint32_t firstRow, const __half* keys) {
        float scores[kScoreTiles][4];
        score(keys, scores);
        if (firstRow + kRows > m_cached)
            hide(firstRow, scores);
        std::uint32_t weights[kRows / 16][4];
        weigh(scores, weights);
        addValues(keys + kTileHalves, weights);
    }

    __device__ void score(const __half* keys, float (&scores)[kScoreTiles][4]) const {
#pragma unroll
        for (int at = 0; at < kScoreTiles; ++at)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                scores[at][i] = 0.0F;
        // Matrices: rows 0..7 and 8..15 of a pair of score tiles, each by the two halves of a step.
        const __half* corner = keys + (m_lane % 8 + m_lane / 16 * 8) * kStride + m_lane / 8 % 2 * 8;
#pragma unroll
        for (int step = 0; step < kSteps; ++step)
#pragma unroll
            for (int at = 0; at < kScoreTiles; at += 2) {
                std::uint32_t b[4];
                loadMatrices(b, corner + at * 8 * kStride + step * 16);
                multiplyAdd(scores[at], m_queries[step], b[0], b[1]);
                multiplyAdd(scores[at + 1], m_queries[step], b[2], b[3]);
            }
    }

    __device__ void hide(std::uint32_t firstRow, float (&scores)[kScoreTiles][4]) const {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t token = queryOf(which) / m_a.group;
            const bool isCausal = m_a.visible == nullptr || token >= m_a.tokens;
            const std::uint64_t seen = isCausal ? 0 : m_a.visible[token];
#pragma unroll
            for (int at = 0; at < kScoreTiles; ++at)
#pragma unroll
                for (int i = 0; i < 2; ++i) {
                    const std::uint32_t row = firstRow + 8 * at + 2 * m_c + i;
                    const std::uint32_t other = row - m_cached;
                    const bool isVisible =
                        row < m_cached || (row < m_rows && (isCausal ? other <= token : (seen >> other & 1) != 0));
                    if (!isVisible)
                        scores[at][2 * which + i] = -INFINITY;
                }
        }
    }

    __device__ void weigh(float (&scores)[kScoreTiles][4], std::uint32_t (&weights)[kRows / 16][4]) {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            float largest = m_maximum[which];
#pragma unroll
            for (int at = 0; at < kScoreTiles; ++at)
                largest = fmaxf(largest, fmaxf(scores[at][2 * which], scores[at][2 * which + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, 2));
            const float shift = largest == -INFINITY ? 0.0F : largest; // infinity minus infinity is no weight
            const float factor = exp2Fast(m_maximum[which] - shift);
            m_maximum[which] = largest;
            m_total[which] *= factor;
#pragma unroll
            for (int at = 0; at < kSumTiles; ++at) {
                m_sum[at][2 * which] *= factor;
                m_sum[at][2 * which + 1] *= factor;
            }
#pragma unroll
            for (int at = 0; at < kScoreTiles; ++at) {
                const float one = exp2Fast(scores[at][2 * which] - shift);
                const float other = exp2Fast(scores[at][2 * which + 1] - shift);
                m_total[which] += one + other;
                weights[at / 2][at % 2 * 2 + which] = packHalves(one, other);
            }
        }
    }

    __device__ void addValues(const __half* values, const std::uint32_t (&weights)[kRows / 16][4]) {
        // Matrices: rows 0..7 and 8..15 of a step, each by two sum tiles.
        const __half* corner = values + m_lane % 16 * kStride + m_lane / 16 * 8;
#pragma unroll
        for (int step = 0; step < kRows / 16; ++step)
#pragma unroll
            for (int at = 0; at < kSumTiles; at += 2) {
                std::uint32_t b[4];
                loadTransposedMatrices(b, corner + step * 16 * kStride + at * 8);
                multiplyAdd(m_sum[at], weights[step], b[0], b[1]);
                multiplyAdd(m_sum[at + 1], weights[step], b[2], b[3]);
            }
    }

    __device__ void finish() {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            float total = m_total[which];
            total += __shfl_xor_sync(~0U, total, 1);
            total += __shfl_xor_sync(~0U, total, 2);
            const float factor = total > 0.0F ? 1.0F / total : 0.0F;
            if (queryOf(which) >= m_queryCount)
                continue;
            float* target = m_a.attended + placeOf(queryOf(which)) + 2 * m_c;
#pragma unroll
            for (int at = 0; at < kSumTiles; ++at)
                *reinterpret_cast<float2*>(target + 8 * at) =
                    make_float2(m_sum[at][2 * which] * factor, m_sum[at][2 * which + 1] * factor);
        }
    }

    const ManyArguments& m_a;
    __half* m_shared;
    const std::uint32_t m_kvHead, m_first;
    const int m_warp, m_lane, m_g, m_c;
    const std::uint32_t m_queryCount, m_cached;
    std::uint32_t m_rows; // that any of the block's queries sees
    std::uint32_t m_queries[kSteps][4];
    float m_maximum[2], m_total[2], m_sum[kSumTiles][4];
};

template <int kHead, bool kIsQ8>
__global__ __launch_bounds__(kManyThreads, 1) void attendManyKernel(const __grid_constant__ ManyArguments arguments) {
    extern __shared__ __align__(16) __half manyShared[];
    ManyBlock<kHead, kIsQ8>(arguments, manyShared).run();
}

template <int kHead, bool kIsQ8>
void launchMany(const AttentionCall& call) {
    const HeadShape& shape = call.shape;
    const ManyArguments arguments = {.q = call.job.q,
        .cacheLength = call.pass.cacheLength,
        .visible = call.pass.visible,
        .cache = {call.cache.keys, call.cache.values, call.rowBytes, shape.kvLength()},
        .tokens = call.job.m,
        .group = shape.groupSize(),
        .kvHeads = shape.kvHeadCount,
        .scoreScale = kLog2E / std::sqrt(float(kHead)),
        .attended = call.job.attended};
    const auto kernel = attendManyKernel<kHead, kIsQ8>;
    constexpr std::size_t kSharedBytes = ManyBlock<kHead, kIsQ8>::kSharedBytes;
    checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(kSharedBytes)),
        "preparing attention");
    const std::uint32_t blocks = (arguments.tokens * arguments.group + kManyQueries - 1) / kManyQueries;
    kernel<<<dim3(blocks, shape.kvHeadCount), kManyThreads, kSharedBytes, call.launch.stream>>>(arguments);
    checkLaunch("attention");
}

} // namespace strata::cuda
