// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forward/activation_exchange.h"

#include "core/base/error.h"

#include <algorithm>
#include <cassert>
#include <exception>

namespace strata {

ActivationExchange::ActivationExchange(
    std::span<Backend* const> devices, const ModelSpec& spec, const PassLimits& limits) {
    for (Backend* device : devices)
        m_members.push_back({device, device->makeActivations(spec, limits)});
    for (std::size_t part = 0; part < kActivationPartCount; ++part)
        m_rowLengths[part] = rowLength(spec, static_cast<ActivationPart>(part));
    if (devices.size() < 2)
        return;
    const auto accelerator = std::find_if(
        devices.begin(), devices.end(), [](const Backend* device) { return device->info().kind == DeviceKind::Gpu; });
    Backend& allocator = accelerator == devices.end() ? *devices.front() : **accelerator;
    const std::size_t widest = *std::max_element(m_rowLengths.begin(), m_rowLengths.end());
    m_crossing = allocator.allocateStaging(limits.maxTokens * widest * sizeof(float));
}

void ActivationExchange::begin(const Pass& pass) {
    m_tokenCount = pass.tokens.size();
    m_writers.fill(nullptr);
    for (const Member& member : m_members)
        member.device->beginPass(pass, *member.activations);
}

void ActivationExchange::finish() {
    for (const Member& member : m_members)
        member.device->endPass(*member.activations);
    std::exception_ptr first; // no device may still be at work on memory that an error's handler frees
    for (const Member& member : m_members) {
        try {
            member.device->wait();
        } catch (...) {
            first = first ? first : std::current_exception();
        }
    }
    if (first)
        std::rethrow_exception(first);
}

void ActivationExchange::abandon() noexcept {
    for (const Member& member : m_members)
        member.device->abandonPass(*member.activations);
}

Activations& ActivationExchange::reading(Backend& device, std::initializer_list<ActivationPart> parts) {
    Activations& target = of(device);
    for (const ActivationPart part : parts) {
        Backend*& writer = m_writers[static_cast<std::size_t>(part)];
        assert(writer != nullptr);
        if (writer == &device)
            continue;
        const std::span rows(
            reinterpret_cast<float*>(m_crossing.data()), m_tokenCount * m_rowLengths[static_cast<std::size_t>(part)]);
        writer->readPart(of(*writer), part, rows);
        device.writePart(target, part, rows);
        writer = &device;
    }
    return target;
}

void ActivationExchange::wrote(Backend& device, std::initializer_list<ActivationPart> parts) {
    for (const ActivationPart part : parts)
        m_writers[static_cast<std::size_t>(part)] = &device;
}

Activations& ActivationExchange::of(Backend& device) {
    const auto member = std::find_if(
        m_members.begin(), m_members.end(), [&](const Member& candidate) { return candidate.device == &device; });
    if (member == m_members.end())
        fail(ErrorCode::Device, "{} was not prepared to compute a part of this model", device.info().name);
    return *member->activations;
}

} // namespace strata
