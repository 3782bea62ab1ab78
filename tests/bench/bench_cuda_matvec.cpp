// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/quant_type.h"
#include "cuda/kernels/matvec.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

// A developer's program: speed of the products of 1 to 8 tokens on the GPU, by format and shape, as chains in a CUDA
// graph that read other weights at each link, more than any cache holds.
//   bench_cuda_matvec [format | token | all]
// "token": all products, norms and roundings of one pass of an 8B model in Q4_K_M, without attention.
using namespace strata;
using namespace strata::cuda;

namespace {

constexpr std::size_t kArenaBytes = std::size_t{5} << 30;
constexpr std::uint32_t kMostColumns = 28672;
constexpr std::uint32_t kMostRows = 128256;

struct Shape {
    std::uint32_t rows, columns;
};
constexpr Shape kShapes[] = {{4096, 4096}, {1024, 4096}, {14336, 4096}, {4096, 14336}, {128256, 4096}, {8192, 8192},
    {28672, 8192}, {8192, 28672}};

struct Bench {
    Stream stream = makeStream();
    Launch launch;
    GpuMemory arena{kArenaBytes};
    GpuMemory x{8 * std::size_t{kMostColumns} * sizeof(float)};
    GpuMemory q{8 * std::size_t{kMostColumns}};
    GpuMemory scales{8 * std::size_t{kMostColumns} / 32 * sizeof(float2)};
    GpuMemory y{8 * std::size_t{kMostRows} * sizeof(float)};
    double copyGigabytes = 0.0; // per second
    std::size_t used = 0;

    Bench() : launch(launchOn(0, stream.get())) {
        fill();
        constexpr std::size_t kCopied = std::size_t{1} << 30;
        const double seconds = time([&] {
            checkCuda(
                cudaMemcpyAsync(arena.data(), arena.data() + kCopied, kCopied, cudaMemcpyDeviceToDevice, stream.get()),
                "copying");
        });
        copyGigabytes = 2.0 * kCopied / seconds / 1e9;
    }

    // Exponents below 0x38 in every half and byte, so that no scale is infinite.
    void fill() {
        std::mt19937 random(1);
        std::vector<std::uint32_t> words(std::size_t{1} << 24);
        std::generate(words.begin(), words.end(), [&] { return static_cast<std::uint32_t>(random()) & 0x37ff37ffu; });
        const std::size_t bytes = words.size() * sizeof(words[0]);
        for (std::size_t offset = 0; offset < kArenaBytes; offset += bytes)
            checkCuda(cudaMemcpy(arena.data() + offset, words.data(), bytes, cudaMemcpyHostToDevice), "filling");
        std::vector<float> values(8 * std::size_t{kMostColumns});
        std::normal_distribution<float> normal;
        std::generate(values.begin(), values.end(), [&] { return normal(random); });
        checkCuda(cudaMemcpy(x.data(), values.data(), values.size() * 4, cudaMemcpyHostToDevice), "filling");
        quantiseRows(launch, x.as<float>(), 8, kMostColumns, rounded());
    }

    QuantisedRows rounded() const { return {q.as<std::int8_t>(), scales.as<float2>()}; }

    // Seconds of one replay of what `queue` puts on the stream: the median of several.
    double time(const std::function<void()>& queue) {
        checkCuda(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal), "capturing");
        queue();
        cudaGraph_t captured = nullptr;
        checkCuda(cudaStreamEndCapture(stream.get(), &captured), "capturing");
        const Graph graph(captured);
        cudaGraphExec_t made = nullptr;
        checkCuda(cudaGraphInstantiate(&made, captured, 0), "making a graph");
        const ExecutableGraph executable(made);
        const Event start = makeTimedEvent();
        const Event end = makeTimedEvent();
        std::vector<float> milliseconds;
        for (int i = 0; i < 9; ++i) {
            record(start, stream);
            checkCuda(cudaGraphLaunch(made, stream.get()), "replaying");
            record(end, stream);
            waitFor(end);
            checkCuda(cudaEventElapsedTime(&milliseconds.emplace_back(), start.get(), end.get()), "timing");
        }
        std::sort(milliseconds.begin(), milliseconds.end());
        return milliseconds[milliseconds.size() / 2] / 1e3;
    }

    // The next unread matrix of the arena.
    WeightMatrix matrix(QuantType type, const Shape& shape) {
        const std::size_t bytes = quantBytes(type, std::uint64_t{shape.rows} * shape.columns).value();
        if (used + bytes > kArenaBytes)
            used = 0;
        const WeightMatrix result = {type, shape.rows, shape.columns, arena.data() + used};
        used += (bytes + 255) / 256 * 256;
        return result;
    }

