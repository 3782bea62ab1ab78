// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/quant/bf16.cuh"
#include "cuda/quant/f16.cuh"
#include "cuda/quant/f32.cuh"
#include "cuda/quant/iq4_nl.cuh"
#include "cuda/quant/iq4_xs.cuh"
#include "cuda/quant/mxfp4.cuh"
#include "cuda/quant/q2_k.cuh"
#include "cuda/quant/q3_k.cuh"
#include "cuda/quant/q4_0.cuh"
#include "cuda/quant/q4_1.cuh"
#include "cuda/quant/q4_k.cuh"
#include "cuda/quant/q5_0.cuh"
#include "cuda/quant/q5_1.cuh"
#include "cuda/quant/q5_k.cuh"
#include "cuda/quant/q6_k.cuh"
#include "cuda/quant/q8_0.cuh"

// All weight formats on the GPU, by QuantType, and what kernels ask of any of them.
namespace strata::cuda {

__host__ __device__ constexpr bool isFloatFormat(QuantType type) {
    return type == QuantType::F32 || type == QuantType::F16 || type == QuantType::BF16;
}

// 32 consecutive weights for int8 dot products and for decoding: weight = scale * code - minimum.
template <QuantType kType>
struct WeightGroup {
    static constexpr int kScaleCount = 32 / WeightFormat<kType>::kScaleLength;
    std::uint32_t codes[8];    // packed int8
    float scales[kScaleCount]; // of 32 weights, or of 16 and 16
    float minima[kScaleCount];
};

// Weights 32 * group .. 32 * group + 31 of a block. A group known at compile time costs no shifts by variables.
template <QuantType kType>
__device__ __forceinline__ WeightGroup<kType> unpackGroup(const std::byte* block, int group) {
    using Format = WeightFormat<kType>;
    WeightGroup<kType> result;
#pragma unroll
    for (int i = 0; i < 8; ++i)
        result.codes[i] = Format::codes(block, group * 8 + i);
    const typename Format::Scales scales = Format::scales(block);
#pragma unroll
    for (int i = 0; i < WeightGroup<kType>::kScaleCount; ++i) {
        result.scales[i] = Format::scale(scales, group * WeightGroup<kType>::kScaleCount + i);
        result.minima[i] = Format::minimum(scales, group * WeightGroup<kType>::kScaleCount + i);
    }
    return result;
}

// One weight of a matrix row, as the CPU decodes it.
template <QuantType kType>
__device__ __forceinline__ float decodeWeight(const std::byte* row, std::size_t column) {
    using Format = WeightFormat<kType>;
    if constexpr (isFloatFormat(kType)) {
        return Format::decode(row, column);
    } else {
        using Block = typename Format::Block;
        const std::byte* const block = row + column / Block::kLength * sizeof(Block);
        const int i = static_cast<int>(column % Block::kLength);
        const typename Format::Scales scales = Format::scales(block);
        const float scale = Format::scale(scales, i / Format::kScaleLength);
        const auto code = static_cast<float>(signedByte(Format::codes(block, i / 4), i % 4));
        if constexpr (Format::kHasMinimum)
            return __fadd_rn(__fmul_rn(scale, code), -Format::minimum(scales, i / Format::kScaleLength));
        return scale * code;
    }
}

// Calls visitor.template operator()<kType>() for the type given. A visitor may live on one side alone.
#pragma nv_exec_check_disable
template <typename Visitor>
__host__ __device__ __forceinline__ void visitFormat(QuantType type, Visitor&& visitor) {
    switch (type) {
#define STRATA_VISIT_FORMAT(name)                                                                                      \
    case QuantType::name:                                                                                              \
        return visitor.template operator()<QuantType::name>()
        STRATA_VISIT_FORMAT(F32);
        STRATA_VISIT_FORMAT(F16);
        STRATA_VISIT_FORMAT(BF16);
        STRATA_VISIT_FORMAT(Q4_0);
        STRATA_VISIT_FORMAT(Q4_1);
        STRATA_VISIT_FORMAT(Q5_0);
        STRATA_VISIT_FORMAT(Q5_1);
        STRATA_VISIT_FORMAT(Q8_0);
        STRATA_VISIT_FORMAT(Q2_K);
        STRATA_VISIT_FORMAT(Q3_K);
        STRATA_VISIT_FORMAT(Q4_K);
        STRATA_VISIT_FORMAT(Q5_K);
        STRATA_VISIT_FORMAT(Q6_K);
        STRATA_VISIT_FORMAT(IQ4_NL);
        STRATA_VISIT_FORMAT(IQ4_XS);
        STRATA_VISIT_FORMAT(MXFP4);
#undef STRATA_VISIT_FORMAT
    }
}

} // namespace strata::cuda
