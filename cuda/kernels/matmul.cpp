// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul.h"

#include "core/base/error.h"
#include "cuda/kernels/matmul_call.h"

#include <algorithm>
#include <array>

namespace strata::cuda {
namespace {

constexpr std::size_t kArrivalsBytes = 4096;     // for at most 1024 tiles
constexpr std::size_t kPartialBytes = 64 * 1024; // of the largest tile, 128 x 128 sums
constexpr std::uint32_t kMostSplits = 16;

std::size_t aligned(std::size_t byteCount) {
    return (byteCount + 255) / 256 * 256;
}

// Blocks that split tiles may have: two run on a multiprocessor at once.
std::uint32_t splitBlocks(int multiprocessors) {
    return std::min<std::uint32_t>(static_cast<std::uint32_t>(multiprocessors) * 2, kArrivalsBytes / 4);
}

// In the order of QuantType.
constexpr std::array<MatmulLauncher, kQuantTypeCount> kLaunchers = {launchF16<QuantType::F32>,
    launchF16<QuantType::F16>, launchF16<QuantType::BF16>, launchF16<QuantType::Q4_0>, launchF16<QuantType::Q4_1>,
    launchF16<QuantType::Q5_0>, launchF16<QuantType::Q5_1>, launchF16<QuantType::Q8_0>, launchF16<QuantType::Q2_K>,
    launchF16<QuantType::Q3_K>, launchF16<QuantType::Q4_K>, launchF16<QuantType::Q5_K>, launchF16<QuantType::Q6_K>,
    launchF16<QuantType::IQ4_NL>, launchF16<QuantType::IQ4_XS>, launchF16<QuantType::MXFP4>};

// Columns of a weight row that are staged at once.
std::uint32_t spanColumns(const QuantTraits& format) {
    if (format.blockLength == 1)
        return 64;
    return format.blockLength == 32 ? 128 : 256;
}

// Rounds in which all multiprocessors have a tile.
std::uint32_t wideRounds(const Launch& launch, std::uint32_t stripeCount, std::uint32_t m, std::uint32_t tokens) {
    const auto multiprocessors = static_cast<std::uint32_t>(launch.multiprocessors);
    const std::uint32_t tiles = stripeCount * ((m + tokens - 1) / tokens);
    return (tiles + multiprocessors - 1) / multiprocessors;
}

// A tile of 256 tokens takes up to half as long again as one of 128: its weights cost the same.
std::uint32_t wideTokens(const Launch& launch, std::uint32_t stripeCount, std::uint32_t m) {
    return wideRounds(launch, stripeCount, m, 256) * 3 <= wideRounds(launch, stripeCount, m, 128) * 2 ? 256 : 128;
}

struct Plan {
    MatmulLauncher launcher;
    std::uint32_t tokens;         // of a tile
    std::uint32_t residentBlocks; // of a multiprocessor
};

Plan plan(const Launch& launch, QuantType type, std::uint32_t stripeCount, std::uint32_t m) {
    const MatmulLauncher few = kLaunchers[static_cast<std::size_t>(type)];
    if (m <= 64)
        return {few, m <= 32 ? 32u : 64u, 2};
    if (const MatmulLauncher wide = wideLauncher(type, launch.computeCapability))
        return {wide, wideTokens(launch, stripeCount, m), 1};
    return {few, type == QuantType::F32 ? 64u : 128u, 2};
}

void checkColumns(const ProductJob& job, std::uint32_t columns) {
    const QuantTraits& format = traits(job.weights.type);
    if (job.weights.columns != columns || columns % format.blockLength != 0)
        fail(ErrorCode::BadRequest, "matrix product: expected {} columns in whole blocks of {}, found {}", columns,
            format.blockLength, job.weights.columns);
}

MatmulMatrix matrixOf(const ProductJob& job, std::uint32_t firstStripe) {
    MatmulMatrix matrix;
    matrix.data = reinterpret_cast<const std::uint8_t*>(job.weights.data);
    matrix.bias = job.bias;
    matrix.y = job.y;
    matrix.rows = job.weights.rows;
    matrix.firstStripe = firstStripe;
    matrix.end = job.adds ? MatmulEnd::Add : MatmulEnd::Store;
    return matrix;
}

std::uint32_t stripes(std::uint32_t rows) {
    return (rows + kTileRows - 1) / kTileRows;
}

// Splits the columns where the tiles alone would leave half of the multiprocessors idle; a split has some spans at
// least to pay for adding it up.
std::uint32_t splitCount(const Launch& launch, std::uint32_t tiles, std::uint32_t spans, std::uint32_t residentBlocks) {
    const auto multiprocessors = static_cast<std::uint32_t>(launch.multiprocessors);
    if (tiles * 2 > multiprocessors)
        return 1;
    const std::uint32_t blocks = std::min(splitBlocks(launch.multiprocessors), multiprocessors * residentBlocks);
    return std::max(1u, std::min({blocks / tiles, kMostSplits, spans / 2}));
}

// `call` lacks what is the same for every launch of one input.
void launchCall(const Launch& launch, MatmulCall call, QuantType type, std::uint32_t columns, std::uint32_t stripeCount,
    bool gateUp, void* scratch, std::uint32_t m) {
    const QuantTraits& format = traits(type);
    const MatmulScratch parts = matmulScratch(scratch, columns, m, launch.multiprocessors);
    const Plan chosen = plan(launch, type, stripeCount, m);
    MatmulGrid grid{0, 1, static_cast<int>(chosen.tokens), gateUp};
    call.rowBytes = columns / format.blockLength * format.blockBytes;
    call.stepCount = stepCount(columns);
    call.m = m;
    call.tokenTiles = (m + chosen.tokens - 1) / chosen.tokens;
    call.paddedTokens = paddedTokens(m);
    call.x = parts.rows;
    call.rowScales = parts.rowScales;
    call.partials = parts.partials;
    call.arrivals = parts.arrivals;
    grid.tiles = stripeCount * call.tokenTiles;
    const std::uint32_t stepsPerSpan = spanColumns(format) / kStepColumns;
    const std::uint32_t spans = (call.stepCount + stepsPerSpan - 1) / stepsPerSpan;
    const std::uint32_t splits = splitCount(launch, grid.tiles, spans, chosen.residentBlocks);
    const std::uint32_t spansPerSplit = (spans + splits - 1) / splits;
    grid.splits = (spans + spansPerSplit - 1) / spansPerSplit;
    call.stepsPerSplit = spansPerSplit * stepsPerSpan;
    chosen.launcher(call, grid, launch.stream);
}

} // namespace

MatmulScratch matmulScratch(void* scratch, std::uint32_t columns, std::uint32_t m, int multiprocessors) {
    auto* bytes = static_cast<std::byte*>(scratch);
    const std::size_t partials = kArrivalsBytes;
    const std::size_t scales = partials + splitBlocks(multiprocessors) * kPartialBytes;
    const std::size_t rows = scales + aligned(std::size_t{paddedTokens(m)} * sizeof(float));
    const std::size_t end = rows + std::size_t{paddedTokens(m)} * stepCount(columns) * kStepBytes;
    return {reinterpret_cast<std::uint32_t*>(bytes), reinterpret_cast<float*>(bytes + partials),
        reinterpret_cast<float*>(bytes + scales), reinterpret_cast<std::uint8_t*>(bytes + rows), end};
}

std::size_t matmulScratchBytes(std::uint32_t columns, std::uint32_t maxTokens, int multiprocessors) {
    return matmulScratch(nullptr, columns, maxTokens, multiprocessors).byteCount;
}

void multiplyMany(const Launch& launch, std::span<const ProductJob> jobs, void* scratch, std::uint32_t m) {
    std::array<bool, 3> isDone{};
    if (jobs.empty() || jobs.size() > isDone.size() || m == 0)
        fail(ErrorCode::BadRequest, "matrix products: expected 1 to 3 of at least 1 token, found {} of {}", jobs.size(),
            m);
    const std::uint32_t columns = jobs[0].weights.columns;
    for (std::size_t first = 0; first < jobs.size(); ++first) {
        if (isDone[first])
            continue;
        MatmulCall call;
        std::uint32_t stripeCount = 0;
        for (std::size_t i = first; i < jobs.size(); ++i) {
            checkColumns(jobs[i], columns);
            if (jobs[i].weights.type != jobs[first].weights.type)
                continue;
            isDone[i] = true;
            call.matrices[call.matrixCount++] = matrixOf(jobs[i], stripeCount);
            stripeCount += stripes(jobs[i].weights.rows);
        }
        launchCall(launch, call, jobs[first].weights.type, columns, stripeCount, false, scratch, m);
    }
}

void multiplyGateUpMany(
    const Launch& launch, const ProductJob& gate, const ProductJob& up, void* scratch, std::uint32_t m) {
    const std::uint32_t columns = gate.weights.columns;
    checkColumns(gate, columns);
    checkColumns(up, columns);
    if (gate.weights.rows != up.weights.rows || m == 0)
        fail(ErrorCode::BadRequest, "gate and up products: expected as many rows, found {} and {}", gate.weights.rows,
            up.weights.rows);
    MatmulCall call;
    call.matrices[0] = matrixOf(gate, 0);
    call.matrices[0].end = MatmulEnd::Store;
    if (gate.weights.type == up.weights.type) {
        call.matrices[1] = matrixOf(up, 0);
        call.matrixCount = 2;
        launchCall(launch, call, gate.weights.type, columns, stripes(gate.weights.rows * 2), true, scratch, m);
        return;
    }
    call.matrixCount = 1;
    launchCall(launch, call, gate.weights.type, columns, stripes(gate.weights.rows), false, scratch, m);
    call.matrices[0] = matrixOf(up, 0);
    call.matrices[0].y = gate.y;
    call.matrices[0].end = MatmulEnd::Activate;
    launchCall(launch, call, up.weights.type, columns, stripes(up.weights.rows), false, scratch, m);
}

} // namespace strata::cuda
