// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/memory_need.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/forward/kv_cache.h"
#include "core/tier/weight_store.h"

#include <algorithm>
#include <string>

namespace strata {
namespace {

constexpr std::uint64_t kContextStep = 256; // suggestions are round numbers

// "a context of at most 4,096 tokens would fit", as far as it helps.
std::string advice(const MemoryNeed& need, std::uint64_t roomBytes) {
    const std::uint64_t otherBytes = need.weightBytes + need.activationBytes;
    const std::uint64_t tokenBytes = std::max<std::uint64_t>(1, need.cacheBytes / std::max(1U, need.contextTokens));
    const std::uint64_t fitting =
        roomBytes > otherBytes ? (roomBytes - otherBytes) / tokenBytes / kContextStep * kContextStep : 0;
    if (fitting == 0)
        return "a smaller context would not be enough, a smaller model would";
    return fmt::format("a smaller context, of {} tokens at most, would fit", formatCount(fitting));
}

} // namespace

std::uint64_t roomBytes(const MemoryState& memory) {
    return memory.freeBytes - std::min(memory.freeBytes, memory.reserveBytes);
}

MemoryNeed memoryNeed(const Model& model, const PassLimits& limits, const Backend& device) {
    return {.weightBytes = WeightStore::byteCount(model),
        .cacheBytes = KvCache::byteCount(model.spec(), limits.contextTokens, limits.cacheType),
        .activationBytes = device.activationBytes(model.spec(), limits),
        .contextTokens = limits.contextTokens};
}

void checkMemory(
    std::string_view modelName, const MemoryNeed& need, const DeviceInfo& device, const MemoryState& memory) {
    const std::uint64_t room = roomBytes(memory);
    if (need.total() <= room)
        return;
    fail(ErrorCode::OutOfMemory,
        "{}: needs {} of memory{}: {} for the weights, {} for a context of {} tokens and {} to compute with; {} are "
        "free, of which {} stay reserved for other programs; {}",
        modelName, formatBytes(need.total()), device.kind == DeviceKind::Gpu ? " on " + device.name : "",
        formatBytes(need.weightBytes), formatBytes(need.cacheBytes), formatCount(need.contextTokens),
        formatBytes(need.activationBytes), formatBytes(memory.freeBytes), formatBytes(memory.reserveBytes),
        advice(need, room));
}

} // namespace strata
