// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/kernels/matmul_call.h"
#include "cuda/kernels/matmul_formats.cuh"

// The shared memory of a tile: how raw weights and activations get there, and how lanes read them.
namespace strata::cuda {

inline constexpr int kSharedBytes = 99 * 1024; // what a block may have on every card from compute capability 8.6 on

// Copies `byteCount` of 16 bytes without passing through registers; the rest becomes zero.
__device__ __forceinline__ void copyAsync(void* target, const void* source, std::uint32_t byteCount) {
    const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(target));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(source), "r"(byteCount));
}

__device__ __forceinline__ void commitCopies() {
    asm volatile("cp.async.commit_group;");
}

template <int kPending>
__device__ __forceinline__ void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

__device__ __forceinline__ const std::uint8_t* preparedRows(
    const MatmulCall& call, std::uint32_t firstToken, std::uint32_t step) {
    return call.x + (std::size_t{step} * call.paddedTokens + firstToken) * kStepBytes;
}

// Where a row of a tile comes from.
struct TileRow {
    std::uint32_t matrix;
    std::uint32_t row;
};

template <bool kGateUp>
__device__ __forceinline__ TileRow tileRow(
    const MatmulCall& call, std::uint32_t matrix, std::uint32_t stripe, int row) {
    if constexpr (kGateUp)
        return {static_cast<std::uint32_t>(row / 8 % 2), stripe * (kTileRows / 2) + row / 16 * 8 + row % 8};
    return {matrix, (stripe - call.matrices[matrix].firstStripe) * kTileRows + row};
}

__device__ __forceinline__ std::uint32_t matrixOf(const MatmulCall& call, std::uint32_t stripe) {
    std::uint32_t matrix = 0;
    while (matrix + 1 < call.matrixCount && stripe >= call.matrices[matrix + 1].firstStripe)
        ++matrix;
    return matrix;
}

// Sizes of the staged tile of one format.
template <QuantType type, int kTokens>
struct TileShape {
    using Lanes = WeightLanes<type>;
    static constexpr int kStepsPerSpan = Lanes::kSpanColumns / kStepColumns;
    // A span is copied in whole chunks of 16 bytes, from the chunk in which it starts.
    static constexpr int kSlack = Lanes::kRowAlignment >= 16 ? 0 : 16 - Lanes::kRowAlignment;
    static constexpr int kNeededChunks = (Lanes::kSpanBytes + kSlack + 15) / 16;
    // An odd number of chunks keeps the rows that a warp reads at once in different banks.
    static constexpr int kOddChunks = kNeededChunks | 1;
    static constexpr int kTableWords = []() {
        if constexpr (kIsFloat<type>)
            return 0;
        else
            return Lanes::kHasMin && Lanes::kScaleColumns == 16 ? 2 : 1;
    }();
    static constexpr int kTableBytes = kTableWords * 4 * kTileRows * Lanes::kSpanColumns / 32;
    static constexpr int kStageBytes = kTokens * kStepBytes;

    static constexpr int weightBuffers(int ahead) { return 1 + (ahead + kStepsPerSpan - 1) / kStepsPerSpan; }
    static constexpr int bytes(int ahead, int chunks) {
        return (ahead + 1) * kStageBytes + weightBuffers(ahead) * kTileRows * chunks * 16 + kTableBytes;
    }
    static constexpr int kChunks = bytes(1, kOddChunks) <= kSharedBytes ? kOddChunks : kNeededChunks;
    static constexpr int kAhead = bytes(2, kChunks) <= kSharedBytes ? 2 : 1; // steps whose copies are under way
    static constexpr int kStages = kAhead + 1;
    static constexpr int kWeightBuffers = weightBuffers(kAhead);
    static constexpr int kRowStride = kChunks * 16;
    static constexpr int kWeightBytes = kTileRows * kRowStride;
    static constexpr int kByteCount = bytes(kAhead, kChunks);
    static_assert(kByteCount <= kSharedBytes);
};

// Bytes before a span in the first chunk that was copied for it. Tensors start at multiples of 16.
template <QuantType type>
__device__ __forceinline__ std::uint32_t spanShift(std::uint32_t row, std::uint32_t rowBytes, std::uint32_t span) {
    if constexpr (WeightLanes<type>::kRowAlignment >= 16)
        return 0;
    return (row * rowBytes + span * WeightLanes<type>::kSpanBytes) & 15;
}

// The raw bytes of one span of all rows of the tile. What lies past the end of a row, or is no row, becomes zero.
template <QuantType type, typename Shape, bool kGateUp>
__device__ __forceinline__ void stageWeights(
    const MatmulCall& call, std::uint32_t matrix, std::uint32_t stripe, std::uint32_t span, std::uint8_t* target) {
    for (int i = threadIdx.x; i < kTileRows * Shape::kChunks; i += kMatmulThreads) {
        const int row = i / Shape::kChunks;
        const int chunk = i % Shape::kChunks;
        const TileRow from = tileRow<kGateUp>(call, matrix, stripe, row);
        const MatmulMatrix& source = call.matrices[from.matrix];
        const std::uint32_t first = span * WeightLanes<type>::kSpanBytes;
        const std::uint32_t shift = spanShift<type>(from.row, call.rowBytes, span);
        const int left = static_cast<int>(call.rowBytes - first + shift) - chunk * 16;
        const bool isRow = from.row < source.rows;
        const std::uint32_t byteCount = isRow && left > 0 ? min(left, 16) : 0;
        const std::uint8_t* at = source.data + std::size_t{from.row} * call.rowBytes + first - shift + chunk * 16;
        copyAsync(target + row * Shape::kRowStride + chunk * 16, byteCount > 0 ? at : source.data, byteCount);
    }
}

