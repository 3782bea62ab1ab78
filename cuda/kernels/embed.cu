// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/embed.h"

#include "cuda/quant/weight_format.cuh"
#include "cuda/runtime/check.h"

#include <array>
#include <cstddef>
#include <utility>

namespace strata::cuda {
namespace {

constexpr int kThreads = 256;

// Block (column stretch, token).
template <QuantType kType>
__global__ void __launch_bounds__(kThreads) embedKernel(
    const std::byte* table, std::size_t rowBytes, const std::uint32_t* tokens, std::uint32_t columns, float* x) {
    const std::uint32_t column = blockIdx.x * kThreads + threadIdx.x;
    if (column < columns)
        x[std::size_t(blockIdx.y) * columns + column] =
            decodeWeight<kType>(table + tokens[blockIdx.y] * rowBytes, column);
}

__global__ void __launch_bounds__(kThreads)
    gatherKernel(const float* x, const std::uint32_t* indices, std::uint32_t columns, float* out) {
    const std::uint32_t column = blockIdx.x * kThreads + threadIdx.x;
    if (column < columns)
        out[std::size_t(blockIdx.y) * columns + column] = x[std::size_t(indices[blockIdx.y]) * columns + column];
}

dim3 gridFor(std::uint32_t columns, std::uint32_t rows) {
    return dim3((columns + kThreads - 1) / kThreads, rows);
}

template <QuantType kType>
void embedAs(const Launch& launch, const WeightMatrix& table, const std::uint32_t* tokens, std::uint32_t m, float* x) {
    const std::size_t rowBytes = quantBytes(kType, table.columns).value();
    embedKernel<kType>
        <<<gridFor(table.columns, m), kThreads, 0, launch.stream>>>(table.data, rowBytes, tokens, table.columns, x);
}

// In the order of QuantType.
template <std::size_t... kTypes>
constexpr auto embedTable(std::index_sequence<kTypes...>) {
    return std::array{&embedAs<static_cast<QuantType>(kTypes)>...};
}

} // namespace

void embedRows(
    const Launch& launch, const WeightMatrix& table, const std::uint32_t* tokens, std::uint32_t m, float* x) {
    static constexpr auto kByType = embedTable(std::make_index_sequence<kQuantTypeCount>());
    kByType[static_cast<std::size_t>(table.type)](launch, table, tokens, m, x);
    checkLaunch("embedding");
}

void gatherRows(const Launch& launch, const float* x, const std::uint32_t* indices, std::uint32_t count,
    std::uint32_t columns, float* out) {
    gatherKernel<<<gridFor(columns, count), kThreads, 0, launch.stream>>>(x, indices, columns, out);
    checkLaunch("gathering rows");
}

} // namespace strata::cuda
