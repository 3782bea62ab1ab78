// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>
#include <vector>

namespace strata {

template <typename Run>
double secondsOf(const Run& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// How long each part of a measurement may take, and whether anybody still wants to know. A measurement that is stopped
// ends early and its figures are of no use: whoever asked for all of them asks isStopped().
class MeasureClock {
public:
    MeasureClock(std::chrono::nanoseconds budget, std::stop_token stop) : m_budget(budget), m_stop(std::move(stop)) {}

    bool isStopped() const { return m_stop.stop_requested(); }
    const std::stop_token& stop() const { return m_stop; }
    std::chrono::nanoseconds timeOf(double part) const {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(m_budget * part);
    }

    // Median seconds of a few runs: as many as a part of the budget gives time for, but some in any case. 0: stopped.
    template <typename Run>
    double medianSeconds(double part, const Run& run) const {
        const auto end = std::chrono::steady_clock::now() + timeOf(part);
        std::vector<double> seconds;
        while (seconds.size() < kFewestRuns || std::chrono::steady_clock::now() < end) {
            if (isStopped())
                return 0.0;
            seconds.push_back(secondsOf(run));
        }
        const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
        std::nth_element(seconds.begin(), middle, seconds.end());
        return *middle;
    }

private:
    static constexpr std::size_t kFewestRuns = 3;

    std::chrono::nanoseconds m_budget;
    std::stop_token m_stop;
};

} // namespace strata
