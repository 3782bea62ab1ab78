// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>

// Private to the few-token kernel: the largest score so far of each query of a block, 8 * tile + 2c + i, that a warp
// keeps. It is the same in the eight lanes of a column c (g = lane / 4, c = lane % 4).
namespace strata::cuda {

template <int kTiles>
class FewMaxima {
public:
    __device__ void start() {
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile)
            m_values[tile][0] = m_values[tile][1] = -INFINITY;
    }
    __device__ float get(int tile, int i) const { return m_values[tile][i]; }
    __device__ void set(int tile, int i, int, float value) { m_values[tile][i] = value; }

private:
    float m_values[kTiles][2];
};

// With four tiles registers are scarce: each of the eight lanes keeps one of the eight values, and a shuffle brings it.
template <>
class FewMaxima<4> {
public:
    __device__ void start() { m_value = -INFINITY; }
    // By whole warps.
    __device__ float get(int tile, int i) const {
        float out;
        // From the lane of the same c with g = 2 * tile + i: 0x300 keeps two bits of the lane, 0x1f allows all lanes.
        asm volatile("shfl.sync.idx.b32 %0, %1, %2, 0x31f, 0xffffffff;"
                     : "=f"(out)
                     : "f"(m_value), "r"(4 * (2 * tile + i)));
        return out;
    }
    __device__ void set(int tile, int i, int g, float value) {
        if (g == 2 * tile + i)
            m_value = value;
    }

private:
    float m_value;
};

} // namespace strata::cuda
