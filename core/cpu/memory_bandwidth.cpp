// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/memory_bandwidth.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

namespace strata {
namespace {

constexpr int kFewestStretches = 3;
constexpr std::size_t kStretchBytes = std::size_t(256) << 20;
constexpr std::size_t kGrainBytes = std::size_t(1) << 20;

// Several independent sums, so that the loads and not the additions set the pace.
std::uint64_t sumOf(const std::byte* data, std::size_t byteCount) {
    std::array<std::uint64_t, 16> sums = {};
    for (std::size_t at = 0; at + sizeof sums <= byteCount; at += sizeof sums) {
        std::array<std::uint64_t, 16> words;
        std::memcpy(words.data(), data + at, sizeof words);
        for (std::size_t i = 0; i < words.size(); ++i)
            sums[i] += words[i];
    }
    std::uint64_t total = 0;
    for (const std::uint64_t sum : sums)
        total += sum;
    return total;
}

} // namespace

double measureReadBandwidth(
    ThreadPool& pool, std::span<const std::byte> memory, std::chrono::nanoseconds time, const std::stop_token& stop) {
    using Clock = std::chrono::steady_clock;
    const std::size_t stretch =
        std::min(memory.size(), std::max(kGrainBytes, std::min(kStretchBytes, memory.size() / 4)));
    const auto end = Clock::now() + time;
    std::atomic<std::uint64_t> total = 0; // used, so that the reads are not optimised away
    double best = 0.0;
    std::size_t at = 0;
    for (int count = 0; count < kFewestStretches || Clock::now() < end; ++count) {
        const auto start = Clock::now();
        pool.parallelFor(stretch, kGrainBytes, [&](std::size_t first, std::size_t last, unsigned) {
            if (!stop.stop_requested())
                total += sumOf(memory.data() + at + first, last - first);
        });
        if (stop.stop_requested())
            return 0.0;
        best =
            std::max(best, static_cast<double>(stretch) / std::chrono::duration<double>(Clock::now() - start).count());
        at = at + 2 * stretch <= memory.size() ? at + stretch : 0;
    }
    return total != 0 ? best : 0.0;
}

} // namespace strata
