// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/attention_kernels.h"
#include "cuda/kernels/kv_cache.cuh"
#include "cuda/kernels/rope.cuh"

#include <algorithm>

// Private to the few-token kernel: what its blocks are given and where they stand.
namespace strata::cuda {

constexpr int kFewWarps = 8;
constexpr int kFewThreads = 32 * kFewWarps;
constexpr std::uint32_t kWarpRows = 16;
constexpr std::uint32_t kTileRows = kWarpRows * kFewWarps;
static_assert(kSplitTokens <= kTileRows, "the new rows touch two tiles at most");

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
    QuantisedRows quantised; // of attended
    std::uint32_t sameBytes = 0x3210; // for __byte_perm(), unknown to the compiler: see HalfKeys
};

// Shared memory of a block.
template <int kHead, int kTiles, bool kIsQ8>
struct FewLayout {
    static constexpr int kQueries = 8 * kTiles;
    static constexpr int kQueryStride = (kHead + 31) / 64 * 64 + 32; // halves: two rows fill all banks
    static constexpr int kSumStride = kHead + 2;
    static constexpr int kNewRowBytes = kIsQ8 ? kHead + (kHead / 16 + 15) / 16 * 16 : 2 * kHead;
    static constexpr std::size_t kNewRows = std::size_t(2) * kQueries * kQueryStride;
    static constexpr int kJoinTiles = kTiles > 1 && kHead <= 128 ? 2 : 1; // whose warps are joined at once
    static constexpr int kShared = kFewWarps * 8 * kJoinTiles;            // sums in shared memory
    static constexpr std::size_t kSums = 4 * kShared * kSumStride;
    static constexpr std::size_t kMaxima = 4 * 2 * kShared;
    // New rows of q8_0 are rotated to floats first, where the sums will be.
    static std::size_t byteCount(std::uint32_t tokens) {
        const std::size_t floats = kIsQ8 ? std::size_t(8) * tokens * kHead : 0;
        return kNewRows + std::size_t(2) * tokens * kNewRowBytes + kMaxima + std::max(kSums, floats);
    }
};

template <int kHead, int kTiles, bool kIsQ8>
struct FewPlace {
    using Layout = FewLayout<kHead, kTiles, kIsQ8>;

    __device__ FewPlace(const FewArguments& all, std::byte* shared)
        : arguments(all), kvHead(blockIdx.y), firstQuery(blockIdx.z * Layout::kQueries), warp(threadIdx.x / 32),
          lane(threadIdx.x % 32), g(lane / 4), c(lane % 4), cached(*all.cacheLength), rows(cached + all.tokens),
          active(min((rows + kTileRows - 1) / kTileRows, all.splits)),
          queryCount(min(Layout::kQueries, all.tokens * all.group - firstQuery)) {
        queries = reinterpret_cast<__half*>(shared);
        newKeys = shared + Layout::kNewRows;
        newValues = newKeys + all.tokens * Layout::kNewRowBytes;
        maxima = reinterpret_cast<float*>(newValues + all.tokens * Layout::kNewRowBytes);
        sums = maxima + Layout::kMaxima / 4;
    }

    __device__ std::uint32_t tokenOf(std::uint32_t query) const { return (firstQuery + query) / arguments.group; }

    // Index among (token, head) of the pass.
    __device__ std::uint32_t headOf(std::uint32_t query) const {
        const std::uint32_t at = firstQuery + query;
        return (at / arguments.group * arguments.kvHeads + kvHead) * arguments.group + at % arguments.group;
    }

    const FewArguments& arguments;
    const std::uint32_t kvHead, firstQuery;
    const int warp, lane, g, c;       // g = lane / 4, c = lane % 4
    const std::uint32_t cached, rows; // of the cache before this pass, and after it
    const std::uint32_t active;       // splits that have rows
    const std::uint32_t queryCount;   // of this block

    // Shared memory.
    __half* queries;    // (query, dimension), turned and scaled
    std::byte* newKeys; // the rows that this pass appends, if the block needs them
    std::byte* newValues;
    float* maxima; // (warp, 8 queries), then totals
    float* sums;   // (tile, warp, 8 queries, dimension)
};

} // namespace strata::cuda
