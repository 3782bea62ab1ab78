// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_end.cuh"
#include "cuda/runtime/check.h"

// Products on the f16 tensor instruction of every card from compute capability 8.0 on (m16n8k16, sums in f32). Raw
// weights lie in shared memory as on file; each warp makes halves of its own rows in registers, in the very place in
// which the instruction wants them, so that no decoded weight passes through shared memory.
namespace strata::cuda {

__device__ __forceinline__ void loadMatrices(std::uint32_t (&registers)[4], const void* row) {
    const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(address));
}

__device__ __forceinline__ void multiplyAdd(
    float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// A lane's rows are eight apart. With an even number of bytes in a row their spans start at the same place of a chunk,
// so that the distances between them are constants and one span is kept; with an odd number that is so for every second
// row. Where spans start with a chunk, the compiler does best with all four.
template <QuantType type, bool kGateUp>
struct LaneSpans {
    static constexpr int kAlignment = WeightLanes<type>::kRowAlignment;
    static constexpr int kCount = kAlignment >= 16 ? 4 : kAlignment >= 2 ? 1 : 2;
    static constexpr int kStep = kCount == 2 && kGateUp ? 16 : 8; // rows of the tile from one span to the next
    const std::uint8_t* spans[kCount] = {};

    // Of row `i` of four, whose rows of the tile are `rowStride` bytes apart.
    __device__ __forceinline__ const std::uint8_t* of(int i, int rowStride) const {
        const int which = i * 8 / kStep % kCount;
        return spans[which] + (i * 8 - which * kStep) * rowStride;
    }
};

// Four warps along the rows, two along the tokens: a warp has 32 rows by half of the tokens.
template <QuantType type, int kTokens, bool kGateUp>
__global__ void __launch_bounds__(kMatmulThreads, 2) multiplyTileF16(const __grid_constant__ MatmulCall call) {
    using Shape = TileShape<type, kTokens>;
    constexpr int kPieces = kTokens / 2 / 8; // of eight tokens, per warp
    extern __shared__ __align__(1024) std::uint8_t shared[];
    std::uint8_t* const rowStages = shared;
    std::uint8_t* const weightBuffers = shared + Shape::kStages * Shape::kStageBytes;
    auto* const table = reinterpret_cast<std::uint32_t*>(weightBuffers + Shape::kWeightBuffers * Shape::kWeightBytes);

    const std::uint32_t stripe = blockIdx.x / call.tokenTiles;
    const std::uint32_t firstToken = blockIdx.x % call.tokenTiles * kTokens;
    const std::uint32_t matrix = kGateUp ? 0 : matrixOf(call, stripe);
    const std::uint32_t firstStep = blockIdx.y * call.stepsPerSplit;
    const std::uint32_t lastStep = min(firstStep + call.stepsPerSplit, call.stepCount);
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int warpRow = warp % 4 * 32 + lane / 4;
    const int warpToken = warp / 4 * (kTokens / 2);

    const auto stage = [&](std::uint32_t step) {
        if (step < lastStep) {
            stageRows<kTokens>(call, firstToken, step, rowStages + step % Shape::kStages * Shape::kStageBytes);
            if (step % Shape::kStepsPerSpan == 0) {
                const std::uint32_t span = step / Shape::kStepsPerSpan;
                stageWeights<type, Shape, kGateUp>(
                    call, matrix, stripe, span, weightBuffers + span % Shape::kWeightBuffers * Shape::kWeightBytes);
            }
        }
        commitCopies();
    };

    float sums[2][kPieces][4] = {};
    LaneSpans<type, kGateUp> spans;
    for (int i = 0; i < Shape::kAhead; ++i)
        stage(firstStep + i);
    for (std::uint32_t step = firstStep; step < lastStep; ++step) {
        waitForCopies<Shape::kAhead - 1>();
        __syncthreads();
        stage(step + Shape::kAhead);
        if (step % Shape::kStepsPerSpan == 0) {
            const std::uint32_t span = step / Shape::kStepsPerSpan;
            const std::uint8_t* weights = weightBuffers + span % Shape::kWeightBuffers * Shape::kWeightBytes;
#pragma unroll
            for (int i = 0; i < spans.kCount; ++i) {
                const int row = warpRow + i * spans.kStep;
                const std::uint32_t from = tileRow<kGateUp>(call, matrix, stripe, row).row;
                spans.spans[i] = weights + row * Shape::kRowStride + spanShift<type>(from, call.rowBytes, span);
            }
            if constexpr (Shape::kTableBytes > 0) {
                tabulateScales<type, Shape, kGateUp>(call, matrix, stripe, span, weights, table);
                __syncthreads();
            }
        }
        const std::uint8_t* rows = rowStages + step % Shape::kStages * Shape::kStageBytes;
#pragma unroll
        for (int part = 0; part < 2; ++part) {
            const int group = step % Shape::kStepsPerSpan * 2 + part;
            std::uint32_t a[2][2][4]; // by half of the group's columns, by sixteen rows
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                std::uint32_t pairs[4];
                weightPairs<type>(spans.of(i, Shape::kRowStride), table, warpRow + i * 8, group, lane % 4, pairs);
#pragma unroll
                for (int j = 0; j < 4; ++j)
                    a[j / 2][i / 2][j % 2 * 2 + i % 2] = pairs[j];
            }
#pragma unroll
            for (int half = 0; half < 2; ++half) {
#pragma unroll
                for (int piece = 0; piece < kPieces; piece += 2) {
                    const int token = warpToken + piece * 8 + lane / 16 * 8 + lane % 8;
                    const int chunk = part * 4 + half * 2 + lane / 8 % 2;
                    std::uint32_t b[4];
                    loadMatrices(b, rows + token * 128 + ((chunk ^ (token & 7)) << 4));
#pragma unroll
                    for (int i = 0; i < 2; ++i) {
                        multiplyAdd(sums[i][piece], a[half][i], b[0], b[1]);
                        multiplyAdd(sums[i][piece + 1], a[half][i], b[2], b[3]);
                    }
                }
            }
        }
    }
    if (!addSplits(call, reinterpret_cast<float(&)[2 * kPieces * 4]>(sums)))
        return;
#pragma unroll
    for (int i = 0; i < 2; ++i)
        storePieces<kGateUp, kPieces>(
            call, matrix, stripe, warpRow + i * 16, firstToken + warpToken + lane % 4 * 2, sums[i][0]);
}

template <QuantType type, int kTokens, bool kGateUp>
void launchTileF16(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream) {
    constexpr int kBytes = TileShape<type, kTokens>::kByteCount;
    const auto kernel = multiplyTileF16<type, kTokens, kGateUp>;
    checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes), "matrix product");
    kernel<<<dim3(grid.tiles, grid.splits), kMatmulThreads, kBytes, stream>>>(call);
    checkLaunch("matrix product");
}

template <QuantType type>
void launchF16(const MatmulCall& call, const MatmulGrid& grid, cudaStream_t stream) {
    const auto pick = [&]<int kTokens>() {
        grid.gateUp ? launchTileF16<type, kTokens, true>(call, grid, stream)
                    : launchTileF16<type, kTokens, false>(call, grid, stream);
    };
    if constexpr (type != QuantType::F32)
        if (grid.tokens == 128)
            return pick.template operator()<128>();
    grid.tokens == 32 ? pick.template operator()<32>() : pick.template operator()<64>();
}

} // namespace strata::cuda
