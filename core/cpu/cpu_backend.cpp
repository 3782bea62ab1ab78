// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"

#include "core/base/system_memory.h"
#include "core/base/usable_cores.h"
#include "core/cpu/cpu_activations.h"
#include "core/cpu/host_memory.h"
#include "core/cpu/memory_copies.h"
#include "core/cpu/top_logits.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cstring>
#include <fstream>
#include <string>

namespace strata {
namespace {

constexpr std::size_t kElementGrain = 4096; // elements of a cheap loop that are worth waking a thread for

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return "CPU";
}

DeviceInfo describeCpu(unsigned threadCount) {
    const SystemMemory memory = readSystemMemory();
    return {.id = "cpu",
        .kind = DeviceKind::Cpu,
        .name = processorName(),
        .detail = fmt::format(
            "{} {}, {}", threadCount, threadCount == 1 ? "thread" : "threads", cpuKernelsName(bestCpuKernels())),
        .totalBytes = memory.totalBytes,
        .freeBytes = memory.availableBytes};
}

std::span<const float> floatsOf(const WeightMatrix& vector) {
    assert(vector.type == QuantType::F32);
    return {reinterpret_cast<const float*>(vector.data), vector.columns};
}

class CpuBackend : public Backend {
public:
    explicit CpuBackend(unsigned threadCount)
        : m_kernels(bestCpuKernels()), m_ops(vectorOps(m_kernels)), m_pool(threadCount), m_matmul(m_kernels, m_pool),
          m_info(describeCpu(m_pool.threadCount())) {}

    const DeviceInfo& info() const override { return m_info; }

    MemoryState memory() const override {
        const SystemMemory memory = readSystemMemory();
        return {
            .totalBytes = memory.totalBytes, .freeBytes = memory.availableBytes, .reserveBytes = reserveBytes(memory)};
    }

    Buffer allocate(std::size_t byteCount) override { return allocateHostMemory(byteCount); }
    Buffer allocateStaging(std::size_t byteCount) override { return allocateHostMemory(byteCount); }

    void copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) override {
        assert(offset + source.size() <= target.byteCount());
        std::memcpy(target.data() + offset, source.data(), source.size());
    }

    void copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) override {
        assert(offset + target.size() <= source.byteCount());
        std::memcpy(target.data(), source.data() + offset, target.size());
    }

    void copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) override {
        assert(to + byteCount <= buffer.byteCount() && from + byteCount <= buffer.byteCount());
        std::memmove(buffer.data() + to, buffer.data() + from, byteCount);
    }

    std::unique_ptr<CopyQueue> makeCopyQueue() override { return makeMemoryCopies(); }

    std::uint64_t activationBytes(const ModelSpec& spec, const PassLimits& limits) const override {
        return CpuActivations::byteCount(spec, limits);
    }

    std::unique_ptr<Activations> makeActivations(const ModelSpec& spec, const PassLimits& limits) override {
        return std::make_unique<CpuActivations>(spec, limits, m_ops, m_pool);
    }

    // Verbs are done when they return.
    void beginPass(const Pass&, Activations&) override {}
    void endPass(Activations&) override {}
    void abandonPass(Activations&) noexcept override {}
    void wait() override {}

    void embed(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        const WeightMatrix& table = weights[TensorRole::TokenEmbedding];
        forRows(pass.tokens.size(),
            [&](std::size_t token) { readRow(table, pass.tokens[token].value, rowOf(a.x, token, a.embeddingLength)); });
    }

    void projectQkv(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        const std::size_t tokens = pass.tokens.size();
        a.rope.prepare(pass.positions);
        normalise(weights[TensorRole::AttentionNorm], tokens, a);
        const std::array<MatmulJob, 3> jobs = {{
            {.weights = &weights[TensorRole::Query], .y = a.q.first(tokens * a.queryLength)},
            {.weights = &weights[TensorRole::Key], .y = a.k.first(tokens * a.kvLength)},
            {.weights = &weights[TensorRole::Value], .y = a.v.first(tokens * a.kvLength)},
        }};
        m_matmul.multiply(jobs, a.input);
        addBias(weights.find(TensorRole::QueryBias), jobs[0].y);
        addBias(weights.find(TensorRole::KeyBias), jobs[1].y);
        addBias(weights.find(TensorRole::ValueBias), jobs[2].y);
        forRows(tokens, [&](std::size_t token) {
            a.rope.rotate(token, rowOf(a.q, token, a.queryLength), a.headLength);
            a.rope.rotate(token, rowOf(a.k, token, a.kvLength), a.headLength);
        });
    }

    void attend(const KvLayer& cache, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        a.attention.run(cache, pass, {.q = a.q, .k = a.k, .v = a.v}, a.attended);
    }

    void projectOutput(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        const std::size_t tokens = pass.tokens.size();
        a.input.assign(a.attended.first(tokens * a.queryLength), static_cast<std::uint32_t>(tokens), a.queryLength);
        addProduct(weights[TensorRole::AttentionOutput], weights.find(TensorRole::AttentionOutputBias), tokens, a);
    }

    void feedForward(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        const std::size_t tokens = pass.tokens.size();
        normalise(weights[TensorRole::FeedForwardNorm], tokens, a);
        const std::array<MatmulJob, 2> jobs = {{
            {.weights = &weights[TensorRole::Gate], .y = a.gate.first(tokens * a.feedForwardLength)},
            {.weights = &weights[TensorRole::Up], .y = a.up.first(tokens * a.feedForwardLength)},
        }};
        m_matmul.multiply(jobs, a.input);
        addBias(weights.find(TensorRole::GateBias), jobs[0].y);
        addBias(weights.find(TensorRole::UpBias), jobs[1].y);
        m_pool.parallelFor(jobs[0].y.size(), kElementGrain, [&](std::size_t begin, std::size_t end, unsigned) {
            m_ops.siluMultiply(a.gate.data() + begin, a.up.data() + begin, end - begin);
        });
        a.input.assign(jobs[0].y, static_cast<std::uint32_t>(tokens), a.feedForwardLength);
        addProduct(weights[TensorRole::Down], weights.find(TensorRole::DownBias), tokens, a);
    }

    void head(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        auto& a = static_cast<CpuActivations&>(activations);
        const std::size_t rows = pass.logitRows.size();
        const auto weight = floatsOf(weights[TensorRole::OutputNorm]);
        forRows(rows, [&](std::size_t row) {
            rmsNorm(rowOf(a.x, pass.logitRows[row], a.embeddingLength), weight, a.normEpsilon,
                rowOf(a.normed, row, a.embeddingLength));
        });
        a.input.assign(a.normed.first(rows * a.embeddingLength), static_cast<std::uint32_t>(rows), a.embeddingLength);
        const MatmulJob job = {.weights = &weights[TensorRole::Output], .y = a.logits.first(rows * a.vocabularySize)};
        m_matmul.multiply(std::span(&job, 1), a.input);
    }

    void readPart(const Activations& activations, ActivationPart part, std::span<float> rows) override {
        const auto source = static_cast<const CpuActivations&>(activations).rows(part).first(rows.size());
        std::copy(source.begin(), source.end(), rows.begin());
    }

    void writePart(Activations& activations, ActivationPart part, std::span<const float> rows) override {
        std::copy(rows.begin(), rows.end(), static_cast<CpuActivations&>(activations).rows(part).begin());
    }

    void readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) override {
        const auto& a = static_cast<const CpuActivations&>(activations);
        const auto source = rowOf(a.logits, row, a.vocabularySize);
        assert(logits.size() == source.size());
        std::copy(source.begin(), source.end(), logits.begin());
    }

    void readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) override {
        const auto& a = static_cast<const CpuActivations&>(activations);
        selectTop(rowOf(a.logits, row, a.vocabularySize), best);
    }

