// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"

#include <memory>
#include <utility>

namespace strata {

// A real backend with something happening before each allocation and each verb of the forward pass.
class DecoratedBackend : public Backend {
public:
    explicit DecoratedBackend(std::unique_ptr<Backend> inner) : m_inner(std::move(inner)) {}

    const DeviceInfo& info() const override { return m_inner->info(); }
    MemoryState memory() const override { return m_inner->memory(); }
    Buffer allocateStaging(std::size_t byteCount) override {
        beforeAllocation();
        return m_inner->allocateStaging(byteCount);
    }
    std::uint64_t activationBytes(const ModelSpec& spec, const PassLimits& limits) const override {
        return m_inner->activationBytes(spec, limits);
    }
    void beginPass(const Pass& pass, Activations& activations) override { m_inner->beginPass(pass, activations); }
    void endPass(Activations& activations) override { m_inner->endPass(activations); }
    void abandonPass(Activations& activations) noexcept override { m_inner->abandonPass(activations); }
    void wait() override { m_inner->wait(); }
    void readPart(const Activations& activations, ActivationPart part, std::span<float> rows) override {
        m_inner->readPart(activations, part, rows);
    }
    void writePart(Activations& activations, ActivationPart part, std::span<const float> rows) override {
        m_inner->writePart(activations, part, rows);
    }
    void readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) override {
        m_inner->readTopLogits(activations, row, best);
    }
    Buffer allocate(std::size_t byteCount) override {
        beforeAllocation();
        return m_inner->allocate(byteCount);
    }
    void copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) override {
        m_inner->copyIn(target, offset, source);
    }
    void copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) override {
        m_inner->copyOut(target, source, offset);
    }
    void copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) override {
        m_inner->copyWithin(buffer, to, from, byteCount);
    }
    std::unique_ptr<CopyQueue> makeCopyQueue() override { return m_inner->makeCopyQueue(); }
    std::unique_ptr<Activations> makeActivations(const ModelSpec& spec, const PassLimits& limits) override {
        beforeAllocation();
        return m_inner->makeActivations(spec, limits);
    }
    void embed(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->embed(weights, pass, activations);
    }
    void projectQkv(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->projectQkv(weights, pass, activations);
    }
    void attend(const KvLayer& cache, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->attend(cache, pass, activations);
    }
    void projectOutput(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->projectOutput(weights, pass, activations);
    }
    void feedForward(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->feedForward(weights, pass, activations);
    }
    void head(const BlockWeights& weights, const Pass& pass, Activations& activations) override {
        beforeVerb();
        m_inner->head(weights, pass, activations);
    }
    void readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) override {
        m_inner->readLogits(activations, row, logits);
    }

protected:
    virtual void beforeVerb() = 0;
    virtual void beforeAllocation() = 0;

private:
    std::unique_ptr<Backend> m_inner;
};

// The device, opened as a Decorated{inner, state}; `state` is shared with the test.
template <typename Decorated, typename State>
BackendChoice decorate(BackendChoice device, std::shared_ptr<State> state) {
    device.open = [open = std::move(device.open), state = std::move(state)] {
        return std::make_unique<Decorated>(open(), state);
    };
    return device;
}

} // namespace strata
