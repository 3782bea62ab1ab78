// SPDX-License-Identifier: GPL-3.0-or-later
// Times attention of one layer on the GPU, several layers' caches in turn so that the L2 cache does not hold them:
//   bench_cuda_attention
#include "core/backend/kv_rows.h"
#include "cuda/kernels/attention.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace strata;
using namespace strata::cuda;

namespace {

using GpuBytes = OwnedMemory<allocateDevice, releaseDevice>;

__global__ void fillHalves(std::uint16_t* halves, std::size_t count) {
    for (std::size_t at = blockIdx.x * std::size_t(blockDim.x) + threadIdx.x; at < count;
         at += gridDim.x * blockDim.x) {
        const std::uint32_t hash = std::uint32_t(at) * 2654435761U;
        halves[at] = std::uint16_t(hash >> 31 << 15 | 0x3000U | hash >> 8 & 0x7ffU); // 0.125 to 0.5, either sign
    }
}

__global__ void fillFloats(float* values, std::size_t count) {
    for (std::size_t at = blockIdx.x * std::size_t(blockDim.x) + threadIdx.x; at < count; at += gridDim.x * blockDim.x)
        values[at] = float(std::uint32_t(at) * 2654435761U) / 2147483648.0F - 1.0F;
}

struct Layers {
    Layers(const HeadShape& heads, QuantType cacheType, std::uint32_t rows, std::uint32_t tokens, int layerCount)
        : shape(heads), type(cacheType), capacity(rows + tokens), m(tokens),
          cacheBytes(std::size_t(capacity) * kvRowBytes(type, heads.kvLength())), cache(2 * cacheBytes * layerCount),
          q(std::size_t(m) * heads.headCount * heads.headLength * 4), kv(std::size_t(2) * m * heads.kvLength() * 4),
          angles(std::size_t(m) * heads.headLength * 4 + 8), attended(q.byteCount()), cacheLength(4),
          count(layerCount) {
        fillHalves<<<512, 256>>>(cache.as<std::uint16_t>(), cache.byteCount() / 2);
        fillFloats<<<512, 256>>>(q.as<float>(), q.byteCount() / 4);
        fillFloats<<<512, 256>>>(kv.as<float>(), kv.byteCount() / 4);
        fillFloats<<<512, 256>>>(angles.as<float>(), angles.byteCount() / 4);
        checkCuda(cudaMemcpy(cacheLength.data(), &rows, 4, cudaMemcpyHostToDevice), "copying");
    }

    void run(const Launch& launch, std::byte* scratch) {
        PassState pass;
        pass.cacheLength = cacheLength.as<std::uint32_t>();
        for (int layer = 0; layer < count; ++layer) {
            std::byte* keys = cache.data() + 2 * cacheBytes * layer;
            const KvLayer kvLayer = {.keys = keys, .values = keys + cacheBytes, .type = type, .capacity = capacity};
            attend(launch, shape, kvLayer, pass,
                {.q = q.as<float>(),
                    .k = kv.as<float>(),
                    .v = kv.as<float>() + m * shape.kvLength(),
                    .angles = angles.as<float2>(),
                    .attended = attended.as<float>(),
                    .scratch = scratch,
                    .m = m});
        }
    }

