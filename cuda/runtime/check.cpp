// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/check.h"

#include "core/base/error.h"
#include "core/base/text.h"

namespace strata::cuda {

std::string_view explainCuda(cudaError_t status) {
    switch (status) {
    case cudaSuccess:
        return {};
    case cudaErrorNoDevice:
        return "there is no NVIDIA GPU";
    case cudaErrorInsufficientDriver:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorUnsupportedPtxVersion:
        return "the NVIDIA driver is missing or older than CUDA 13 needs (580 or newer)";
    case cudaErrorNoKernelImageForDevice:
        return "this build has no code for this GPU";
    case cudaErrorDevicesUnavailable:
        return "another program has the GPU to itself";
    case cudaErrorECCUncorrectable:
    case cudaErrorHardwareStackError:
    case cudaErrorNvlinkUncorrectable:
        return "the GPU reports a hardware fault";
    case cudaErrorLaunchTimeout:
        return "the system stopped a computation that held the screen's GPU for too long";
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorAssert:
        return "a computation on the GPU failed";
    case cudaErrorMemoryAllocation:
        return "the GPU's memory does not suffice";
    default:
        return "the GPU failed or was lost";
    }
}

void checkCuda(cudaError_t status, std::string_view what) {
    if (status == cudaSuccess)
        return;
    cudaGetLastError(); // an error that does not stick must not be blamed on the next call
    const ErrorCode code = status == cudaErrorMemoryAllocation ? ErrorCode::OutOfMemory : ErrorCode::Device;
    fail(code, "GPU, {}: {} ({})", what, explainCuda(status), cudaGetErrorName(status));
}

void checkLaunch(std::string_view what) {
    checkCuda(cudaGetLastError(), what);
}

void failOutOfDeviceMemory(std::size_t wantedBytes) {
    cudaGetLastError();
    std::size_t freeBytes = 0;
    std::size_t totalBytes = 0;
    if (cudaMemGetInfo(&freeBytes, &totalBytes) != cudaSuccess)
        fail(ErrorCode::OutOfMemory, "GPU: its memory does not suffice for {}", formatBytes(wantedBytes));
    fail(ErrorCode::OutOfMemory, "GPU: its memory does not suffice for {}: {} of {} are free", formatBytes(wantedBytes),
        formatBytes(freeBytes), formatBytes(totalBytes));
}

} // namespace strata::cuda
