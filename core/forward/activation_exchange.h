// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

namespace strata {

// The activations of one pass on every device that computes a part of it. Knows which device wrote each part last, and
// carries a part over when another is to read it. Engine thread.
class ActivationExchange {
public:
    // `devices`: those that may take part, without repetition; all must outlive this.
    ActivationExchange(std::span<Backend* const> devices, const ModelSpec& spec, const PassLimits& limits);

    void begin(const Pass& pass);
    void finish(); // hands the pass over on every device, then waits for all of them
    void abandon() noexcept;

    // The device's activations with these parts up to date; a verb that changes one of them may follow.
    Activations& reading(Backend& device, std::initializer_list<ActivationPart> parts);
    void wrote(Backend& device, std::initializer_list<ActivationPart> parts);
    Activations& of(Backend& device);

private:
    struct Member {
        Backend* device = nullptr;
        std::unique_ptr<Activations> activations;
    };

    std::vector<Member> m_members;
    std::array<Backend*, kActivationPartCount> m_writers{}; // null: nobody in this pass
    std::array<std::size_t, kActivationPartCount> m_rowLengths{};
    std::size_t m_tokenCount = 0;
    Buffer m_crossing; // one part on its way; none with a single device
};

} // namespace strata
