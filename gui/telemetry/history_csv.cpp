// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/history_csv.h"

#include <cmath>

namespace {

constexpr auto kLineEnd = "\r\n";

QByteArray quoted(const QString& text) {
    QString inner = text;
    return '"' + inner.replace(QLatin1Char('"'), QLatin1String("\"\"")).toUtf8() + '"';
}

QByteArray columnTitle(Curve curve) {
    const CurveRow& row = curveRow(curve);
    return quoted(
        QStringLiteral("%1: %2 (%3, %4)")
            .arg(plotTitle(row.plot), curveName(curve), sourceName(row.source), unitName(plotRow(row.plot).unit)));
}

} // namespace

QByteArray historyCsv(const TelemetryHistory& history, std::span<const Curve> curves, const QDateTime& zero) {
    QByteArray text("time,seconds");
    for (const Curve curve : curves)
        text += ',' + columnTitle(curve);
    text += kLineEnd;
    for (std::size_t i = 0; i < history.size(); ++i) {
        const double seconds = history.secondsAt(i);
        text += zero.addMSecs(std::llround(seconds * 1000)).toUTC().toString(Qt::ISODateWithMs).toLatin1();
        text += ',' + QByteArray::number(seconds, 'f', 3);
        for (const Curve curve : curves) {
            const float value = history.valueAt(i, curve);
            text += ',';
            if (std::isfinite(value))
                text += QByteArray::number(static_cast<double>(value), 'g', 7);
        }
        text += kLineEnd;
    }
    return text;
}
