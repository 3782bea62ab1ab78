// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// What one block has to multiply with. A value.
struct ProductWork {
    std::uint64_t weightBytes = 0;
    std::uint64_t weightCount = 0;
    std::uint64_t inputCount = 0;      // of its products that follow one another, summed up: columns of their matrices
    std::uint64_t activationCount = 0; // that go into its matrices and come out of them, a token
};

// How fast one device multiplies, whatever memory its weights come from: the lower of this and the memory's rate
// holds. Measured with weights in the device's own cache or memory.
//
// Passes of more tokens than kTokenCounts has are made of three parts. Multiplying itself is the largest. A product is
// computed in tiles, each of which adds up all inputs of the product, so that many cores are idle while the last tiles
// run: that takes as long for few tokens as for many. And what goes into products and comes out of them is normalised,
// rounded, written and read, token by token. So small products reach less of the device than large ones, and short
// prompts less than long ones.
struct MultiplyRates {
    static constexpr std::array<std::uint32_t, 4> kTokenCounts = {1, 2, 4, 8};
    std::array<double, 4> weightBytesPerSecond = {}; // of passes of kTokenCounts tokens
    double multipliesPerSecond = 0.0;                // of longer ones: weights times tokens
    double inputSeconds = 0.0;                       // for each input of products that follow one another
    double activationSeconds = 0.0;                  // for each number that goes in or comes out
    double attendsPerSecond = 0.0;                   // queries times keys and scores times values; 0: not known
    double attendedSeconds = 0.0;                    // of attention, for each number of a query, however much it sees

    bool knowsPrompts() const { return attendsPerSecond > 0.0; } // else all parts but multiplying count as nothing

    // Seconds that a pass of `tokens` multiplies for. Between the counts the time is interpolated; beyond the last it
    // grows with the tokens once that takes longer.
    double seconds(const ProductWork& work, std::uint32_t tokens) const;
    // Seconds that `tokens` tokens attend for by multiplying so often in all, with queries of so many numbers in all.
    double attentionSeconds(double multiplies, double queryNumbers, std::uint32_t tokens) const;
};

// One drive that holds models.
struct DriveRate {
    std::string mountPoint;      // "/", "/home": a model lies on the drive with the longest that begins its path
    double bytesPerSecond = 0.0; // large reads past the page cache, several in flight
};

// Measured figures of one machine: what plans, schedules and forecasts are made from. Rates are bytes per second, and
// those of one wire while another is busy were measured at once. A value.
struct MachineProfile {
    std::string cpu;
    std::string gpu;    // empty: no GPU, and every figure of one is 0
    std::string driver; // of the GPU
    std::string date;   // of the measurement, ISO 8601

    std::uint64_t vramSize = 0; // bytes the card has
    std::uint64_t ramSize = 0;  // bytes the machine has

    double vramRead = 0.0;
    double linkIn = 0.0;             // host to GPU, the CPU idle
    double linkInBesideHost = 0.0;   // while all cores read RAM
    double linkOut = 0.0;            // GPU to host
    double hostRead = 0.0;           // all cores, the link idle
    double hostReadBesideLink = 0.0; // while the link is busy
    double exchangeSeconds = 0.0;    // one vector of activations from one device to the other, both ends waiting
    double gpuBlockSeconds = 0.0;    // of a block beyond reading its weights: launches, waits
    double cpuBlockSeconds = 0.0;

    MultiplyRates cpuMultiply;
    MultiplyRates gpuMultiply;
    std::vector<DriveRate> drives;

    bool hasGpu() const { return !gpu.empty(); }
    // Measured by a program that knew only one rate for prompts where false: they are foretold too fast then.
    bool knowsPrompts() const { return cpuMultiply.knowsPrompts() && (!hasGpu() || gpuMultiply.knowsPrompts()); }
    // Measured again when this no longer holds: other devices, another driver.
    bool isOf(std::string_view cpuName, std::string_view gpuName, std::string_view driverVersion) const;
    // What it says of the machine when its GPU takes no part.
    MachineProfile withoutGpu() const;
    // Of the drive that holds the path; of the slowest one known when none does.
    double diskBytesPerSecond(std::string_view path) const;
};

} // namespace strata
