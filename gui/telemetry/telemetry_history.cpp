// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/telemetry_history.h"

#include <algorithm>

TelemetryHistory::TelemetryHistory(std::size_t capacity) : m_rows(std::max<std::size_t>(capacity, 1)) {}

void TelemetryHistory::dropOldest() {
    m_first = (m_first + 1) % m_rows.size();
    --m_size;
}

void TelemetryHistory::add(double seconds, const Sample& values) {
    while (m_size > 0 && (m_size == m_rows.size() || row(0).seconds < seconds - kHistorySeconds))
        dropOldest();
    m_rows[(m_first + m_size) % m_rows.size()] = {seconds, values};
    ++m_size;
}

void TelemetryHistory::addNewer(const TelemetryHistory& source) {
    std::size_t index = 0;
    if (m_size > 0) {
        const double last = secondsAt(m_size - 1);
        index = source.firstFrom(last);
        while (index < source.size() && source.secondsAt(index) <= last)
            ++index;
    }
    for (; index < source.size(); ++index)
        add(source.secondsAt(index), source.sampleAt(index));
}

std::size_t TelemetryHistory::firstFrom(double seconds) const {
    std::size_t low = 0;
    std::size_t high = m_size;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (secondsAt(middle) < seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

std::size_t TelemetryHistory::nearest(double seconds) const {
    const std::size_t after = std::min(firstFrom(seconds), m_size - 1);
    if (after == 0 || secondsAt(after) - seconds < seconds - secondsAt(after - 1))
        return after;
    return after - 1;
}
