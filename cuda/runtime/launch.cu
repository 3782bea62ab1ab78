// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/check.h"
#include "cuda/runtime/launch.h"

#include <cuda_runtime.h>

#include <algorithm>

namespace strata::cuda {
namespace {

__global__ void probeKernel() {} // stands for all kernels: they are built for the same GPUs

int attribute(cudaDeviceAttr which, int device) {
    int value = 0;
    checkCuda(cudaDeviceGetAttribute(&value, which, device), "looking at the GPU");
    return value;
}

} // namespace

Launch launchOn(int device, cudaStream_t stream) {
    cudaFuncAttributes code = {};
    checkCuda(cudaFuncGetAttributes(&code, probeKernel), "loading code");
    const int card = 10 * attribute(cudaDevAttrComputeCapabilityMajor, device) +
                     attribute(cudaDevAttrComputeCapabilityMinor, device);
    return {.stream = stream,
        .multiprocessors = attribute(cudaDevAttrMultiProcessorCount, device),
        .computeCapability = std::min(code.ptxVersion, card)}; // binaryVersion is the card's, translated or not
}

} // namespace strata::cuda
