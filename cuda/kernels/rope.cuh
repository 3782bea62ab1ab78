// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// Private to cuda/kernels: the rotation of one element (RoFormer, arXiv 2104.09864).
namespace strata::cuda {

struct Rotation {
    std::uint32_t pairs = 0; // 2 * pairs dimensions of a head turn, the rest stay
    bool isAdjacent = false; // (0,1)(2,3).. or (0,pairs)(1,pairs+1)..
};

// (a, b) turned by (cosine, sine). Rounds the same way wherever it is compiled: what one kernel puts into the cache is
// what another computes with.
__device__ inline float2 rotatedPair(float2 pair, float2 angle) {
    return make_float2(__fmaf_rn(pair.x, angle.x, -__fmul_rn(pair.y, angle.y)),
        __fmaf_rn(pair.x, angle.y, __fmul_rn(pair.y, angle.x)));
}

// Element `at` of the rotated head.
__device__ inline float rotatedElement(
    const float* head, const float2* angles, std::uint32_t at, const Rotation& rotation) {
    const std::uint32_t pairs = rotation.pairs;
    if (at >= 2 * pairs)
        return head[at];
    const bool isFirst = rotation.isAdjacent ? at % 2 == 0 : at < pairs;
    const std::uint32_t distance = rotation.isAdjacent ? 1 : pairs;
    const std::uint32_t first = isFirst ? at : at - distance;
    const float2 angle = angles[rotation.isAdjacent ? first / 2 : first];
    const float2 turned = rotatedPair(make_float2(head[first], head[first + distance]), angle);
    return isFirst ? turned.x : turned.y;
}

// One row (headCount, headLength) in place, by a block of `threads` threads.
__device__ inline void rotateRow(float* row, std::uint32_t headCount, std::uint32_t headLength, const float2* angles,
    const Rotation& rotation, std::uint32_t threads) {
    const std::uint32_t distance = rotation.isAdjacent ? 1 : rotation.pairs;
    for (std::uint32_t at = threadIdx.x; at < headCount * rotation.pairs; at += threads) {
        const std::uint32_t pair = at % rotation.pairs;
        const std::uint32_t first = rotation.isAdjacent ? 2 * pair : pair;
        float* head = row + std::size_t(at / rotation.pairs) * headLength;
        const float one = rotatedElement(head, angles, first, rotation);
        const float other = rotatedElement(head, angles, first + distance, rotation);
        head[first] = one;
        head[first + distance] = other;
    }
}

} // namespace strata::cuda