private:
    static std::span<float> rowOf(std::span<float> rows, std::size_t row, std::size_t length) {
        return rows.subspan(row * length, length);
    }

    template <typename Body>
    void forRows(std::size_t count, const Body& body) {
        m_pool.parallelFor(count, 1, [&](std::size_t begin, std::size_t end, unsigned) {
            for (std::size_t row = begin; row < end; ++row)
                body(row);
        });
    }

    // The next input = norm(x).
    void normalise(const WeightMatrix& norm, std::size_t tokens, CpuActivations& a) {
        const auto weight = floatsOf(norm);
        forRows(tokens, [&](std::size_t token) {
            rmsNorm(
                rowOf(a.x, token, a.embeddingLength), weight, a.normEpsilon, rowOf(a.normed, token, a.embeddingLength));
        });
        a.input.assign(
            a.normed.first(tokens * a.embeddingLength), static_cast<std::uint32_t>(tokens), a.embeddingLength);
    }

    // x += W input + bias.
    void addProduct(const WeightMatrix& matrix, const WeightMatrix* bias, std::size_t tokens, CpuActivations& a) {
        const MatmulJob job = {.weights = &matrix, .y = a.added.first(tokens * a.embeddingLength)};
        m_matmul.multiply(std::span(&job, 1), a.input);
        addBias(bias, job.y);
        m_pool.parallelFor(job.y.size(), kElementGrain, [&](std::size_t begin, std::size_t end, unsigned) {
            addTo(a.x.subspan(begin, end - begin), job.y.subspan(begin, end - begin));
        });
    }

    static void addBias(const WeightMatrix* bias, std::span<float> rows) {
        if (bias == nullptr)
            return;
        for (std::size_t begin = 0; begin < rows.size(); begin += bias->columns)
            addTo(rows.subspan(begin, bias->columns), floatsOf(*bias));
    }

    CpuKernels m_kernels;
    const VectorOps& m_ops;
    ThreadPool m_pool;
    MatmulEngine m_matmul;
    DeviceInfo m_info;
};

} // namespace

BackendChoice cpuBackend(unsigned threadCount) {
    const unsigned shown = threadCount != 0 ? threadCount : readUsableCores().coreCount;
    return {.info = describeCpu(shown), .open = [threadCount] { return std::make_unique<CpuBackend>(threadCount); }};
}

} // namespace strata
