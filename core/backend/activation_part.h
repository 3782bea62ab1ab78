// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strata {

// What one verb of the forward pass leaves for the next: rows of floats, one a token.
enum class ActivationPart : std::uint8_t {
    Residual, // embeddingLength
    Query,    // queryLength, rotated
    Key,      // kvLength, rotated
    Value,    // kvLength
    Attended, // queryLength
};
inline constexpr std::size_t kActivationPartCount = 5;

inline std::uint32_t rowLength(const ModelSpec& spec, ActivationPart part) {
    switch (part) {
    case ActivationPart::Residual:
        return spec.embeddingLength;
    case ActivationPart::Key:
    case ActivationPart::Value:
        return spec.kvLength();
    case ActivationPart::Query:
    case ActivationPart::Attended:
        return spec.queryLength();
    }
    return 0;
}

} // namespace strata
