// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_curves.h"

#include <vector>

inline constexpr double kHistorySeconds = 600.0;
inline constexpr std::size_t kHistoryCapacity = 6000; // ten a second

// The samples of the last ten minutes, in order of time. Takes its memory when it is made, and none later. A value.
class TelemetryHistory {
public:
    explicit TelemetryHistory(std::size_t capacity = kHistoryCapacity);

    // At `seconds` by a clock that does not go back. What is older than ten minutes goes, or finds no room.
    void add(double seconds, const Sample& values);
    void addNewer(const TelemetryHistory& source); // what came after the last sample that is here

    std::size_t size() const { return m_size; }
    bool isEmpty() const { return m_size == 0; }
    double secondsAt(std::size_t index) const { return row(index).seconds; } // 0: the oldest
    float valueAt(std::size_t index, Curve curve) const { return row(index).values[indexOf(curve)]; }
    const Sample& sampleAt(std::size_t index) const { return row(index).values; }

    std::size_t firstFrom(double seconds) const; // size() if all are older
    std::size_t nearest(double seconds) const;   // of samples that there are

private:
    struct Row {
        double seconds = 0.0;
        Sample values = {};
    };
    const Row& row(std::size_t index) const { return m_rows[(m_first + index) % m_rows.size()]; }
    void dropOldest();

    std::vector<Row> m_rows; // a ring
    std::size_t m_first = 0;
    std::size_t m_size = 0;
};
