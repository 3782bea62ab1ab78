// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace strata {

// The PCIe link that a card sits in. 0: not known.
struct LinkState {
    unsigned generation = 0;    // as it runs now: an idle card drops to a lower one
    unsigned maxGeneration = 0; // that the card could do
    unsigned width = 0;         // lanes it runs with
    unsigned maxWidth = 0;      // that the card has
};

// What a link of these carries at most in one direction, in bytes per second; 0 if it is not known.
constexpr double linkBytesPerSecond(unsigned generation, unsigned width) {
    constexpr double kLane[] = {
        0, 0.25e9, 0.5e9, 0.985e9, 1.969e9, 3.938e9, 7.563e9}; // less the line code, by generation
    return generation < sizeof(kLane) / sizeof(*kLane) ? kLane[generation] * width : 0;
}

// What a board says of itself now, for all programs together. Empty: it does not say. A value.
struct BoardReading {
    std::optional<std::uint64_t> totalBytes; // of its memory
    std::optional<std::uint64_t> usedBytes;
    std::optional<std::uint64_t> ownBytes;   // of the used: this process's
    std::optional<double> load;              // share of the last moments in which it computed, 0..1
    std::optional<double> bytesPerSecondIn;  // over the link: host to GPU
    std::optional<double> bytesPerSecondOut; // GPU to host
    std::optional<double> celsius;
    std::optional<double> watts;
    std::optional<double> wattLimit; // that it is held to
    LinkState link;
};

// Asks one board, without a context on it. One caller at a time; a call may wait for the driver.
class DeviceSensors {
public:
    enum class Depth {
        Quick, // what the driver knows at once
        Full,  // and what it has to measure first, for some ten milliseconds: the traffic of the link
    };

    virtual ~DeviceSensors() = default;
    virtual BoardReading read(Depth depth) = 0; // allocates nothing
};

} // namespace strata
