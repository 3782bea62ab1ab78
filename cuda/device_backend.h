// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/cuda_activations.h"
#include "cuda/pass_command.h"
#include "cuda/runtime/launch.h"
#include "cuda/runtime/stream.h"
#include "cuda/staged_copies.h"

#include "core/backend/backend.h"

#include <array>
#include <memory>
#include <span>

namespace strata::cuda {

// One NVIDIA GPU. Verbs of passes of few tokens are gathered and started as one CUDA graph when the pass ends or
// something reads; those of larger passes start at once. Several of these may exist, on one GPU or on several.
class DeviceBackend : public Backend {
public:
    DeviceBackend(int device, DeviceInfo info); // throws Error (Device, OutOfMemory)
    ~DeviceBackend() override;

    const DeviceInfo& info() const override { return m_info; }
    MemoryState memory() const override;
    Buffer allocate(std::size_t byteCount) override;
    Buffer allocateStaging(std::size_t byteCount) override;
    void copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) override;
    void copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) override;
    void copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) override;

    std::unique_ptr<CopyQueue> makeCopyQueue() override;

    std::uint64_t activationBytes(const ModelSpec& spec, const PassLimits& limits) const override;
    std::unique_ptr<Activations> makeActivations(const ModelSpec& spec, const PassLimits& limits) override;

    void beginPass(const Pass& pass, Activations& activations) override;
    void endPass(Activations& activations) override;
    void abandonPass(Activations& activations) noexcept override;
    void wait() override;

    void embed(const BlockWeights& weights, const Pass& pass, Activations& activations) override;
    void projectQkv(const BlockWeights& weights, const Pass& pass, Activations& activations) override;
    void attend(const KvLayer& cache, const Pass& pass, Activations& activations) override;
    void projectOutput(const BlockWeights& weights, const Pass& pass, Activations& activations) override;
    void feedForward(const BlockWeights& weights, const Pass& pass, Activations& activations) override;
    void head(const BlockWeights& weights, const Pass& pass, Activations& activations) override;

    void readPart(const Activations& activations, ActivationPart part, std::span<float> rows) override;
    void writePart(Activations& activations, ActivationPart part, std::span<const float> rows) override;
    void readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) override;
    void readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) override;

private:
    void use() const; // makes this GPU the calling thread's
    void startOpen(bool asGraph = false); // what is gathered of the open pass
    void take(const PassCommand& command, Activations& activations);
    void keepPace(); // after a block of a large pass

    int m_device;
    DeviceInfo m_info;
    Stream m_stream;
    Launch m_launch;
    std::unique_ptr<StagedCopies> m_copies;
    CudaActivations* m_open = nullptr; // whose pass has begun and not ended
    // Ends of the last blocks of large passes. The host runs no further ahead, so that a stop comes within a few
    // blocks and progress is what is done.
    std::array<Event, 4> m_blocksInFlight;
    std::size_t m_nextBlock = 0;
};

} // namespace strata::cuda
