// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

// Copies to shared memory by a multiprocessor's copy engine, and barriers that count their bytes (PTX: mbarrier,
// cp.async.bulk; compute capability 9.0 and above).
namespace strata::cuda {

__device__ __forceinline__ std::uint32_t sharedAddress(const void* p) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

// A barrier in shared memory whose phase ends when all arrivals and announced bytes have come.
struct PhaseBarrier {
    std::uint64_t state;

    __device__ void init(std::uint32_t arrivals) {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(sharedAddress(&state)), "r"(arrivals));
    }
    __device__ void arrive() {
        asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(sharedAddress(&state)) : "memory");
    }
    __device__ void arriveAwaiting(std::uint32_t bytes) {
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(sharedAddress(&state)), "r"(bytes)
                     : "memory");
    }
    // Until the phase of this parity is over.
    __device__ void wait(std::uint32_t parity) {
        asm volatile("{.reg .pred done;\n"
                     "retry: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
                     "@!done bra retry;}" ::"r"(sharedAddress(&state)),
                     "r"(parity)
                     : "memory");
    }
};

// One piece of memory, a multiple of 16 bytes, by the copy engine; its bytes count towards the barrier.
__device__ __forceinline__ void copyBulk(void* target, const void* source, std::uint32_t bytes, PhaseBarrier& barrier) {
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     sharedAddress(target)),
                 "l"(source), "r"(bytes), "r"(sharedAddress(&barrier.state))
                 : "memory");
}

__device__ __forceinline__ void initFence() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

} // namespace strata::cuda
