// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/value_axis.h"

#include "gui/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

constexpr double kLabels = 3.0;
constexpr double kRoom = 1.05; // above the highest value

// The least of 1, 2, 5 times a power of ten that is not below.
double roundUp(double value) {
    const double power = std::pow(10.0, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= value * (1 - 1e-9))
            return factor * power;
    return 10.0 * power;
}

// What a plot shows while nothing happens.
double atRest(Unit unit) {
    switch (unit) {
    case Unit::Bytes:
        return 1e9;
    case Unit::ByteRate:
        return 1e6;
    case Unit::Share:
        return 1.0;
    case Unit::TokenRate:
        return 1.0;
    case Unit::Celsius:
        return 60.0;
    case Unit::Watts:
        return 100.0;
    }
    return 1.0;
}

} // namespace

ValueAxis axisFor(Unit unit, double most) {
    if (unit == Unit::Share)
        return {1.0, 0.5};
    const double highest = std::isfinite(most) && most > 0 ? std::max(most * kRoom, atRest(unit) * 1e-6) : atRest(unit);
    const double step = roundUp(highest / kLabels);
    return {std::ceil(highest / step * (1 - 1e-9)) * step, step};
}

ValueAxis axisOfTotal(double total) {
    if (!(total > 0))
        return axisFor(Unit::Bytes, 0);
    return {total, roundUp(total / kLabels)};
}

ValueAxis settled(const ValueAxis& drawn, const ValueAxis& wanted) {
    const bool isOutgrown = wanted.top > drawn.top;
    const bool isMuchSmaller = wanted.top < drawn.top * 0.4;
    return isOutgrown || isMuchSmaller ? wanted : drawn;
}

ValueAxis settledTotal(const ValueAxis& drawn, const ValueAxis& wanted) {
    return std::abs(wanted.top - drawn.top) <= drawn.top * 1e-3 ? drawn : wanted;
}

QString axisLabel(Unit unit, double value) {
    if (unit == Unit::TokenRate) // the title says what they are
        return value < 10 ? QString::number(value) : formatCount(static_cast<quint64>(std::llround(value)));
    if (value <= 0)
        return QStringLiteral("0");
    QString text = valueText(unit, value); // of round numbers: no figures behind the point
    return text.remove(QLatin1String(".00")).replace(QLatin1String(".0 "), QLatin1String(" "));
}

QString timeLabel(double secondsBefore) {
    const double seconds = std::abs(secondsBefore);
    if (seconds < 0.05)
        return QCoreApplication::translate("Telemetry", "now");
    if (seconds < 60 || std::fmod(seconds, 60.0) > 0.5)
        return QStringLiteral("-%1 s").arg(QString::number(seconds, 'g', 3));
    return QStringLiteral("-%1 min").arg(std::llround(seconds / 60));
}

double timeStep(double span) {
    constexpr std::array<double, 10> kSteps = {0.5, 1, 2, 5, 10, 20, 30, 60, 120, 180};
    for (const double step : kSteps)
        if (span / step <= 4.5)
            return step;
    return kSteps.back();
}
