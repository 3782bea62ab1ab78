// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/transfer_rate.h"

namespace {

constexpr qint64 kWindowMs = 5000;
constexpr qint64 kLeastMs = 500; // less says nothing
constexpr qint64 kStepMs = 100;

} // namespace

void TransferRate::add(qint64 milliseconds, quint64 totalBytes) {
    if (m_points.size() > 1 && milliseconds - m_points[m_points.size() - 2].milliseconds < kStepMs) {
        m_points.back() = {milliseconds, totalBytes};
    } else {
        m_points.push_back({milliseconds, totalBytes});
    }
    while (m_points.size() > 2 && milliseconds - m_points[1].milliseconds >= kWindowMs) {
        m_points.pop_front();
    }
}

double TransferRate::bytesPerSecond() const {
    if (m_points.empty() || m_points.back().milliseconds - m_points.front().milliseconds < kLeastMs) {
        return 0;
    }
    const double bytes = static_cast<double>(m_points.back().bytes) - static_cast<double>(m_points.front().bytes);
    return bytes * 1000 / static_cast<double>(m_points.back().milliseconds - m_points.front().milliseconds);
}