    void reportShape(const QuantTraits& format, const Shape& shape) {
        const double bytes = static_cast<double>(shape.rows) * shape.columns / format.blockLength * format.blockBytes;
        const int links = static_cast<int>(std::clamp(1e9 / bytes, 4.0, 100.0));
        fmt::print("{:7} {:6} x {:5} {:8.2f} MB", format.name, shape.rows, shape.columns, bytes / 1e6);
        for (const std::uint32_t m : {1u, 2u, 4u, 8u}) {
            const double seconds = time([&] {
                for (int i = 0; i < links; ++i) {
                    const ProductJob job = {matrix(format.type, shape), nullptr, y.as<float>(), false};
                    multiplyFew(launch, {&job, 1}, x.as<float>(), rounded(), m);
                }
            }) / links;
            const double rate = bytes / seconds / 1e9;
            fmt::print(" | {} {:7.2f} us {:5.0f} GB/s {:3.0f} %", m, seconds * 1e6, rate, 100.0 * rate / copyGigabytes);
        }
        fmt::print("\n");
    }

    void queueLayer(bool wide, std::uint32_t m, bool rounds) {
        const QuantType narrow = QuantType::Q4_K;
        const QuantType mixed = wide ? QuantType::Q6_K : QuantType::Q4_K;
        float* const residual = x.as<float>();
        float* const out = y.as<float>();
        const QuantisedRows rows = rounded();
        const auto job = [&](QuantType type, Shape shape, std::size_t offset, bool adds = false) {
            return ProductJob{matrix(type, shape), nullptr, adds ? residual : out + offset, adds};
        };
        if (rounds)
            normaliseRows(launch, residual, arena.as<float>(), 1e-5f, m, 4096, nullptr, rows);
        const ProductJob qkv[] = {
            job(narrow, {4096, 4096}, 0), job(narrow, {1024, 4096}, 8 * 4096), job(mixed, {1024, 4096}, 8 * 5120)};
        multiplyFew(launch, qkv, nullptr, rows, m);
        if (rounds)
            quantiseRows(launch, out, m, 4096, rows);
        const ProductJob output = job(narrow, {4096, 4096}, 0, true);
        multiplyFew(launch, {&output, 1}, nullptr, rows, m);
        if (rounds)
            normaliseRows(launch, residual, arena.as<float>(), 1e-5f, m, 4096, nullptr, rows);
        const ProductJob gate = job(narrow, {14336, 4096}, 0);
        const ProductJob up = job(narrow, {14336, 4096}, 0);
        const QuantisedRows hidden = {q.as<std::int8_t>() + 4 * std::size_t{kMostColumns},
            scales.as<float2>() + 4 * std::size_t{kMostColumns} / 32};
        multiplyGateUpFew(launch, gate, up, {nullptr, hidden}, nullptr, rows, m);
        const ProductJob down = job(mixed, {4096, 14336}, 0, true);
        multiplyFew(launch, {&down, 1}, nullptr, hidden, m);
    }

    double timeOfToken(std::uint32_t m, bool rounds) {
        used = 0;
        return time([&] {
            for (int layer = 0; layer < 32; ++layer)
                queueLayer(layer % 2 == 0, m, rounds);
            const ProductJob head = {matrix(QuantType::Q6_K, {kMostRows, 4096}), nullptr, y.as<float>(), false};
            multiplyFew(launch, {&head, 1}, nullptr, rounded(), m);
        });
    }

    void reportToken() {
        for (const std::uint32_t m : {1u, 2u, 4u, 8u}) {
            const double products = timeOfToken(m, false);
            const double seconds = timeOfToken(m, true);
            fmt::print("8B Q4_K_M, {} tokens: {:.3f} ms, without norms and roundings {:.3f}, {:.2f} GB, {:.0f} GB/s, "
                       "{:.0f} %\n",
                m, seconds * 1e3, products * 1e3, static_cast<double>(used) / 1e9,
                static_cast<double>(used) / seconds / 1e9, static_cast<double>(used) / seconds / 1e7 / copyGigabytes);
        }
    }
};

} // namespace

int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "token";
    Bench bench;
    fmt::print("device copy, read + write: {:.0f} GB/s\n", bench.copyGigabytes);
    if (wanted == "token" || wanted == "all")
        bench.reportToken();
    for (const QuantTraits& format : allQuantTraits()) {
        if (format.name != wanted && wanted != "all")
            continue;
        for (const Shape& shape : kShapes)
            bench.reportShape(format, shape);
    }
    return 0;
}
