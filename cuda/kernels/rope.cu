// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/rope.h"

#include "cuda/kernels/rope.cuh"
#include "cuda/runtime/dependent_launch.cuh"

namespace strata::cuda {
namespace {

constexpr unsigned kThreads = 128;

__global__ __launch_bounds__(kThreads) void anglesKernel(
    RopeFrequencies table, const std::uint32_t* positions, std::uint32_t count, float2* angles) {
    allowDependents();
    const std::uint32_t at = min(blockIdx.x * kThreads + threadIdx.x, count - 1);
    const double angle = double(positions[at / table.pairs]) * double(table.frequencies[at % table.pairs]);
    // Cody and Waite: whole turns are taken off in two steps, so that the remainder keeps its last bits.
    constexpr double kTurn = 6.283185307179586;
    constexpr double kTurnRest = 2.4492935982947064e-16;
    const double turns = rint(angle * (1.0 / kTurn));
    const double rest = fma(-turns, kTurnRest, fma(-turns, kTurn, angle));
    double sine = 0.0;
    double cosine = 0.0;
    sincos(rest, &sine, &cosine);
    waitForProducers();
    angles[at] = make_float2(float(cosine) * table.scale, float(sine) * table.scale);
}

__global__ __launch_bounds__(kThreads) void rotateKernel(RotatedRows rows, const float2* angles, Rotation rotation) {
    rotateRow(rows.rows + std::size_t(blockIdx.x) * rows.headCount * rows.headLength, rows.headCount, rows.headLength,
        angles + std::size_t(blockIdx.x) * rotation.pairs, rotation, kThreads);
}

} // namespace

void rotateHeads(const Launch& launch, const float2* angles, RopePairing pairing, std::uint32_t pairs, std::uint32_t m,
    const RotatedRows& rows) {
    const Rotation rotation = {.pairs = pairs, .isAdjacent = pairing == RopePairing::Adjacent};
    rotateKernel<<<m, kThreads, 0, launch.stream>>>(rows, angles, rotation);
    checkLaunch("rotating heads");
}

void prepareAngles(const Launch& launch, const RopeFrequencies& table, const std::uint32_t* positions, std::uint32_t m,
    float2* angles) {
    const std::uint32_t count = m * table.pairs;
    if (count == 0)
        return;
    launchDependent(launch, anglesKernel,
        {.blocks = dim3((count + kThreads - 1) / kThreads), .threads = dim3(kThreads)}, "computing rotation angles",
        table, positions, count, angles);
}

} // namespace strata::cuda
