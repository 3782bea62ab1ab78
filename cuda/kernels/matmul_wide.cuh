// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_bring.cuh"
#include "cuda/kernels/matmul_end.cuh"
#include "cuda/runtime/check.h"

// Products on the instruction of compute capability 9.0 that four warps give together (wgmma). Two groups of four warps
// have 64 rows of the tile each; their weights become halves in registers, from where the instruction takes them, while
// the instruction before is still at work. A third group brings what they need: one warp the prepared rows, the others
// the raw weights, whose scales they also tabulate.
namespace strata::cuda {

// What a warp of the adding groups reads of its rows.
template <QuantType type, typename Shape, bool kGateUp>
struct WideWeights {
    const MatmulCall& call;
    WideBlock<Shape>& block;
    int row;  // of the tile; the other is eight further
    int lane; // of four
    const std::uint8_t* spans[2] = {};
    const std::uint32_t* table = nullptr;

    // Once for each step, before its weights are taken.
    __device__ __forceinline__ void enter(std::uint32_t step) {
        if (step % Shape::kStepsPerSpan != 0)
            return;
        const std::uint32_t turn = (step - block.firstStep) / Shape::kStepsPerSpan;
        const std::uint32_t buffer = turn % Shape::kBuffers;
        block.weightsFull[buffer].wait(turn / Shape::kBuffers & 1);
        table = block.tables + buffer * Shape::kTableBytes / 4;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const std::uint32_t from = tileRow<kGateUp>(call, block.matrix, block.stripe, row + i * 8).row;
            spans[i] = block.weights + buffer * Shape::kBufferBytes + (row + i * 8) * Shape::kRowStride +
                       spanShift<type>(from, call.rowBytes, step / Shape::kStepsPerSpan);
        }
    }

    // The weights of a step as the instruction takes them, by sixteen columns.
    __device__ __forceinline__ void take(std::uint32_t step, std::uint32_t (&a)[4][4]) const {
#pragma unroll
        for (int part = 0; part < 2; ++part)
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                std::uint32_t pairs[4];
                weightPairs<type>(spans[i], table, row + i * 8, step % Shape::kStepsPerSpan * 2 + part, lane, pairs);
#pragma unroll
                for (int j = 0; j < 4; ++j)
                    a[part * 2 + j / 2][j % 2 * 2 + i] = pairs[j];
            }
    }

    // Once for each step, behind its weights. The first lane's arrival releases the reads of the whole warp, which
    // __syncwarp() puts before it, to bringWeights(), which waits for it before it copies into the buffer again. A
    // checker that takes an arrival for that of one lane alone (racecheck) reports the reads of the other 31.
    __device__ __forceinline__ void leave(std::uint32_t step) {
        if (step % Shape::kStepsPerSpan != Shape::kStepsPerSpan - 1)
            return;
        __syncwarp();
        if (threadIdx.x % 32 == 0)
            block.weightsFree[(step - block.firstStep) / Shape::kStepsPerSpan % Shape::kBuffers].arrive();
    }
};

// Adds the products of a step, and takes the weights of the next while they are under way.
template <int kTokens, typename Shape, typename Weights>
__device__ __forceinline__ void multiplyStep(WideBlock<Shape>& block, Weights& weights, std::uint32_t step,
    float (&sums)[kTokens / 2], const std::uint32_t (&current)[4][4], std::uint32_t (&next)[4][4]) {
    const std::uint32_t turn = step - block.firstStep;
    const std::uint32_t stage = turn % Shape::kRowStages;
    block.rowsFull[stage].wait(turn / Shape::kRowStages & 1);
    const std::uint64_t tokens = rowsDescriptor(block.rows + stage * Shape::kRowStageBytes);
    beginProducts();
#pragma unroll
    for (int i = 0; i < 4; ++i)
        WideProduct<kTokens>::add(sums, current[i], tokens + i * 2);
    commitProducts();
    if (step + 1 < block.lastStep) {
        weights.enter(step + 1);
        weights.take(step + 1, next);
        weights.leave(step + 1);
    }
    waitForProducts<0>();
    if (threadIdx.x % 32 == 0)
        block.rowsFree[stage].arrive();
}

