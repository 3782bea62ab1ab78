// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/vector_ops.h"

#include "core/quant/half.h"

#include <cmath>

namespace strata {
namespace {

void toHalf(const float* values, std::uint16_t* halves, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        halves[i] = floatToHalf(values[i]);
}

void toFloat(const std::uint16_t* halves, float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        values[i] = halfToFloat(halves[i]);
}

void scaleInts(const std::int8_t* numbers, float scale, float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        values[i] = static_cast<float>(numbers[i]) * scale;
}

void dotProducts(const RowProduct& p) {
    for (std::size_t i = 0; i < p.leftCount; ++i)
        for (std::size_t row = 0; row < p.rowCount; ++row) {
            float sum = 0.0F;
            for (std::size_t at = 0; at < p.length; ++at)
                sum += p.left[i * p.length + at] * p.rows[row * p.length + at];
            p.weights[i * p.stride + row] = sum;
        }
}

void addWeighted(const RowProduct& p) {
    for (std::size_t i = 0; i < p.leftCount; ++i)
        for (std::size_t row = 0; row < p.rowCount; ++row) {
            const float weight = p.weights[i * p.stride + row];
            for (std::size_t at = 0; at < p.length; ++at)
                p.left[i * p.length + at] += weight * p.rows[row * p.length + at];
        }
}

float expAndSum(float* values, std::size_t count, float shift) {
    float sum = 0.0F;
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = std::exp(values[i] - shift);
        sum += values[i];
    }
    return sum;
}

void siluMultiply(float* gate, const float* up, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        gate[i] = gate[i] / (1.0F + std::exp(-gate[i])) * up[i];
}

} // namespace

const VectorOps& scalarVectorOps() {
    static constexpr VectorOps kOps = {.toHalf = toHalf,
        .toFloat = toFloat,
        .scaleInts = scaleInts,
        .dotProducts = dotProducts,
        .addWeighted = addWeighted,
        .expAndSum = expAndSum,
        .siluMultiply = siluMultiply};
    return kOps;
}

const VectorOps& vectorOps(CpuKernels kernels) {
    switch (kernels) {
    case CpuKernels::Scalar:
        return scalarVectorOps();
    case CpuKernels::Avx2:
    case CpuKernels::Avx512Vnni: // these loops wait for memory: wider registers gain nothing
        return avx2VectorOps();
    }
    return scalarVectorOps();
}

} // namespace strata