    HeadShape shape;
    QuantType type;
    std::uint32_t capacity, m;
    std::size_t cacheBytes;
    GpuBytes cache, q, kv, angles, attended, cacheLength;
    int count;
};

// Median microseconds of one layer, from replays of a graph of all of them.
double layerMicroseconds(Launch launch, Layers& layers) {
    const std::size_t scratchBytes = attentionScratchBytes(launch, layers.shape);
    const GpuBytes scratch(scratchBytes);
    checkCuda(cudaMemset(scratch.data(), 0, scratchBytes), "clearing");
    cudaStream_t stream = nullptr;
    checkCuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
    launch.stream = stream;
    checkCuda(cudaDeviceSynchronize(), "filling");
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    checkCuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    layers.run(launch, scratch.data());
    checkCuda(cudaStreamEndCapture(stream, &graph), "capture");
    checkCuda(cudaGraphInstantiate(&executable, graph, 0), "graph");
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
    checkCuda(cudaEventCreate(&begin), "event");
    checkCuda(cudaEventCreate(&end), "event");
    std::vector<float> times;
    for (int i = 0; i < 13; ++i) {
        checkCuda(cudaEventRecord(begin, stream), "timing");
        checkCuda(cudaGraphLaunch(executable, stream), "graph");
        checkCuda(cudaEventRecord(end, stream), "timing");
        checkCuda(cudaStreamSynchronize(stream), "attention");
        float milliseconds = 0.0F;
        checkCuda(cudaEventElapsedTime(&milliseconds, begin, end), "timing");
        if (i >= 3)
            times.push_back(milliseconds);
    }
    std::sort(times.begin(), times.end());
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
    return 1000.0 * times[times.size() / 2] / layers.count;
}

void timeFew(const Launch& launch, const char* name, const HeadShape& shape, QuantType type, std::uint32_t tokens) {
    for (const std::uint32_t rows : {32U, 500U, 2000U, 8192U, 32768U}) {
        const double layerBytes = 2.0 * rows * kvRowBytes(type, shape.kvLength());
        const int count = int(std::clamp(4e9 / layerBytes, 4.0, 32.0));
        Layers layers(shape, type, rows, tokens, count);
        const double time = layerMicroseconds(launch, layers);
        std::printf("few  %-10s %-4s m %2u rows %6u: %8.2f us a layer, %6.0f GB/s\n", name,
            type == QuantType::F16 ? "f16" : "q8_0", tokens, rows, time, layerBytes / time * 1e-3);
    }
}

void timeMany(const Launch& launch, const char* name, const HeadShape& shape, QuantType type, std::uint32_t rows,
    std::uint32_t tokens) {
    Layers layers(shape, type, rows, tokens, 4);
    const double time = layerMicroseconds(launch, layers);
    const double pairs = double(tokens) * rows + 0.5 * double(tokens) * (tokens + 1);
    const double operations = 4.0 * pairs * shape.headCount * shape.headLength;
    std::printf("many %-10s %-4s m %4u rows %6u: %8.1f us a layer, %6.1f TFLOP/s\n", name,
        type == QuantType::F16 ? "f16" : "q8_0", tokens, rows, time, operations / time * 1e-6);
}

HeadShape shapeOf(std::uint32_t heads, std::uint32_t kvHeads, std::uint32_t length) {
    return {.headCount = heads, .kvHeadCount = kvHeads, .headLength = length, .ropePairs = length / 2};
}

} // namespace

int main() {
    cudaDeviceProp properties = {};
    checkCuda(cudaGetDeviceProperties(&properties, 0), "asking for the device");
    const Launch launch = {.stream = nullptr,
        .multiprocessors = properties.multiProcessorCount,
        .computeCapability = properties.major * 10 + properties.minor};
    std::printf("%s\n", properties.name);
    const HeadShape llama8 = shapeOf(32, 8, 128);
    for (const QuantType type : {QuantType::F16, QuantType::Q8_0})
        for (const std::uint32_t tokens : {1U, 2U, 4U, 8U})
            timeFew(launch, "8B", llama8, type, tokens);
    timeFew(launch, "70B", shapeOf(64, 8, 128), QuantType::F16, 1);
    timeFew(launch, "no groups", shapeOf(32, 32, 128), QuantType::F16, 1);
    timeFew(launch, "head 64", shapeOf(32, 8, 64), QuantType::F16, 1);
    timeFew(launch, "head 256", shapeOf(16, 8, 256), QuantType::F16, 1);
    for (const QuantType type : {QuantType::F16, QuantType::Q8_0})
        for (const std::uint32_t rows : {0U, 2048U, 32768U})
            for (const std::uint32_t tokens : {16U, 64U, 512U, 2048U})
                timeMany(launch, "8B", llama8, type, rows, tokens);
    timeMany(launch, "head 64", shapeOf(32, 8, 64), QuantType::F16, 8192, 512);
    timeMany(launch, "head 256", shapeOf(16, 8, 256), QuantType::F16, 8192, 512);
    return 0;
}
