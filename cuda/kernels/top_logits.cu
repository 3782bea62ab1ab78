// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/top_logits.h"

#include "cuda/runtime/dependent_launch.cuh"

// Selection by value bins. A first kernel counts how many logits fall into each of 4096 bins of their upper bits; the
// last of its blocks to finish finds the bin that holds the 256th. A second kernel gathers everything from that bin up,
// which is a little more than 256, and its last block drops what it can tell by the next bits and sorts the rest. Where
// a bin is so full that this list overflows (many equal logits), that block finds the exact bound by radix selection
// instead. Counters are integers and the list is sorted by keys that are all different, so the result does not depend
// on the order in which blocks run.

namespace strata::cuda {
namespace {

constexpr int kThreads = 512;
constexpr int kBinBits = 12;
constexpr int kBins = 1 << kBinBits;
constexpr std::uint32_t kListLength = 4096;       // keys that the last block can sort
constexpr std::uint32_t kSortedAtOnce = kThreads; // a list so short is sorted as it is
constexpr int kBlocksPerRow = 96;

// Zero between calls, save `threshold` and `list`.
struct Scratch {
    std::uint32_t counts[kBins];
    std::uint32_t finishedCounting;
    std::uint32_t finishedGathering;
    std::uint32_t listLength;
    std::uint32_t threshold; // the lowest bin that is gathered
    std::uint64_t list[kListLength];
};

// Larger logits have larger keys; of equal ones, the lower id has. All keys of a row differ.
__device__ std::uint64_t keyOf(float logit, std::uint32_t id) {
    std::uint32_t bits = __float_as_uint(logit == 0.0F ? 0.0F : logit); // -0 equals 0
    if (isnan(logit))
        bits = 0xFFFFFFFFU;
    else
        bits = bits >> 31 ? ~bits : bits | 0x80000000U;
    return std::uint64_t(bits) << 32 | ~id;
}

__device__ std::uint32_t idOf(std::uint64_t key) {
    return ~static_cast<std::uint32_t>(key);
}

__device__ std::uint32_t binOf(std::uint64_t key) {
    return static_cast<std::uint32_t>(key >> (64 - kBinBits));
}

// visit(key) for this block's share of a row's logits. Loads are batched: their latency is most of the time.
template <typename Visit>
__device__ void forShare(const float* logits, std::uint32_t vocabularySize, const Visit& visit) {
    constexpr std::uint32_t kBatch = 4;
    const std::uint32_t stride = gridDim.x * kThreads;
    for (std::uint32_t first = blockIdx.x * kThreads + threadIdx.x; first < vocabularySize; first += kBatch * stride) {
        float batch[kBatch];
#pragma unroll
        for (std::uint32_t i = 0; i < kBatch; ++i)
            batch[i] = first + i * stride < vocabularySize ? logits[first + i * stride] : 0.0F;
#pragma unroll
        for (std::uint32_t i = 0; i < kBatch; ++i)
            if (first + i * stride < vocabularySize)
                visit(keyOf(batch[i], first + i * stride));
    }
}

// True in every thread of the last of this row's blocks to come here; what the others wrote before is then visible.
__device__ bool isLastBlock(std::uint32_t& finished) {
    __shared__ bool isLast;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        isLast = atomicAdd(&finished, 1U) + 1 == gridDim.x;
        if (isLast)
            finished = 0;
    }
    __syncthreads();
    if (isLast)
        __threadfence();
    return isLast;
}

// The highest bin from which up there are at least `wanted` of `counts` (kCount), which are cleared.
template <int kCount>
__device__ std::uint32_t takeThreshold(std::uint32_t* counts, std::uint32_t wanted) {
    constexpr int kPerThread = kCount / kThreads;
    __shared__ std::uint32_t sums[kThreads];
    __shared__ std::uint32_t threshold;
    // Thread t holds the bins [first, first + kPerThread), counted from the top as t grows.
    const int first = kCount - (static_cast<int>(threadIdx.x) + 1) * kPerThread;
    std::uint32_t own[kPerThread];
    std::uint32_t sum = 0;
#pragma unroll
    for (int i = 0; i < kPerThread; ++i)
        own[i] = counts[first + i];
#pragma unroll
    for (int i = 0; i < kPerThread; ++i) {
        counts[first + i] = 0;
        sum += own[i];
    }
    sums[threadIdx.x] = sum;
    if (threadIdx.x == 0)
        threshold = 0;
    for (int distance = 1; distance < kThreads; distance *= 2) { // inclusive sums, from the top
        __syncthreads();
        const std::uint32_t before = static_cast<int>(threadIdx.x) >= distance ? sums[threadIdx.x - distance] : 0;
        __syncthreads();
        sums[threadIdx.x] += before;
    }
    __syncthreads();
    std::uint32_t above = sums[threadIdx.x] - sum;
    if (above < wanted && sums[threadIdx.x] >= wanted)
        for (int i = kPerThread - 1; i >= 0; --i) {
            above += own[i];
            if (above >= wanted) {
                threshold = static_cast<std::uint32_t>(first + i);
                break;
            }
        }
    __syncthreads();
    return threshold;
}

__global__ void __launch_bounds__(kThreads)
    countKernel(const float* allLogits, std::uint32_t vocabularySize, Scratch* allScratch) {
    __shared__ std::uint32_t counts[kBins];
    allowDependents();
    Scratch& scratch = allScratch[blockIdx.y];
    const float* logits = allLogits + std::size_t(blockIdx.y) * vocabularySize;
    for (int bin = static_cast<int>(threadIdx.x); bin < kBins; bin += kThreads)
        counts[bin] = 0;
    waitForProducers();
    __syncthreads();
    forShare(logits, vocabularySize, [&](std::uint64_t key) { atomicAdd(&counts[binOf(key)], 1U); });
    __syncthreads();
    for (int bin = static_cast<int>(threadIdx.x); bin < kBins; bin += kThreads)
        if (counts[bin] != 0)
            atomicAdd(&scratch.counts[bin], counts[bin]);
    if (!isLastBlock(scratch.finishedCounting))
        return;
    const std::uint32_t threshold = takeThreshold<kBins>(scratch.counts, min(kTopLogitCount, vocabularySize));
    if (threadIdx.x == 0)
        scratch.threshold = threshold;
}

// The key above or at which there are exactly `wanted`, found digit by digit from the top. One block.
__device__ std::uint64_t exactBound(
    const float* logits, std::uint32_t vocabularySize, std::uint32_t wanted, std::uint32_t* counts) {
    constexpr int kDigitBits = 8;
    __shared__ std::uint64_t bound;
    __shared__ std::uint32_t left; // of `wanted`, among the keys that begin like the bound
    if (threadIdx.x == 0) {
        bound = 0;
        left = wanted;
    }
    for (int shift = 64 - kDigitBits; shift >= 0; shift -= kDigitBits) {
        for (int digit = static_cast<int>(threadIdx.x); digit < 1 << kDigitBits; digit += kThreads)
            counts[digit] = 0;
        __syncthreads();
        const std::uint64_t known = shift + kDigitBits == 64 ? 0 : ~std::uint64_t(0) << (shift + kDigitBits);
        for (std::uint32_t id = threadIdx.x; id < vocabularySize; id += kThreads) {
            const std::uint64_t key = keyOf(logits[id], id);
            if ((key & known) == bound)
                atomicAdd(&counts[key >> shift & ((1 << kDigitBits) - 1)], 1U);
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            int digit = (1 << kDigitBits) - 1;
            for (; counts[digit] < left; --digit)
                left -= counts[digit];
            bound |= std::uint64_t(digit) << shift;
        }
        __syncthreads();
    }
    return bound;
}

// Descending, by a bitonic network; length is a power of two.
__device__ void sortKeys(std::uint64_t* keys, std::uint32_t length) {
    for (std::uint32_t run = 2; run <= length; run *= 2)
        for (std::uint32_t distance = run / 2; distance > 0; distance /= 2) {
            __syncthreads();
            for (std::uint32_t pair = threadIdx.x; pair < length / 2; pair += kThreads) {
                const std::uint32_t low = 2 * pair - (pair & (distance - 1));
                const std::uint32_t high = low + distance;
                const std::uint64_t a = keys[low];
                const std::uint64_t b = keys[high];
                const bool isDescending = (low & run) == 0;
                if ((a < b) == isDescending) {
                    keys[low] = b;
                    keys[high] = a;
                }
            }
        }
    __syncthreads();
}

// Drops most keys of the threshold's bin that are not among the `wanted` largest, by their next bits. One block.
__device__ std::uint32_t narrow(
    std::uint64_t* keys, std::uint32_t count, std::uint32_t threshold, std::uint32_t wanted) {
    constexpr int kDigitBits = 11;
    constexpr int kDigits = 1 << kDigitBits;
    __shared__ std::uint32_t counts[kDigits];
    __shared__ std::uint32_t above;
    __shared__ std::uint32_t kept;
    const auto digitOf = [](std::uint64_t key) {
        return static_cast<std::uint32_t>(key >> (64 - kBinBits - kDigitBits)) & (kDigits - 1);
    };
    for (int digit = static_cast<int>(threadIdx.x); digit < kDigits; digit += kThreads)
        counts[digit] = 0;
    if (threadIdx.x == 0)
        above = kept = 0;
    __syncthreads();
    std::uint64_t own[kListLength / kThreads]; // 0, below every key: none
#pragma unroll
    for (std::uint32_t i = 0; i < kListLength / kThreads; ++i) {
        const std::uint32_t place = threadIdx.x + i * kThreads;
        own[i] = place < count ? keys[place] : 0;
        if (own[i] != 0)
            atomicAdd(binOf(own[i]) > threshold ? &above : &counts[digitOf(own[i])], 1U);
    }
    __syncthreads();
    const std::uint32_t lowest = takeThreshold<kDigits>(counts, wanted - above);
#pragma unroll
    for (std::uint32_t i = 0; i < kListLength / kThreads; ++i)
        if (own[i] != 0 && (binOf(own[i]) > threshold || digitOf(own[i]) >= lowest))
            keys[atomicAdd(&kept, 1U)] = own[i];
    __syncthreads();
    return kept;
}

// Gathers again, only what is at or above the bound: at most kTopLogitCount keys. One block.
__device__ std::uint32_t gatherExactly(
    const float* logits, std::uint32_t vocabularySize, std::uint32_t wanted, std::uint64_t* keys) {
    __shared__ std::uint32_t count;
    const std::uint64_t bound = exactBound(logits, vocabularySize, wanted, reinterpret_cast<std::uint32_t*>(keys));
    if (threadIdx.x == 0)
        count = 0;
    __syncthreads();
    for (std::uint32_t id = threadIdx.x; id < vocabularySize; id += kThreads)
        if (const std::uint64_t key = keyOf(logits[id], id); key >= bound)
            keys[atomicAdd(&count, 1U)] = key;
    __syncthreads();
    return count;
}

__global__ void __launch_bounds__(kThreads, 2)
    gatherKernel(const float* allLogits, std::uint32_t vocabularySize, Scratch* allScratch, TopLogit* allBest) {
    __shared__ std::uint64_t keys[kListLength];
    allowDependents();
    waitForProducers();
    Scratch& scratch = allScratch[blockIdx.y];
    const float* logits = allLogits + std::size_t(blockIdx.y) * vocabularySize;
    const std::uint32_t threshold = scratch.threshold;
    forShare(logits, vocabularySize, [&](std::uint64_t key) {
        if (binOf(key) < threshold)
            return;
        const std::uint32_t place = atomicAdd(&scratch.listLength, 1U);
        if (place < kListLength)
            scratch.list[place] = key;
    });
    if (!isLastBlock(scratch.finishedGathering))
        return;
    const std::uint32_t wanted = min(kTopLogitCount, vocabularySize);
    std::uint32_t count = __ldcg(&scratch.listLength);
    __syncthreads();
    if (threadIdx.x == 0)
        scratch.listLength = 0;
    if (count <= kListLength)
        for (std::uint32_t i = threadIdx.x; i < count; i += kThreads)
            keys[i] = __ldcg(&scratch.list[i]);
    else
        count = gatherExactly(logits, vocabularySize, wanted, keys);
    __syncthreads();
    if (count > kSortedAtOnce)
        count = narrow(keys, count, threshold, wanted);
    std::uint32_t length = 2;
    while (length < count)
        length *= 2;
    for (std::uint32_t i = count + threadIdx.x; i < length; i += kThreads)
        keys[i] = 0; // below every key
    sortKeys(keys, length);
    TopLogit* best = allBest + std::size_t(blockIdx.y) * kTopLogitCount;
    for (std::uint32_t i = threadIdx.x; i < wanted; i += kThreads) {
        const std::uint32_t id = idOf(keys[i]);
        best[i] = {id, logits[id]};
    }
}

} // namespace

std::size_t topLogitsScratchBytes() {
    return (sizeof(Scratch) + 255) / 256 * 256;
}

void selectTopLogits(const Launch& launch, const float* logits, std::uint32_t rows, std::uint32_t vocabularySize,
    std::byte* scratch, TopLogit* best) {
    const LaunchShape shape = {.blocks = dim3(kBlocksPerRow, rows), .threads = dim3(kThreads)};
    auto* states = reinterpret_cast<Scratch*>(scratch);
    launchDependent(launch, countKernel, shape, "counting logits", logits, vocabularySize, states);
    launchDependent(launch, gatherKernel, shape, "choosing logits", logits, vocabularySize, states, best);
}

} // namespace strata::cuda
