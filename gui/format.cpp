// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/format.h"

#include "core/base/text.h"

#include <QDir>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

// `value` rounded to so many significant figures, and no more behind the point than they are: "6.3", "48", "35,900".
QString significant(double value, int figures) {
    const auto figuresBefore = [](double number) {
        return number < 1 ? 1 : static_cast<int>(std::floor(std::log10(number))) + 1;
    };
    const double step = std::pow(10.0, figuresBefore(value) - figures);
    const double rounded = std::round(value / step) * step; // 9.996 becomes 10.0, not 10.00
    if (rounded >= 999.5)
        return formatCount(static_cast<quint64>(std::llround(rounded)));
    return QString::number(rounded, 'f', std::clamp(figures - figuresBefore(rounded), 0, figures - 1));
}

} // namespace

QString formatBytes(quint64 bytes) {
    return QString::fromStdString(strata::formatBytes(bytes));
}

QString formatExactBytes(quint64 bytes) {
    return formatCount(bytes) + QStringLiteral(" bytes");
}

QString formatCount(quint64 count) {
    return QString::fromStdString(strata::formatCount(count));
}

QString formatParameters(quint64 count) {
    static constexpr std::array<const char*, 5> kUnits = {"", " k", " M", " B", " T"};
    double value = static_cast<double>(count);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return (unit == 0 ? QString::number(count) : significant(value, 3)) + QLatin1String(kUnits[unit]);
}

QString formatByteRate(double bytesPerSecond) {
    return formatBytes(static_cast<quint64>(std::max(0.0, bytesPerSecond))) + QStringLiteral("/s");
}

QString formatTokenRate(double tokensPerSecond) {
    if (tokensPerSecond > 0 && tokensPerSecond < 0.095) // from disk; "0.0" would say that nothing comes at all
        return QString::number(tokensPerSecond, 'g', 1) + QStringLiteral(" tok/s");
    return significant(tokensPerSecond, tokensPerSecond < 10 ? 2 : 3) + QStringLiteral(" tok/s");
}

QString formatDuration(double seconds) {
    if (seconds < 0.095)
        return QStringLiteral("%1 ms").arg(std::max(1LL, std::llround(seconds * 1000)));
    if (seconds < 9.95)
        return QString::number(seconds, 'f', 1) + QStringLiteral(" s");
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 60)
        return QStringLiteral("%1 s").arg(whole);
    if (whole < 3600)
        return QStringLiteral("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return QStringLiteral("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString formatContext(quint32 usedTokens, quint32 capacity) {
    const QString share =
        QStringLiteral("%1 of %2").arg(formatCount(std::min(usedTokens, capacity)), formatCount(capacity));
    return usedTokens < capacity ? share : QStringLiteral("full, ") + share;
}

QString formatPath(const QString& path) {
    const QString home = QDir::homePath();
    if (path == home || path.startsWith(home + QLatin1Char('/')))
        return QLatin1Char('~') + path.mid(home.size());
    return path;
}
