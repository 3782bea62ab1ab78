// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/prompt_fit.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace strata {
namespace {

constexpr std::size_t kParts = 3; // the first is multiplying
constexpr double kSingular = 1e-9; // of a pivot, beside the largest number of the system: parts that go together

using Parts = std::array<double, kParts>;

// Amounts of each part, over the seconds that they took together: with the seconds a unit of each takes, the sum is 1.
using Rows = std::vector<Parts>;

// The parts of `used` (bits) that make the sums of the rows come nearest to 1, those not used being 0. nullopt: the
// rows don't tell them apart.
std::optional<Parts> leastSquares(const Rows& rows, unsigned used) {
    std::array<std::array<double, kParts + 1>, kParts> system = {};
    double largest = 0.0;
    for (std::size_t i = 0; i < kParts; ++i) {
        const bool isUsed = (used >> i & 1U) != 0;
        for (std::size_t j = 0; j < kParts; ++j) {
            for (const Parts& row : rows)
                if (isUsed && (used >> j & 1U) != 0)
                    system[i][j] += row[i] * row[j];
            largest = std::max(largest, system[i][j]);
        }
        for (const Parts& row : rows)
            system[i][kParts] += isUsed ? row[i] : 0.0;
    }
    for (std::size_t i = 0; i < kParts; ++i)
        if ((used >> i & 1U) == 0)
            system[i][i] = largest; // 0 comes out
    for (std::size_t i = 0; i < kParts; ++i) {
        if (std::abs(system[i][i]) <= kSingular * largest)
            return std::nullopt;
        for (std::size_t other = 0; other < kParts; ++other) {
            const double share = other == i ? 0.0 : system[other][i] / system[i][i];
            for (std::size_t j = i; j <= kParts; ++j)
                system[other][j] -= share * system[i][j];
        }
    }
    Parts parts;
    for (std::size_t i = 0; i < kParts; ++i)
        parts[i] = system[i][kParts] / system[i][i];
    return parts;
}

double squaredErrors(const Rows& rows, const Parts& parts) {
    double sum = 0.0;
    for (const Parts& row : rows) {
        double error = -1.0;
        for (std::size_t i = 0; i < kParts; ++i)
            error += row[i] * parts[i];
        sum += error * error;
    }
    return sum;
}

// Units of the columns differ by powers of ten: each is scaled to 1 at most.
Parts scaleColumns(Rows& rows) {
    Parts scales = {};
    for (std::size_t i = 0; i < kParts; ++i) {
        for (const Parts& row : rows)
            scales[i] = std::max(scales[i], row[i]);
        for (Parts& row : rows)
            row[i] = scales[i] > 0.0 ? row[i] / scales[i] : 0.0;
    }
    return scales;
}

// With so few parts every set of them can be tried. Multiplying is in all: it alone always fits somehow.
Parts fit(Rows rows) {
    assert(!rows.empty());
    const Parts scales = scaleColumns(rows);
    Parts best = {};
    double least = std::numeric_limits<double>::max();
    for (unsigned used = 1; used < 1U << kParts; used += 2) {
        const std::optional<Parts> parts = leastSquares(rows, used);
        if (!parts || (*parts)[0] <= 0.0 || std::ranges::min(*parts) < 0.0)
            continue;
        const double errors = squaredErrors(rows, *parts);
        if (errors < least) {
            least = errors;
            best = *parts;
        }
    }
    for (std::size_t i = 0; i < kParts; ++i)
        best[i] = scales[i] > 0.0 ? best[i] / scales[i] : 0.0;
    return best;
}

} // namespace

void fitProducts(std::span<const TimedProducts> timed, MultiplyRates& rates) {
    Rows rows;
    for (const TimedProducts& each : timed)
        rows.push_back({static_cast<double>(each.work.weightCount) * each.tokens / each.seconds,
            static_cast<double>(each.work.inputCount) / each.seconds,
            static_cast<double>(each.work.activationCount) * each.tokens / each.seconds});
    const Parts parts = fit(std::move(rows));
    rates.multipliesPerSecond = 1.0 / parts[0];
    rates.inputSeconds = parts[1];
    rates.activationSeconds = parts[2];
}

void fitAttention(std::span<const TimedAttention> timed, MultiplyRates& rates) {
    Rows rows;
    for (const TimedAttention& each : timed)
        rows.push_back({each.multiplies / each.seconds, each.queryNumbers / each.seconds, 0.0});
    const Parts parts = fit(std::move(rows));
    rates.attendsPerSecond = 1.0 / parts[0];
    rates.attendedSeconds = parts[1];
}

} // namespace strata
