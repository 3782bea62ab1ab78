// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

// Which stretch of the last ten minutes the plots show. Seconds, by the clock of the history; `now` is its end, or
// where it was when the plots were paused. A value.
class TimeView {
public:
    static constexpr double kShortest = 2.0;
    static constexpr double kLongest = 600.0;

    explicit TimeView(double span = 60.0) : m_usual(span), m_span(span) {}

    double span() const { return m_span; }
    double end(double now) const { return m_end.value_or(now); }
    double begin(double now) const { return end(now) - m_span; }
    double timeAt(double fraction, double now) const { return begin(now) + fraction * m_span; } // 0: the left edge
    bool isLive() const { return !m_end; }                         // its end goes with the time
    bool isUsual() const { return isLive() && m_span == m_usual; } // nothing to go back from

    void setUsual(double span); // and shows it, live
    void reset();               // to the usual span, live
    void goLive() { m_end.reset(); }
    // By `factor` (2: half as long) around the moment at `fraction`. A live view whose end would stay in place is live.
    void zoom(double factor, double fraction, double now);
    void pan(double seconds, double now); // to later moments; before the history begins or after now there is nothing

private:
    void setEnd(double end, double now);

    double m_usual;
    double m_span;
    std::optional<double> m_end; // empty: now
};
