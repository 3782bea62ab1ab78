// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/memory.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "cuda/runtime/check.h"

#include <algorithm>

namespace strata::cuda {
namespace {

// The runtime answers null to a request for nothing; owners tell memory from none by the address.
std::size_t atLeastOne(std::size_t byteCount) {
    return std::max<std::size_t>(1, byteCount);
}

} // namespace

std::byte* allocateDevice(std::size_t byteCount) {
    void* data = nullptr;
    const cudaError_t status = cudaMalloc(&data, atLeastOne(byteCount));
    if (status == cudaErrorMemoryAllocation)
        failOutOfDeviceMemory(byteCount);
    checkCuda(status, "taking memory");
    return static_cast<std::byte*>(data);
}

void releaseDevice(std::byte* data) noexcept {
    cudaFree(data); // a lost device has already given it back
}

std::byte* allocatePinned(std::size_t byteCount) {
    void* data = nullptr;
    const cudaError_t status = cudaMallocHost(&data, atLeastOne(byteCount));
    if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        fail(ErrorCode::OutOfMemory, "the system has no {} of memory that the GPU may read directly",
            formatBytes(byteCount));
    }
    checkCuda(status, "taking host memory");
    return static_cast<std::byte*>(data);
}

void releasePinned(std::byte* data) noexcept {
    cudaFreeHost(data);
}

} // namespace strata::cuda
