// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

namespace strata::cuda {

// A handle of the CUDA runtime, destroyed with its owner. Move-only; its device must be current at both ends.
template <typename Handle, cudaError_t (*destroyHandle)(Handle)>
class OwnedHandle {
public:
    OwnedHandle() = default;
    explicit OwnedHandle(Handle handle) : m_handle(handle) {}
    ~OwnedHandle() {
        if (m_handle != nullptr)
            destroyHandle(m_handle);
    }
    OwnedHandle(OwnedHandle&& other) noexcept { *this = std::move(other); }
    OwnedHandle& operator=(OwnedHandle&& other) noexcept {
        std::swap(m_handle, other.m_handle);
        return *this;
    }
    OwnedHandle(const OwnedHandle&) = delete;
    OwnedHandle& operator=(const OwnedHandle&) = delete;

    Handle get() const { return m_handle; }

private:
    Handle m_handle = nullptr;
};
using Stream = OwnedHandle<cudaStream_t, cudaStreamDestroy>;
using Event = OwnedHandle<cudaEvent_t, cudaEventDestroy>;
using Graph = OwnedHandle<cudaGraph_t, cudaGraphDestroy>;
using ExecutableGraph = OwnedHandle<cudaGraphExec_t, cudaGraphExecDestroy>;

Stream makeStream(); // does not wait for the legacy stream
Event makeEvent();   // for order only, no clock
Event makeTimedEvent();
Event makeAwaitedEvent(); // with a clock; threads that wait for it sleep, and leave their core to others
void waitFor(const Stream& stream); // until all queued work is done; throws Error (Device) if any of it failed
void waitFor(const Event& event);
void record(const Event& event, const Stream& stream);
void follow(const Stream& stream, const Event& event); // the stream goes on when the event has come

} // namespace strata::cuda
