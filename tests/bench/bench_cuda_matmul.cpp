// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

// A developer's program: time and speed of the products of many tokens, by format, shape and number of tokens. The
// preparation of the input is timed by itself.
//   bench_cuda_matmul [format ...]
using namespace strata;
using namespace strata::cuda;

namespace {

constexpr std::uint32_t kMostTokens = 2048;
constexpr std::uint32_t kMostColumns = 14336;

enum class Kind { Product, GateUp, Qkv, Prepare };

struct Shape {
    const char* name;
    Kind kind;
    std::uint32_t rows;
    std::uint32_t columns;
};

constexpr Shape kShapes[] = {{"4096x4096", Kind::Product, 4096, 4096}, {"1024x4096", Kind::Product, 1024, 4096},
    {"14336x4096", Kind::Product, 14336, 4096}, {"4096x14336", Kind::Product, 4096, 14336},
    {"qkv 6144x4096", Kind::Qkv, 6144, 4096}, {"gate+up 28672x4096", Kind::GateUp, 28672, 4096}};

struct Bench {
    Launch launch;
    Stream stream = makeStream();
    Event start = makeTimedEvent();
    Event end = makeTimedEvent();
    GpuMemory weights, x, y, scratch;

    void call(const Shape& shape, QuantType type, std::uint32_t m, const std::byte* data) {
        float* out = y.as<float>();
        const auto job = [&](std::uint32_t rows, std::uint32_t firstRow = 0) {
            const std::size_t offset = quantBytes(type, std::uint64_t{firstRow} * shape.columns).value_or(0);
            return ProductJob{{type, rows, shape.columns, data + offset}, nullptr, out, false};
        };
        if (shape.kind == Kind::Prepare)
            return prepareRows(launch, x.as<float>(), m, shape.columns, scratch.data());
        if (shape.kind == Kind::GateUp)
            return multiplyGateUpMany(
                launch, job(shape.rows / 2), job(shape.rows / 2, shape.rows / 2), scratch.data(), m);
        if (shape.kind == Kind::Qkv) {
            const ProductJob jobs[] = {job(4096), job(1024, 4096), job(1024, 5120)};
            return multiplyMany(launch, jobs, scratch.data(), m);
        }
        const ProductJob one = job(shape.rows);
        multiplyMany(launch, {&one, 1}, scratch.data(), m);
    }

    // Microseconds a call, median of several runs of some calls each; copies of the matrix are read in turn, so that
    // none rests in the cache.
    double time(const Shape& shape, QuantType type, std::uint32_t m) {
        const std::size_t bytes = quantBytes(type, std::uint64_t{shape.rows} * shape.columns).value_or(0);
        const std::size_t stride = (bytes + 255) / 256 * 256;
        const std::size_t copies = bytes == 0 ? 1 : std::max<std::size_t>(1, weights.byteCount() / stride);
        const int calls = m >= 512 ? 4 : 10;
        std::vector<float> times;
        std::size_t next = 0;
        for (int round = 0; round < 6; ++round) {
            record(start, stream);
            for (int i = 0; i < calls; ++i)
                call(shape, type, m, weights.data() + next++ % copies * stride);
            record(end, stream);
            waitFor(end);
            float milliseconds = 0.0f;
            checkCuda(cudaEventElapsedTime(&milliseconds, start.get(), end.get()), "timing");
            if (round > 0)
                times.push_back(milliseconds * 1000.0f / static_cast<float>(calls));
        }
        std::sort(times.begin(), times.end());
        return times[times.size() / 2];
    }
};

template <typename T>
GpuMemory upload(const std::vector<T>& values) {
    GpuMemory memory(values.size() * sizeof(T));
    checkCuda(cudaMemcpy(memory.data(), values.data(), memory.byteCount(), cudaMemcpyHostToDevice), "filling");
    return memory;
}

Bench makeBench() {
    Bench bench;
    cudaDeviceProp properties{};
    checkCuda(cudaGetDeviceProperties(&properties, 0), "device");
    bench.launch = {bench.stream.get(), properties.multiProcessorCount, properties.major * 10 + properties.minor};
    std::mt19937 random(1);
    std::vector<std::uint32_t> bits(std::size_t{1} << 27);
    for (std::uint32_t& word : bits)
        word = random() & 0x37ff37ffu; // no half of it is infinite
    bench.weights = upload(bits);
    std::normal_distribution<float> normal;
    std::vector<float> x(std::size_t{kMostTokens} * kMostColumns);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = i < 100003 ? normal(random) : x[i - 100003];
    bench.x = upload(x);
    bench.y = GpuMemory(std::size_t{kMostTokens} * 14336 * sizeof(float));
    bench.scratch = GpuMemory(matmulScratchBytes(kMostColumns, kMostTokens, properties.multiProcessorCount));
    checkCuda(cudaMemset(bench.scratch.data(), 0, bench.scratch.byteCount()), "filling");
    return bench;
}

} // namespace

int main(int argc, char** argv) {
    Bench bench = makeBench();
    for (const std::uint32_t columns : {4096u, 14336u})
        for (const std::uint32_t m : {16u, 64u, 512u, 2048u})
            std::printf("prepare %5u columns  m=%-4u %8.1f us\n", columns, m,
                bench.time({"", Kind::Prepare, 0, columns}, QuantType::F32, m));
    for (const QuantTraits& format : allQuantTraits()) {
        const bool isWanted =
            argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* name) { return format.name == name; });
        for (const Shape& shape : kShapes) {
            if (!isWanted)
                break;
            std::printf("%-7.*s %-19s", static_cast<int>(format.name.size()), format.name.data(), shape.name);
            bench.call({"", Kind::Prepare, 0, shape.columns}, format.type, kMostTokens, nullptr);
            for (const std::uint32_t m : {16u, 64u, 512u, 2048u}) {
                bench.call({"", Kind::Prepare, 0, shape.columns}, format.type, m, nullptr);
                const double microseconds = bench.time(shape, format.type, m);
                std::printf("  m=%-4u %7.1f us %6.1f T/s", m, microseconds,
                    2e-6 * shape.rows * shape.columns * m / microseconds);
            }
            std::printf("\n");
        }
    }
    return 0;
}
