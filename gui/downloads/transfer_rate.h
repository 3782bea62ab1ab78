// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

#include <deque>

// Bytes per second over the last few seconds, from totals at points in time. Plain arithmetic.
class TransferRate {
public:
    void add(qint64 milliseconds, quint64 totalBytes);
    void clear() { m_points.clear(); }

    double bytesPerSecond() const; // 0: not known yet

private:
    struct Point {
        qint64 milliseconds = 0;
        quint64 bytes = 0;
    };
    std::deque<Point> m_points; // oldest first
};
