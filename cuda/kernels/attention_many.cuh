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
// A warp takes 32 queries, of long heads 16, with a running softmax in registers.
namespace strata::cuda {

constexpr std::uint32_t kManyQueries = 128; // of a block

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
    static constexpr int kTiles = kHead <= 128 ? 2 : 1; // of 16 queries a warp
    static constexpr int kThreads = 32 * int(kManyQueries) / (16 * kTiles);
    static constexpr int kRows = kHead <= 80 ? 64 : 32; // of a tile of the cache
    static constexpr int kStride = kHead + 8;           // halves: rows start in different banks
    static constexpr std::size_t kTileHalves = std::size_t(kRows) * kStride;
    // Keys and values, twice; before them the queries, where they would not all fit into registers.
    static constexpr std::size_t kQueryHalves = kTiles == 1 ? 0 : kManyQueries * kStride;
    static constexpr std::size_t kSharedBytes = (kQueryHalves + 4 * kTileHalves) * sizeof(__half);

    __device__ ManyBlock(const ManyArguments& arguments, __half* shared)
        : m_a(arguments), m_queryRows(shared), m_shared(shared + kQueryHalves), m_kvHead(blockIdx.y),
          m_first((gridDim.x - 1 - blockIdx.x) * kManyQueries), // the last see most rows: begin with them
          m_warp(threadIdx.x / 32), m_lane(threadIdx.x % 32), m_g(m_lane / 4), m_c(m_lane % 4),
          m_queryCount(arguments.tokens * arguments.group), m_cached(*arguments.cacheLength) {
        const std::uint32_t lastToken = (min(m_first + kManyQueries, m_queryCount) - 1) / m_a.group;
        m_rows = m_cached + (m_a.visible == nullptr ? lastToken + 1 : m_a.tokens);
    }

    __device__ void run() {
        start();
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
    static constexpr int kPieces = kRows * kHead / 8 / kThreads; // of a tile, for each thread
    static_assert(kPieces * 8 * kThreads == kRows * kHead);
    static constexpr bool kHoldsNext = kIsQ8 && kHead <= 128; // larger heads leave no registers for it

    // The lane's queries are rows g and g + 8 of each of its warp's tiles.
    __device__ std::uint32_t queryOf(int tile, int which) const {
        return m_first + (m_warp * kTiles + tile) * 16 + m_g + 8 * which;
    }
    __device__ std::size_t placeOf(std::uint32_t query) const {
        return (std::size_t(query / m_a.group * m_a.kvHeads + m_kvHead) * m_a.group + query % m_a.group) * kHead;
    }

    __device__ void start() {
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile) {
#pragma unroll
            for (int which = 0; which < 2; ++which) {
                m_maximum[tile][which] = -INFINITY;
                m_total[tile][which] = 0.0F;
                takeQuery(tile, which);
            }
#pragma unroll
            for (int at = 0; at < kSumTiles; ++at)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    m_sum[tile][at][i] = 0.0F;
        }
    }

    // Into registers, or the warp's own rows of shared memory.
    __device__ void takeQuery(int tile, int which) {
        const std::uint32_t query = queryOf(tile, which);
        const bool isThere = query < m_queryCount;
        const float* source = m_a.q + (isThere ? placeOf(query) : 0) + 2 * m_c;
        float2 pairs[2 * kSteps]; // all on their way before the first is stored
#pragma unroll
        for (int at = 0; at < 2 * kSteps; ++at)
            pairs[at] = *reinterpret_cast<const float2*>(source + 8 * at);
        const float scale = isThere ? m_a.scoreScale : 0.0F;
#pragma unroll
        for (int at = 0; at < 2 * kSteps; ++at) {
            const std::uint32_t halves = packHalves(pairs[at].x * scale, pairs[at].y * scale);
            if constexpr (kTiles == 1)
                m_queries[at / 2][at % 2 * 2 + which] = halves;
            else
                *reinterpret_cast<std::uint32_t*>(m_queryRows + (query - m_first) * kStride + 8 * at + 2 * m_c) =
                    halves;
        }
    }

    __device__ void queryOperand(int tile, int step, std::uint32_t (&a)[4]) const {
        if constexpr (kTiles == 1) {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                a[i] = m_queries[step][i];
        } else {
            const int row = (m_warp * kTiles + tile) * 16 + m_lane % 16;
            loadMatrices(a, m_queryRows + row * kStride + m_lane / 16 * 8 + step * 16);
        }
    }

    // Where piece i of this thread, 8 elements of a row, comes from and goes to.
    struct Piece {
        std::uint32_t row, place, target; // in the cache, in the row, in a tile
        bool isThere;
    };
    __device__ Piece pieceAt(std::uint32_t firstRow, int i) const {
        constexpr int kOfRow = kHead / 8;
        const std::uint32_t at = threadIdx.x + i * kThreads;
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
        float scores[kTiles][kScoreTiles][4];
        score(keys, scores);
        std::uint32_t weights[kTiles][kRows / 16][4];
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile) {
            if (firstRow + kRows > m_cached)
                hide(tile, firstRow, scores[tile]);
#pragma unroll
            for (int which = 0; which < 2; ++which)
                weigh(tile, which, scores[tile], weights[tile]);
        }
        addValues(keys + kTileHalves, weights);
    }

    __device__ void score(const __half* keys, float (&scores)[kTiles][kScoreTiles][4]) const {
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int at = 0; at < kScoreTiles; ++at)
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    scores[tile][at][i] = 0.0F;
        // Matrices: rows 0..7 and 8..15 of a pair of score tiles, each by the two halves of a step.
        const __half* corner = keys + (m_lane % 8 + m_lane / 16 * 8) * kStride + m_lane / 8 % 2 * 8;
