// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec.h"

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

#include <algorithm>

namespace strata::cuda {
namespace {

std::size_t sharedBytesOf(QuantType type) {
    std::size_t bytes = 0;
    visitFormat(type, [&]<QuantType kType>() {
        if constexpr (!isFloatFormat(kType))
            bytes = std::max(TileShape<kType, true>::kSharedBytes, TileShape<kType, false>::kSharedBytes);
    });
    return bytes;
}

MatvecMatrix matrixOf(const ProductJob& job, std::uint32_t firstTile) {
    const QuantTraits& format = traits(job.weights.type);
    MatvecMatrix matrix = {};
    matrix.weights = job.weights.data;
    matrix.bias = job.bias;
    matrix.y = job.y;
    matrix.rows = job.weights.rows;
    matrix.rowBytes = job.weights.columns / format.blockLength * format.blockBytes;
    matrix.firstTile = firstTile;
    matrix.type = job.weights.type;
    matrix.adds = job.adds;
    return matrix;
}

std::uint32_t tilesOf(const MatvecMatrix& matrix) {
    return (matrix.rows + kTileRows - 1) / kTileRows;
}

// More than 48 KB a block must be asked for, once for each kernel and device; asking again costs little.
template <typename Kernel, typename... Arguments>
void launchTiles(const Launch& launch, Kernel kernel, unsigned tiles, std::size_t sharedBytes, Arguments... arguments) {
    constexpr std::size_t kGranted = 48 * 1024 - 2 * sizeof(TilePartials);
    if (sharedBytes > kGranted)
        checkCuda(
            cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes)),
            "preparing a matrix product");
    launchDependent(launch, kernel, {tiles, kTileThreads, sharedBytes}, "multiplying matrices", arguments...);
}

} // namespace

void multiplyFew(
    const Launch& launch, std::span<const ProductJob> jobs, const float* x, const QuantisedRows& q, std::uint32_t m) {
    MatvecArguments arguments = {{}, 0, jobs.front().weights.columns, m, x, q};
    std::uint32_t tiles = 0;
    std::size_t sharedBytes = 0;
    for (const ProductJob& job : jobs) {
        MatvecMatrix& matrix = arguments.matrices[arguments.count++];
        matrix = matrixOf(job, tiles);
        tiles += tilesOf(matrix);
        sharedBytes = std::max(sharedBytes, sharedBytesOf(matrix.type));
    }
    launchTiles(launch, m == 1 ? oneTokenProducts() : fewTokenProducts(), tiles, sharedBytes, arguments);
}

void multiplyGateUpFew(const Launch& launch, const ProductJob& gate, const ProductJob& up, float* y, const float* x,
    const QuantisedRows& q, std::uint32_t m) {
    const MatvecArguments arguments = {{matrixOf(gate, 0), matrixOf(up, 0)}, 2, gate.weights.columns, m, x, q};
    const std::size_t sharedBytes = std::max(sharedBytesOf(gate.weights.type), sharedBytesOf(up.weights.type));
    launchTiles(launch, m == 1 ? oneTokenGateUp() : fewTokenGateUp(), tilesOf(arguments.matrices[0]), sharedBytes,
        arguments, y);
}

} // namespace strata::cuda
