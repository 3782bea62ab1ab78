// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec.h"

#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

#include <algorithm>

namespace strata::cuda {
namespace {

// Blocks a multiprocessor: one more than this fits, so that the kernel behind can start its copies beside.
constexpr unsigned kBlocksEach = 2;

std::size_t sharedBytesOf(QuantType type) {
    std::size_t bytes = 0;
    visitFormat(type, [&]<QuantType kType>() {
        if constexpr (!isFloatFormat(kType))
            bytes = std::max(TileShape<kType, true>::kSharedBytes, TileShape<kType, false>::kSharedBytes);
    });
    return bytes;
}

MatvecMatrix matrixOf(const ProductJob& job) {
    const QuantTraits& format = traits(job.weights.type);
    MatvecMatrix matrix = {};
    matrix.weights = job.weights.data;
    matrix.bias = job.bias;
    matrix.y = job.y;
    matrix.rows = job.weights.rows;
    matrix.rowBytes = job.weights.columns / format.blockLength * format.blockBytes;
    matrix.type = job.weights.type;
    matrix.storing = job.adds ? Storing::Add : Storing::Replace;
    return matrix;
}

unsigned tilesOf(const MatvecMatrix& matrix) {
    return (matrix.rows + kTileRows - 1) / kTileRows;
}

// Gives each matrix as many blocks as let all have about the same number of tiles; returns the number of blocks.
unsigned distribute(const Launch& launch, std::span<MatvecMatrix> matrices) {
    unsigned tiles = 0;
    for (const MatvecMatrix& matrix : matrices)
        tiles += tilesOf(matrix);
    const unsigned places = kBlocksEach * static_cast<unsigned>(launch.multiprocessors);
    const unsigned tilesEach = (tiles + places - 1) / places;
    unsigned blocks = 0;
    for (MatvecMatrix& matrix : matrices) {
        matrix.firstBlock = blocks;
        matrix.blockCount = (tilesOf(matrix) + tilesEach - 1) / tilesEach;
        blocks += matrix.blockCount;
    }
    return blocks;
}

// More than 48 KB a block must be asked for, once for each kernel and device; asking again costs little.
template <typename Kernel, typename... Arguments>
void launchTiles(
    const Launch& launch, Kernel kernel, unsigned blocks, std::size_t sharedBytes, Arguments... arguments) {
    checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sharedBytes)),
        "preparing a matrix product");
    launchDependent(launch, kernel, {blocks, kTileThreads, sharedBytes}, "multiplying matrices", arguments...);
}

void launchProducts(const Launch& launch, MatvecArguments& arguments) {
    const std::span matrices(arguments.matrices, arguments.count);
    std::size_t sharedBytes = 0;
    for (const MatvecMatrix& matrix : matrices)
        sharedBytes = std::max(sharedBytes, sharedBytesOf(matrix.type));
    const unsigned blocks = distribute(launch, matrices);
    launchTiles(launch, arguments.m == 1 ? oneTokenProducts() : fewTokenProducts(), blocks, sharedBytes, arguments);
}

} // namespace

void multiplyFew(
    const Launch& launch, std::span<const ProductJob> jobs, const float* x, const QuantisedRows& q, std::uint32_t m) {
    MatvecArguments arguments = {{}, 0, jobs.front().weights.columns, m, x, q};
    for (const ProductJob& job : jobs)
        arguments.matrices[arguments.count++] = matrixOf(job);
    launchProducts(launch, arguments);
}

void multiplyGateUpFew(const Launch& launch, const ProductJob& gate, const ProductJob& up, float* y, const float* x,
    const QuantisedRows& q, std::uint32_t m) {
    MatvecArguments arguments = {{matrixOf(gate), matrixOf(up)}, 2, gate.weights.columns, m, x, q};
    if (gate.weights.type == up.weights.type) {
        const unsigned blocks = distribute(launch, std::span(arguments.matrices, 1));
        launchTiles(launch, m == 1 ? oneTokenGateUp() : fewTokenGateUp(), blocks, sharedBytesOf(gate.weights.type),
            arguments, y);
        return;
    }
    for (int i = 0; i < 2; ++i) { // one after the other: the second finds the first's result in y
        MatvecArguments single = {{arguments.matrices[i]}, 1, arguments.columns, m, x, q};
        single.matrices[0].y = y;
        single.matrices[0].storing = i == 0 ? Storing::Replace : Storing::Gate;
        launchProducts(launch, single);
    }
}

} // namespace strata::cuda