// kStepColumns of the prepared rows, which lie as they are wanted here.
template <int kTokens>
__device__ __forceinline__ void stageRows(
    const MatmulCall& call, std::uint32_t firstToken, std::uint32_t step, std::uint8_t* target) {
    const std::uint8_t* source = preparedRows(call, firstToken, step);
    for (int i = threadIdx.x; i < kTokens * 8; i += kMatmulThreads)
        copyAsync(target + i * 16, source + i * 16, 16);
}

// scale * code - min = scale * (code - kOffset) + (kOffset * scale - min): the codes being centred, what is added is
// small, and its rounding to a half matters little.
template <typename Lanes>
__device__ __forceinline__ std::uint32_t affineWord(float2 scaleAndMin) {
    return asWord(__floats2half2_rn(scaleAndMin.x, fmaf(scaleAndMin.x, Lanes::kOffset, -scaleAndMin.y)));
}

// The scales of one group of 32 columns of a row, as the lanes want them.
template <typename Lanes>
__device__ __forceinline__ void tabulateGroup(const std::uint8_t* raw, int group, int row, std::uint32_t* table) {
    const int entry = group * kTileRows + row;
    if constexpr (Lanes::kScaleColumns == 32) {
        const float2 scale = Lanes::scaleAndMin(raw, group);
        table[entry] = Lanes::kHasMin ? affineWord<Lanes>(scale) : asWord(__float2half2_rn(scale.x));
    } else {
        const float2 low = Lanes::scaleAndMin(raw, group * 2);
        const float2 high = Lanes::scaleAndMin(raw, group * 2 + 1);
        if constexpr (Lanes::kHasMin)
            *reinterpret_cast<uint2*>(table + entry * 2) = {affineWord<Lanes>(low), affineWord<Lanes>(high)};
        else
            table[entry] = asWord(__floats2half2_rn(low.x, high.x));
    }
}

// The scales of a staged span, once for all lanes that need them: (group, row).
template <QuantType type, typename Shape, bool kGateUp>
__device__ __forceinline__ void tabulateScales(const MatmulCall& call, std::uint32_t matrix, std::uint32_t stripe,
    std::uint32_t span, const std::uint8_t* weights, std::uint32_t* table) {
    using Lanes = WeightLanes<type>;
    static_assert(kMatmulThreads % kTileRows == 0);
    const int row = threadIdx.x % kTileRows;
    const std::uint32_t from = tileRow<kGateUp>(call, matrix, stripe, row).row;
    const std::uint8_t* raw = weights + row * Shape::kRowStride + spanShift<type>(from, call.rowBytes, span);
    for (int group = threadIdx.x / kTileRows; group < Lanes::kSpanColumns / 32; group += kMatmulThreads / kTileRows)
        tabulateGroup<Lanes>(raw, group, row, table);
}

// Eight weights of a lane as halves: columns (0, 2), (1, 3) of its low four, then of its high four.
template <QuantType type>
__device__ __forceinline__ void weightPairs(
    const std::uint8_t* span, const std::uint32_t* table, int row, int group, int lane, std::uint32_t (&pairs)[4]) {
    using Lanes = WeightLanes<type>;
    if constexpr (kIsFloat<type>) {
        Lanes::floats(span, group, lane, pairs);
    } else {
        const Codes codes = Lanes::codes(span, group, lane);
        const CodePairs low = codePairs<Lanes::kOffset>(codes.low);
        const CodePairs high = codePairs<Lanes::kOffset>(codes.high);
        const __half2 lowScale =
            asHalves(table[(group * kTileRows + row) * (Lanes::kHasMin && Lanes::kScaleColumns == 16 ? 2 : 1)]);
        if constexpr (Lanes::kHasMin) {
            const __half2 highScale =
                Lanes::kScaleColumns == 16 ? asHalves(table[(group * kTileRows + row) * 2 + 1]) : lowScale;
            pairs[0] = asWord(__hfma2(low.even, __low2half2(lowScale), __high2half2(lowScale)));
            pairs[1] = asWord(__hfma2(low.odd, __low2half2(lowScale), __high2half2(lowScale)));
            pairs[2] = asWord(__hfma2(high.even, __low2half2(highScale), __high2half2(highScale)));
            pairs[3] = asWord(__hfma2(high.odd, __low2half2(highScale), __high2half2(highScale)));
        } else {
            pairs[0] = asWord(__hmul2(low.even, __low2half2(lowScale)));
            pairs[1] = asWord(__hmul2(low.odd, __low2half2(lowScale)));
            pairs[2] = asWord(__hmul2(high.even, __high2half2(lowScale)));
            pairs[3] = asWord(__hmul2(high.odd, __high2half2(lowScale)));
        }
    }
}

} // namespace strata::cuda
