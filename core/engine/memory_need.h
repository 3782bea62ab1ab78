// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model.h"

#include <cstdint>
#include <string_view>

namespace strata {

// Memory that a loaded model takes of its device with one conversation, by part. A value.
struct MemoryNeed {
    std::uint64_t weightBytes = 0;
    std::uint64_t cacheBytes = 0; // keys and values of the whole context
    std::uint64_t activationBytes = 0;
    std::uint32_t contextTokens = 0;

    std::uint64_t total() const { return weightBytes + cacheBytes + activationBytes; }
};

// Of the free memory, what is left beside the reserve.
std::uint64_t roomBytes(const MemoryState& memory);

MemoryNeed memoryNeed(const Model& model, const PassLimits& limits, const Backend& device);

// Throws Error (OutOfMemory) when the need does not fit into what is free less the reserve for other programs; the
// sentence names the parts, and a smaller context if one would fit. To be asked before anything is taken: the system
// promises host memory freely, and fails only when it is touched.
void checkMemory(
    std::string_view modelName, const MemoryNeed& need, const DeviceInfo& device, const MemoryState& memory);

} // namespace strata
