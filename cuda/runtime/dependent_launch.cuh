// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/runtime/check.h"
#include "cuda/runtime/launch.h"

#include <cuda_runtime.h>

#include <cstddef>
#include <string_view>

// Launches in which a kernel may start before the one ahead of it has ended ("programmatic dependent launch" of the
// CUDA programming guide; compute capability 9.0 and above, elsewhere an ordinary launch). What a kernel does before
// waitForProducers() overlaps the kernels ahead: reading weights, which nobody writes. Each thread must have called
// waitForProducers() before it touches anything that another kernel of the stream reads or writes, and each kernel must
// call it, so that the end of a kernel implies the end of all before it.
namespace strata::cuda {

// Lets the next kernel of the stream start as soon as every block of this one got here.
__device__ __forceinline__ void allowDependents() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Until all kernels ahead have ended and what they wrote can be read.
__device__ __forceinline__ void waitForProducers() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

constexpr unsigned kSharedCarveout = 86; // per cent: 196 of 228 KB on Hopper; a pass of 8 tokens needs the cache too

struct LaunchShape {
    dim3 blocks;
    dim3 threads;
    std::size_t sharedBytes = 0; // dynamic
};

// Neighbours run together only on a multiprocessor that need not divide its memory anew between cache and shared
// memory, so all kernels launched here ask for the same division.
template <typename... Parameters, typename... Arguments>
void launchDependent(const Launch& launch, void (*kernel)(Parameters...), const LaunchShape& shape,
    std::string_view what, Arguments&&... arguments) {
    cudaLaunchAttribute attributes[2] = {};
    attributes[0].id = cudaLaunchAttributePreferredSharedMemoryCarveout;
    attributes[0].val.sharedMemCarveout = kSharedCarveout;
    attributes[1].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[1].val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = shape.blocks;
    config.blockDim = shape.threads;
    config.dynamicSmemBytes = shape.sharedBytes;
    config.stream = launch.stream;
    config.attrs = attributes;
    config.numAttrs = launch.computeCapability >= 90 ? 2 : 1;
    checkCuda(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), what);
}

} // namespace strata::cuda
