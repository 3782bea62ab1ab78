// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/fetch.h"

#include "cuda/runtime/check.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

namespace strata::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::size_t kMaxBlocks = 32; // a few thousand loads in flight fill the link

template <typename Word>
__global__ void fetchKernel(Word* target, const Word* source, std::size_t count) {
    const std::size_t step = std::size_t(gridDim.x) * blockDim.x;
    for (std::size_t i = std::size_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
        target[i] = source[i];
}

template <typename Word>
void fetchWords(cudaStream_t stream, std::byte* target, const std::byte* source, std::size_t byteCount) {
    const std::size_t count = byteCount / sizeof(Word);
    const auto blocks = static_cast<unsigned>(std::min(kMaxBlocks, (count + kThreads - 1) / kThreads));
    fetchKernel<<<blocks, kThreads, 0, stream>>>(
        reinterpret_cast<Word*>(target), reinterpret_cast<const Word*>(source), count);
    checkLaunch("copying");
}

} // namespace

void fetchFromHost(cudaStream_t stream, std::byte* target, const std::byte* source, std::size_t byteCount) {
    const auto places = reinterpret_cast<std::uintptr_t>(target) | reinterpret_cast<std::uintptr_t>(source) | byteCount;
    if (places % sizeof(uint4) == 0)
        fetchWords<uint4>(stream, target, source, byteCount);
    else
        fetchWords<std::uint32_t>(stream, target, source, byteCount);
}

} // namespace strata::cuda
