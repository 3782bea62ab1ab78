// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

// Rates of totals that only grow, from readings one after the other: the mean of about the last second, for what is
// counted comes in pieces that are larger than the time between two readings. A value; allocates nothing.
template <std::size_t kCount>
class RateWindow {
public:
    using Totals = std::array<double, kCount>;

    void clear() { m_size = 0; }

    void add(double seconds, const Totals& totals) {
        if (m_size == kCapacity)
            dropOldest();
        m_readings[(m_first + m_size) % kCapacity] = {seconds, totals};
        ++m_size;
        while (m_size > 2 && at(1).seconds <= seconds - kWindowSeconds)
            dropOldest();
    }

    bool hasRates() const { return m_size >= 2 && span() > 0.0; }
    double growth(std::size_t index) const { return at(m_size - 1).totals[index] - at(0).totals[index]; }
    double perSecond(std::size_t index) const { return growth(index) / span(); } // if there are rates

private:
    static constexpr double kWindowSeconds = 1.0;
    static constexpr std::size_t kCapacity = 16;

    struct Reading {
        double seconds = 0.0;
        Totals totals = {};
    };
    const Reading& at(std::size_t index) const { return m_readings[(m_first + index) % kCapacity]; }
    double span() const { return at(m_size - 1).seconds - at(0).seconds; }
    void dropOldest() {
        m_first = (m_first + 1) % kCapacity;
        --m_size;
    }

    std::array<Reading, kCapacity> m_readings = {};
    std::size_t m_first = 0;
    std::size_t m_size = 0;
};
