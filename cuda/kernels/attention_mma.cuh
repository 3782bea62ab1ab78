// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_fp16.h>

#include <cstdint>

// Private to cuda/kernels/attention*: the instructions of sm_80 and later that attention is made of. Layouts of
// fragments: the PTX reference, "Matrix fragments for mma.m16n8k16". In the comments g = lane / 4 and c = lane % 4.
namespace strata::cuda {

constexpr float kLog2E = 1.4426950408889634F;

// d += a b: a (16, 16) rows g and g + 8, b (16, 8) column g, d (16, 8) rows g and g + 8, columns 2c and 2c + 1.
__device__ inline void multiplyAdd(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Transposes an (8, 8) matrix of halves that lies over a warp: lane holds row g, columns 2c and 2c + 1.
__device__ inline std::uint32_t transposed(std::uint32_t pair) {
    std::uint32_t out;
    asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(out) : "r"(pair));
    return out;
}

__device__ inline std::uint32_t packHalves(float low, float high) {
    const __half2 pair = __floats2half2_rn(low, high);
    return reinterpret_cast<const std::uint32_t&>(pair);
}

// 2^x; exactly 0 for -infinity and exactly 1 for 0.
__device__ inline float exp2Fast(float x) {
    float out;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(out) : "f"(x));
    return out;
}

// Loads past the L1 cache, as each block reads a row once; zeros where there is nothing to load. Predicates rather
// than branches: behind a branch the compiler waits for what was loaded.
__device__ inline uint4 loadIf(bool isThere, const uint4* at) {
    uint4 out;
    asm volatile("{.reg .pred p; setp.ne.s32 p, %5, 0; mov.b32 %0, 0; mov.b32 %1, 0; mov.b32 %2, 0; mov.b32 %3, 0;"
                 "@p ld.global.cg.v4.b32 {%0,%1,%2,%3}, [%4];}"
                 : "=&r"(out.x), "=&r"(out.y), "=&r"(out.z), "=&r"(out.w)
                 : "l"(at), "r"(int(isThere)));
    return out;
}
__device__ inline uint2 loadIf(bool isThere, const uint2* at) {
    uint2 out;
    asm volatile("{.reg .pred p; setp.ne.s32 p, %3, 0; mov.b32 %0, 0; mov.b32 %1, 0;"
                 "@p ld.global.cg.v2.b32 {%0,%1}, [%2];}"
                 : "=&r"(out.x), "=&r"(out.y)
                 : "l"(at), "r"(int(isThere)));
    return out;
}
__device__ inline std::uint32_t loadIf(bool isThere, const std::uint32_t* at) {
    std::uint32_t out;
    asm volatile("{.reg .pred p; setp.ne.s32 p, %2, 0; mov.b32 %0, 0; @p ld.global.cg.b32 %0, [%1];}"
                 : "=&r"(out)
                 : "l"(at), "r"(int(isThere)));
    return out;
}
__device__ inline float2 loadIf(bool isThere, const float2* at) {
    const uint2 bits = loadIf(isThere, reinterpret_cast<const uint2*>(at));
    return make_float2(__uint_as_float(bits.x), __uint_as_float(bits.y));
}
// A half in the low bits of a word: packed in pairs it would be waited for. Scales of neighbouring heads share sectors,
// so these loads may stay in the L1 cache.
__device__ inline std::uint32_t loadIf(bool isThere, const __half* at) {
    std::uint32_t out;
    asm volatile("{.reg .pred p; setp.ne.s32 p, %2, 0; mov.b32 %0, 0; @p ld.global.u16 %0, [%1];}"
                 : "=&r"(out)
                 : "l"(at), "r"(int(isThere)));
    return out;
}

} // namespace strata::cuda