#pragma unroll
        for (int step = 0; step < kSteps; ++step) {
            std::uint32_t a[kTiles][4];
#pragma unroll
            for (int tile = 0; tile < kTiles; ++tile)
                queryOperand(tile, step, a[tile]);
#pragma unroll
            for (int at = 0; at < kScoreTiles; at += 2) {
                std::uint32_t b[4];
                loadMatrices(b, corner + at * 8 * kStride + step * 16);
#pragma unroll
                for (int tile = 0; tile < kTiles; ++tile) {
                    multiplyAdd(scores[tile][at], a[tile], b[0], b[1]);
                    multiplyAdd(scores[tile][at + 1], a[tile], b[2], b[3]);
                }
            }
        }
    }

    __device__ void hide(int tile, std::uint32_t firstRow, float (&scores)[kScoreTiles][4]) const {
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const std::uint32_t token = queryOf(tile, which) / m_a.group;
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

    // Scores of one row of a tile to weights relative to the largest so far.
    __device__ void weigh(
        int tile, int which, float (&scores)[kScoreTiles][4], std::uint32_t (&weights)[kRows / 16][4]) {
        float largest = m_maximum[tile][which];
#pragma unroll
        for (int at = 0; at < kScoreTiles; ++at)
            largest = fmaxf(largest, fmaxf(scores[at][2 * which], scores[at][2 * which + 1]));
        largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(~0U, largest, 2));
        const float shift = largest == -INFINITY ? 0.0F : largest;              // infinity minus infinity is no weight
        if (kTiles == 1 || __any_sync(~0U, largest > m_maximum[tile][which])) { // seldom, far into a context
            const float factor = exp2Fast(m_maximum[tile][which] - shift);
            m_maximum[tile][which] = largest;
            m_total[tile][which] *= factor;
#pragma unroll
            for (int at = 0; at < kSumTiles; ++at) {
                m_sum[tile][at][2 * which] *= factor;
                m_sum[tile][at][2 * which + 1] *= factor;
            }
        }
#pragma unroll
        for (int at = 0; at < kScoreTiles; ++at) {
            const float one = exp2Fast(scores[at][2 * which] - shift);
            const float other = exp2Fast(scores[at][2 * which + 1] - shift);
            m_total[tile][which] += one + other;
            weights[at / 2][at % 2 * 2 + which] = packHalves(one, other);
        }
    }

    __device__ void addValues(const __half* values, const std::uint32_t (&weights)[kTiles][kRows / 16][4]) {
        // Matrices: rows 0..7 and 8..15 of a step, each by two sum tiles.
        const __half* corner = values + m_lane % 16 * kStride + m_lane / 16 * 8;
#pragma unroll
        for (int step = 0; step < kRows / 16; ++step)
#pragma unroll
            for (int at = 0; at < kSumTiles; at += 2) {
                std::uint32_t b[4];
                loadTransposedMatrices(b, corner + step * 16 * kStride + at * 8);
#pragma unroll
                for (int tile = 0; tile < kTiles; ++tile) {
                    multiplyAdd(m_sum[tile][at], weights[tile][step], b[0], b[1]);
                    multiplyAdd(m_sum[tile][at + 1], weights[tile][step], b[2], b[3]);
                }
            }
    }

    __device__ void finish() {
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
#pragma unroll
            for (int which = 0; which < 2; ++which) {
                float total = m_total[tile][which];
                total += __shfl_xor_sync(~0U, total, 1);
                total += __shfl_xor_sync(~0U, total, 2);
                const float factor = total > 0.0F ? 1.0F / total : 0.0F;
                if (queryOf(tile, which) >= m_queryCount)
                    continue;
                float* target = m_a.attended + placeOf(queryOf(tile, which)) + 2 * m_c;
#pragma unroll
                for (int at = 0; at < kSumTiles; ++at)
                    *reinterpret_cast<float2*>(target + 8 * at) =
                        make_float2(m_sum[tile][at][2 * which] * factor, m_sum[tile][at][2 * which + 1] * factor);
            }
    }

    const ManyArguments& m_a;
    __half* m_queryRows;
    __half* m_shared;
    const std::uint32_t m_kvHead, m_first;
    const int m_warp, m_lane, m_g, m_c;
    const std::uint32_t m_queryCount, m_cached;
    std::uint32_t m_rows; // that any of the block's queries sees
    std::uint32_t m_queries[kTiles == 1 ? kSteps : 1][4];
    float m_maximum[kTiles][2], m_total[kTiles][2], m_sum[kTiles][kSumTiles][4];
};

template <int kHead, bool kIsQ8>
__global__ __launch_bounds__(ManyBlock<kHead, kIsQ8>::kThreads) void attendManyKernel(
    const __grid_constant__ ManyArguments arguments) {
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
    kernel<<<dim3(blocks, shape.kvHeadCount), ManyBlock<kHead, kIsQ8>::kThreads, kSharedBytes, call.launch.stream>>>(
        arguments);
    checkLaunch("attention");
}

} // namespace strata::cuda
