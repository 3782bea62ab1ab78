// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/stream.h"

#include "cuda/runtime/check.h"

namespace strata::cuda {

Stream makeStream() {
    cudaStream_t stream = nullptr;
    checkCuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "opening a queue");
    return Stream(stream);
}

Event makeEvent() {
    cudaEvent_t event = nullptr;
    checkCuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
    return Event(event);
}

Event makeTimedEvent() {
    cudaEvent_t event = nullptr;
    checkCuda(cudaEventCreate(&event), "making an event");
    return Event(event);
}

Event makeAwaitedEvent() {
    cudaEvent_t event = nullptr;
    checkCuda(cudaEventCreateWithFlags(&event, cudaEventBlockingSync), "making an event");
    return Event(event);
}

void waitFor(const Stream& stream) {
    checkCuda(cudaStreamSynchronize(stream.get()), "computing");
}

void waitFor(const Event& event) {
    checkCuda(cudaEventSynchronize(event.get()), "computing");
}

void record(const Event& event, const Stream& stream) {
    checkCuda(cudaEventRecord(event.get(), stream.get()), "marking a point in a queue");
}

void follow(const Stream& stream, const Event& event) {
    checkCuda(cudaStreamWaitEvent(stream.get(), event.get(), 0), "ordering two queues");
}

} // namespace strata::cuda
