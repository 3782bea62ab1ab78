// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/backend/kv_rows.h"
#include "core/cpu/cpu_ops.h"
#include "core/quant/half.h"
#include "cuda/kernels/attention.h"
#include "cuda/kernels/rope.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

// One layer's attention on the GPU with made-up inputs, and the textbook answer in double.
namespace strata::cuda {

using GpuBytes = OwnedMemory<allocateDevice, releaseDevice>;

struct AttentionCase {
    ModelSpec spec;
    QuantType type = QuantType::F16;
    std::uint32_t cacheLength = 0;
    std::uint32_t capacity = 0;
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> visible;
    std::vector<float> q, k, v;          // as projected, not rotated
    std::vector<std::byte> keys, values; // the cache, of `capacity` rows
    std::vector<std::int8_t> quantised;  // what attendOnGpu() attended, rounded on the way, if it can be
    std::vector<float2> scales;

    std::uint32_t tokens() const { return static_cast<std::uint32_t>(positions.size()); }
    // For a group of 32 rounded columns (cuda/kernels/quantise.h).
    std::size_t tokenPlaces() const { return tokens() == 1 ? 1 : 8; }
    std::size_t rowBytes() const { return kvRowBytes(type, spec.kvLength()); }
    HeadShape shape() const {
        return {.headCount = spec.headCount,
            .kvHeadCount = spec.kvHeadCount,
            .headLength = spec.headLength,
            .pairing = spec.ropePairing,
            .ropePairs = spec.ropeLength / 2};
    }
};

inline Launch currentLaunch() {
    return launchOn(0, nullptr);
}

inline std::vector<float> randomFloats(std::mt19937& generator, std::size_t count, float scale) {
    std::vector<float> values(count);
    for (float& value : values)
        value = scale * (static_cast<float>(generator()) / 2147483648.0F - 1.0F);
    return values;
}

// Into a cache row, and back; the layout of core/backend/kv_rows.h.
inline void encodeRow(QuantType type, const float* source, std::uint32_t length, std::byte* row) {
    if (type == QuantType::F16) {
        std::transform(source, source + length, reinterpret_cast<std::uint16_t*>(row), floatToHalf);
        return;
    }
    constexpr std::size_t kBlockBytes = 34; // half, 32 int8
    std::vector<std::byte> blocks(length / kKvBlockLength * kBlockBytes);
    traits(QuantType::Q8_0).quantize({source, length}, blocks);
    for (std::size_t block = 0; block < length / kKvBlockLength; ++block) {
        std::memcpy(row + length + 2 * block, &blocks[block * kBlockBytes], 2);
        std::memcpy(row + block * kKvBlockLength, &blocks[block * kBlockBytes + 2], kKvBlockLength);
    }
}

inline float elementOf(QuantType type, const std::byte* row, std::uint32_t length, std::size_t at) {
    if (type == QuantType::F16)
        return halfToFloat(reinterpret_cast<const std::uint16_t*>(row)[at]);
    const float scale = halfToFloat(reinterpret_cast<const std::uint16_t*>(row + length)[at / kKvBlockLength]);
    return scale * static_cast<float>(reinterpret_cast<const std::int8_t*>(row)[at]);
}

inline AttentionCase makeCase(
    const ModelSpec& spec, QuantType type, std::uint32_t cacheLength, std::uint32_t tokens, unsigned seed = 7) {
    std::mt19937 generator(seed);
    AttentionCase c;
    c.spec = spec;
    c.type = type;
    c.cacheLength = cacheLength;
    c.capacity = cacheLength + tokens + 3;
    for (std::uint32_t token = 0; token < tokens; ++token)
        c.positions.push_back(cacheLength + token);
    c.q = randomFloats(generator, std::size_t(tokens) * spec.queryLength(), 2.0F);
    c.k = randomFloats(generator, std::size_t(tokens) * spec.kvLength(), 2.0F);
    c.v = randomFloats(generator, std::size_t(tokens) * spec.kvLength(), 1.0F);
    for (auto* rows : {&c.keys, &c.values}) {
        rows->resize(c.capacity * c.rowBytes(), std::byte(0xff)); // NaN where nothing is written
        for (std::uint32_t row = 0; row < cacheLength; ++row)
            encodeRow(type, randomFloats(generator, spec.kvLength(), rows == &c.keys ? 2.0F : 1.0F).data(),
                spec.kvLength(), rows->data() + row * c.rowBytes());
    }
    return c;
}

template <typename T>
GpuBytes onDevice(const std::vector<T>& values) {
    GpuBytes memory(std::max<std::size_t>(1, values.size() * sizeof(T)));
    checkCuda(cudaMemcpy(memory.data(), values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "copying");
    return memory;
}

template <typename T>
std::vector<T> fromDevice(const GpuBytes& memory, std::size_t count) {
    std::vector<T> values(count);
    checkCuda(cudaMemcpy(values.data(), memory.data(), count * sizeof(T), cudaMemcpyDeviceToHost), "copying");
    return values;
}

// Computes the case on the GPU `repeats` times over; the rows that it appends are in the case's cache afterwards.
inline std::vector<float> attendOnGpu(AttentionCase& c, int repeats = 1) {
    const Launch launch = currentLaunch();
    const RopeTable table = makeRopeTable(c.spec);
    const GpuBytes frequencies = onDevice(table.frequencies);
    const GpuBytes positions = onDevice(c.positions);
    const GpuBytes visible = onDevice(c.visible);
    const GpuBytes cacheLength = onDevice(std::vector<std::uint32_t>{c.cacheLength});
    const GpuBytes k = onDevice(c.k);
    const GpuBytes v = onDevice(c.v);
    const GpuBytes keys = onDevice(c.keys);
    const GpuBytes values = onDevice(c.values);
    const GpuBytes angles(c.tokens() * table.frequencies.size() * sizeof(float2) + 1);
    const std::size_t scratchBytes = attentionScratchBytes(launch, c.shape());
    const GpuBytes scratch(scratchBytes);
    checkCuda(cudaMemset(scratch.data(), 0, scratchBytes), "clearing");
    const GpuBytes attended = onDevice(std::vector<float>(c.q.size(), std::nanf("")));
    prepareAngles(launch,
        {.frequencies = frequencies.as<float>(),
            .pairs = static_cast<std::uint32_t>(table.frequencies.size()),
            .scale = table.scale},
        positions.as<std::uint32_t>(), c.tokens(), angles.as<float2>());
    const bool quantises = quantisesAttended(c.shape(), c.type, c.tokens());
    c.scales.assign(quantises ? c.spec.queryLength() / 32 * c.tokenPlaces() : 0, {0.0F, 0.0F});
    c.quantised.assign(c.scales.size() * 32, 0);
    const GpuBytes quantised = onDevice(c.quantised);
    const GpuBytes scales = onDevice(c.scales);
    const KvLayer cache = {.keys = keys.data(), .values = values.data(), .type = c.type, .capacity = c.capacity};
    PassState pass;
    pass.cacheLength = cacheLength.as<std::uint32_t>();
    pass.visible = c.visible.empty() ? nullptr : visible.as<std::uint64_t>();
    for (int i = 0; i < repeats; ++i) {
        const GpuBytes q = onDevice(c.q);
        attend(launch, c.shape(), cache, pass,
            {.q = q.as<float>(),
                .k = k.as<float>(),
                .v = v.as<float>(),
                .angles = angles.as<float2>(),
                .attended = attended.as<float>(),
                .scratch = scratch.data(),
                .m = c.tokens(),
                .quantised = {
                    .q = quantises ? quantised.as<std::int8_t>() : nullptr, .scaleAndSum = scales.as<float2>()}});
        checkCuda(cudaDeviceSynchronize(), "attention");
    }
    c.quantised = fromDevice<std::int8_t>(quantised, c.quantised.size());
    c.scales = fromDevice<float2>(scales, c.scales.size());
    c.keys = fromDevice<std::byte>(keys, c.keys.size());
    c.values = fromDevice<std::byte>(values, c.values.size());
    return fromDevice<float>(attended, c.q.size());
}

inline bool sees(const AttentionCase& c, std::size_t token, std::size_t row) {
    if (row < c.cacheLength)
        return true;
    const std::size_t other = row - c.cacheLength;
    return c.visible.empty() ? other <= token : (c.visible[token] >> other & 1) != 0;
}

inline std::vector<float> rotatedOnCpu(const AttentionCase& c, std::vector<float> rows) {
    RopeAngles angles(c.spec, c.tokens());
    angles.prepare(c.positions);
    const std::size_t length = rows.size() / c.tokens();
    for (std::uint32_t token = 0; token < c.tokens(); ++token)
        angles.rotate(token, std::span(rows).subspan(token * length, length), c.spec.headLength);
    return rows;
}

// Of one token: softmax over what the case's cache holds, with rotated queries q.
inline std::vector<float> expectedToken(const AttentionCase& c, const std::vector<float>& q, std::size_t token) {
    std::vector<float> attended;
    const std::uint32_t length = c.spec.headLength;
    for (std::uint32_t head = 0; head < c.spec.headCount; ++head) {
        const std::size_t first = std::size_t(head / (c.spec.headCount / c.spec.kvHeadCount)) * length;
        const float* query = &q[token * c.spec.queryLength() + std::size_t(head) * length];
        std::vector<double> sums(length);
        double total = 0.0;
        for (std::size_t row = 0; row < c.cacheLength + c.tokens(); ++row) {
            if (!sees(c, token, row))
                continue;
            double score = 0.0;
            for (std::size_t at = 0; at < length; ++at)
                score += double(query[at]) *
                         double(elementOf(c.type, &c.keys[row * c.rowBytes()], c.spec.kvLength(), first + at));
            const double weight = std::exp(score / std::sqrt(double(length)));
            total += weight;
            for (std::size_t at = 0; at < length; ++at)
                sums[at] +=
                    weight * double(elementOf(c.type, &c.values[row * c.rowBytes()], c.spec.kvLength(), first + at));
        }
        for (const double sum : sums)
            attended.push_back(static_cast<float>(sum / total));
    }
    return attended;
}

} // namespace strata::cuda
