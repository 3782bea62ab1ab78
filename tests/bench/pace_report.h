// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/pace_probe.h"

#include <QString>

#include <vector>

// One stretch of time of bench_window_pace.
struct PaceRow {
    QString name;
    Pace pace;
    double tokensPerSecond = 0; // as the window states it
    quint32 tokens = 0;
    double updates = 0; // pieces of text a second
    double frames = 0;  // of the window, a second
    double paints = 0;  // of the conversation, a second
};

struct PaceReport {
    QString title;
    std::vector<PaceRow> rows;
    std::vector<TimedApplication::Event> events; // of the last reply shown

    QString toTable() const;
    QString toJson() const;
};
