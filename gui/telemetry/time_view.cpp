// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/time_view.h"

#include <algorithm>

void TimeView::setUsual(double span) {
    m_usual = std::clamp(span, kShortest, kLongest);
    reset();
}

void TimeView::reset() {
    m_span = m_usual;
    m_end.reset();
}

void TimeView::zoom(double factor, double fraction, double now) {
    const double moment = timeAt(fraction, now);
    m_span = std::clamp(m_span / factor, kShortest, kLongest);
    setEnd(moment + (1.0 - fraction) * m_span, now);
}

void TimeView::pan(double seconds, double now) {
    setEnd(end(now) + seconds, now);
}

void TimeView::setEnd(double end, double now) {
    constexpr double kNear = 1e-6; // sums of seconds
    const double oldest = now - kLongest + m_span;
    if (end >= now - kNear)
        m_end.reset();
    else
        m_end = std::max(end, std::min(oldest, now));
}
