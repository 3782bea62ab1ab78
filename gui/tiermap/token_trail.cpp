// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/token_trail.h"

#include <algorithm>
#include <numeric>

namespace {

constexpr double kLength = 0.4; // of a pass

} // namespace

std::vector<float> tokenTrail(std::size_t blockCount, std::size_t atWork, std::span<const std::uint64_t> times) {
    std::vector<float> trail(blockCount, 0.0F);
    if (atWork >= blockCount)
        return trail;
    const bool isTimed = times.size() == blockCount;
    const double whole = isTimed ? static_cast<double>(std::accumulate(times.begin(), times.end(), std::uint64_t(0)))
                                 : static_cast<double>(blockCount);
    double since = 0.0;
    std::size_t block = atWork;
    for (std::size_t step = 0; step < blockCount; ++step) {
        const double blocks = static_cast<double>(step) / static_cast<double>(blockCount);
        const double share = std::max(whole > 0 ? since / whole : 0.0, blocks) / kLength;
        if (share >= 1.0)
            break;
        trail[block] = static_cast<float>(1.0 - share);
        block = block == 0 ? blockCount - 1 : block - 1;
        since += isTimed ? static_cast<double>(times[block]) : 1.0;
    }
    return trail;
}

std::size_t slowestBlock(std::span<const std::uint64_t> times) {
    return static_cast<std::size_t>(std::max_element(times.begin(), times.end()) - times.begin());
}
