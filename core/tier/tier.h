// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace strata {

// Where a block's weights rest, fast to slow.
enum class Tier : std::uint8_t { Vram, Ram, Disk };
inline constexpr std::size_t kTierCount = 3;

// Who computes a block in one pass.
enum class Executor : std::uint8_t {
    Resident, // the GPU, from its own memory
    Streamed, // the GPU, from a ring that the weights reach over the link in time
    Host,     // the CPU, from RAM; keys, values and attention stay where the cache is
};

// Whether a pass computes logits. One that does not, such as all chunks of a prompt but the last, needs nothing of the
// head: it is neither read nor counted.
enum class HeadUse : std::uint8_t { Computed, LeftOut };

// What bytes of weights move over. A pass is as fast as the wire that is busy the longest.
enum class Wire : std::uint8_t {
    Vram, // GPU memory to the GPU
    Link, // host memory to the GPU
    Host, // host memory to the CPU
    Disk, // drive to host memory
};
inline constexpr std::size_t kWireCount = 4;

constexpr std::string_view tierName(Tier tier) {
    switch (tier) {
    case Tier::Vram:
        return "VRAM";
    case Tier::Ram:
        return "RAM";
    case Tier::Disk:
        return "disk";
    }
    return {};
}

constexpr std::string_view executorName(Executor executor) {
    switch (executor) {
    case Executor::Resident:
        return "resident";
    case Executor::Streamed:
        return "streamed";
    case Executor::Host:
        return "host";
    }
    return {};
}

constexpr std::string_view wireName(Wire wire) {
    switch (wire) {
    case Wire::Vram:
        return "GPU memory";
    case Wire::Link:
        return "link";
    case Wire::Host:
        return "host memory";
    case Wire::Disk:
        return "disk";
    }
    return {};
}

} // namespace strata