// Registers of a thread that brings weights; the two adding groups share what is left of the 168 that all start with.
// With these the compiler finds places for everything on either side, in all formats.
template <QuantType type, int kTokens, bool kGateUp>
inline constexpr int kBringRegisters = []() {
    constexpr int kSpanColumns = WeightLanes<type>::kSpanColumns;
    if (kTokens == 256)
        return !kGateUp || kSpanColumns == 256 ? 56 : 72;
    return !kGateUp || kSpanColumns == 128 ? 88 : 72;
}();
template <QuantType type, int kTokens, bool kGateUp>
inline constexpr int kAddRegisters = (3 * 168 - kBringRegisters<type, kTokens, kGateUp>) / 2;

template <QuantType type, int kTokens, bool kGateUp>
__global__ void __launch_bounds__(kWideThreads, 1) multiplyTileWide(const __grid_constant__ MatmulCall call) {
    using Shape = WideShape<type, kTokens>;
    extern __shared__ std::uint8_t shared[];
    WideBlock<Shape> block(shared);
    block.stripe = blockIdx.x / call.tokenTiles;
    block.firstToken = blockIdx.x % call.tokenTiles * kTokens;
    block.matrix = kGateUp ? 0 : matrixOf(call, block.stripe);
    block.firstStep = blockIdx.y * call.stepsPerSplit;
    block.lastStep = min(block.firstStep + call.stepsPerSplit, call.stepCount);
    if (threadIdx.x == 0)
        block.initBarriers();
    __syncthreads();
    if (threadIdx.x >= kMatmulThreads) {
        giveRegisters<kBringRegisters<type, kTokens, kGateUp>>();
        if (threadIdx.x < kMatmulThreads + kWeightThreads)
            bringWeights<type, Shape, kGateUp>(call, block);
        else if (threadIdx.x == kMatmulThreads + kWeightThreads)
            bringRows(call, block);
    } else {
        takeRegisters<kAddRegisters<type, kTokens, kGateUp>>();
        const int lane = threadIdx.x % 32;
        const int row = threadIdx.x / 32 * 16 + lane / 4;
        WideWeights<type, Shape, kGateUp> weights{call, block, row, lane % 4};
        float sums[kTokens / 2];
#pragma unroll
        for (int i = 0; i < kTokens / 2; ++i)
            sums[i] = 0.0f;
        std::uint32_t even[4][4];
        std::uint32_t odd[4][4];
        weights.enter(block.firstStep);
        weights.take(block.firstStep, even);
        weights.leave(block.firstStep);
        for (std::uint32_t step = block.firstStep; step < block.lastStep; step += 2) {
            multiplyStep<kTokens>(block, weights, step, sums, even, odd);
            if (step + 1 < block.lastStep)
                multiplyStep<kTokens>(block, weights, step + 1, sums, odd, even);
        }
        if (!addSplits(call, sums))
            return;
        storePieces<kGateUp, kTokens / 8>(call, block.matrix, block.stripe, row, block.firstToken + lane % 4 * 2, sums);
    }
}

template <QuantType type, int kTokens, bool kGateUp>
void launchTileWide(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream) {
    constexpr int kBytes = WideShape<type, kTokens>::kByteCount;
    const auto kernel = multiplyTileWide<type, kTokens, kGateUp>;
    checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes), "matrix product");
    kernel<<<dim3(grid.tiles, grid.splits), kWideThreads, kBytes, stream>>>(call);
    checkLaunch("matrix product");
}

template <QuantType type>
void launchWide(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream) {
    if (grid.tokens == 256)
        grid.gateUp ? launchTileWide<type, 256, true>(call, grid, stream)
                    : launchTileWide<type, 256, false>(call, grid, stream);
    else
        grid.gateUp ? launchTileWide<type, 128, true>(call, grid, stream)
                    : launchTileWide<type, 128, false>(call, grid, stream);
}

} // namespace strata::cuda
