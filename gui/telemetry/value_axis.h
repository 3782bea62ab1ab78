// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_curves.h"

// Where a value axis ends, and how far apart its labels are. Begins at 0. A value.
struct ValueAxis {
    double top = 1.0;
    double step = 0.5;

    bool operator==(const ValueAxis&) const = default;
};

// For values up to `most`: ends at a round number above it, with about three labels. Shares always end at 1; what is
// not a number, or 0, gives the axis of a plot at rest.
ValueAxis axisFor(Unit unit, double most);
// Of parts that add up to `total`: ends there.
ValueAxis axisOfTotal(double total);
// The one that is drawn, unless values have outgrown it or are much smaller: axes do not jump.
ValueAxis settled(const ValueAxis& drawn, const ValueAxis& wanted);
ValueAxis settledTotal(const ValueAxis& drawn, const ValueAxis& wanted); // of a total, which sums up to it but nearly

QString axisLabel(Unit unit, double value); // "10 GB/s", short
QString timeLabel(double secondsBefore);    // "30 s", "2 min"; "now" at 0
double timeStep(double span);               // between labels of a time axis
