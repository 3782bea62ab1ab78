// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec.h"

#include "cuda/kernels/matvec_bulk.cuh"
#include "cuda/kernels/matvec_copy.cuh"
#include "cuda/runtime/dependent_launch.cuh"

#include <algorithm>

namespace strata::cuda {
namespace {

constexpr int kMostSharedBytes = 96 * 1024; // what every GPU from compute capability 8.0 on gives a block, if asked

template <QuantType kType, bool kIsOne>
std::size_t copyBytes(int computeCapability) {
    constexpr int kTokens = kIsOne ? 1 : static_cast<int>(kFewTokens);
    static_assert(BlockShape<kType, kIsOne>::kSharedBytes + partialBytes(kTokens, 2, 90) <= kMostSharedBytes);
    static_assert(TileShape<kType, kIsOne>::kSharedBytes + partialBytes(kTokens, 2, 80) <= kMostSharedBytes);
    return copiesInBulk(computeCapability) ? BlockShape<kType, kIsOne>::kSharedBytes
                                           : TileShape<kType, kIsOne>::kSharedBytes;
}

// What copies of a block need of its shared memory, for a pass of m tokens.
std::size_t copyBytesOf(QuantType type, std::uint32_t m, int computeCapability) {
    std::size_t bytes = 0;
    visitFormat(type, [&]<QuantType kType>() {
        if constexpr (!isFloatFormat(kType))
            bytes = m == 1 ? copyBytes<kType, true>(computeCapability) : copyBytes<kType, false>(computeCapability);
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

// Shares the places for blocks among the matrices by their tiles, in units of `neighbours` tiles; returns the number of
// blocks.
unsigned distribute(const Launch& launch, std::span<MatvecMatrix> matrices, unsigned neighbours) {
    const auto unitsOf = [&](const MatvecMatrix& matrix) { return (tilesOf(matrix) + neighbours - 1) / neighbours; };
    unsigned units = 0;
    for (const MatvecMatrix& matrix : matrices)
        units += unitsOf(matrix);
    const unsigned places = std::min(units, static_cast<unsigned>(kBlocksEach * launch.multiprocessors));
    unsigned blocks = 0;
    for (MatvecMatrix& matrix : matrices) {
        matrix.firstBlock = blocks;
        matrix.blockCount = std::max(1u, static_cast<unsigned>(std::uint64_t{unitsOf(matrix)} * places / units));
        blocks += matrix.blockCount;
    }
    return blocks;
}

template <typename Kernel, typename... Arguments>
void launchTiles(
    const Launch& launch, Kernel kernel, unsigned blocks, std::size_t sharedBytes, Arguments... arguments) {
    checkCuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kMostSharedBytes),
        "preparing a matrix product");
    launchDependent(launch, kernel, {blocks, kTileThreads, sharedBytes}, "multiplying matrices", arguments...);
}

void launchProducts(const Launch& launch, MatvecArguments& arguments) {
    const std::span matrices(arguments.matrices, arguments.count);
    std::size_t sharedBytes = 0;
    for (const MatvecMatrix& matrix : matrices)
        sharedBytes = std::max(sharedBytes, copyBytesOf(matrix.type, arguments.m, launch.computeCapability));
    const unsigned blocks = distribute(launch, matrices, 1);
    const bool isOne = arguments.m == 1;
    sharedBytes += partialBytes(isOne ? 1 : kFewTokens, 1, launch.computeCapability);
    launchTiles(launch, isOne ? oneTokenProducts() : fewTokenProducts(), blocks, sharedBytes, arguments);
}

} // namespace

void multiplyFew(
    const Launch& launch, std::span<const ProductJob> jobs, const float* x, const QuantisedRows& q, std::uint32_t m) {
    MatvecArguments arguments = {{}, 0, jobs.front().weights.columns, m, x, q};
    for (const ProductJob& job : jobs)
        arguments.matrices[arguments.count++] = matrixOf(job);
    launchProducts(launch, arguments);
}

void multiplyGateUpFew(const Launch& launch, const ProductJob& gate, const ProductJob& up, const GatedRows& out,
    const float* x, const QuantisedRows& q, std::uint32_t m) {
    MatvecArguments arguments = {{matrixOf(gate), matrixOf(up)}, 2, gate.weights.columns, m, x, q};
    if (gate.weights.type == up.weights.type) {
        const unsigned blocks = distribute(launch, std::span(arguments.matrices, 1), 2);
        const std::size_t sharedBytes = copyBytesOf(gate.weights.type, m, launch.computeCapability) +
                                        partialBytes(m == 1 ? 1 : kFewTokens, 2, launch.computeCapability);
        launchTiles(launch, m == 1 ? oneTokenGateUp() : fewTokenGateUp(), blocks, sharedBytes, arguments, out);
        return;
    }
    for (int i = 0; i < 2; ++i) { // one after the other: the second finds the first's result in y
        MatvecArguments single = {{arguments.matrices[i]}, 1, arguments.columns, m, x, q};
        single.matrices[0].y = out.y;
        single.matrices[0].storing = i == 0 ? Storing::Replace : Storing::Gate;
        launchProducts(launch, single);
    }
    if (out.quantised.q != nullptr)
        quantiseRows(launch, out.y, m, gate.weights.rows, out.quantised);
}

} // namespace strata::cuda
