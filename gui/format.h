// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

// Numbers as people read them: three significant figures at most, GB = 1e9 bytes.

QString formatBytes(quint64 bytes);              // "42.5 GB"
QString formatExactBytes(quint64 bytes);         // "42,520,395,776 bytes": for tooltips
QString formatCount(quint64 count);              // "131,072"
QString formatParameters(quint64 count);         // "8.03 B", "260 k"
QString formatByteRate(double bytesPerSecond);   // "1.2 GB/s"
QString formatTokenRate(double tokensPerSecond); // "6.3 tok/s"
QString formatDuration(double seconds);          // "20 ms", "0.9 s", "48 s", "3 min 20 s", "2 h 5 min"

// "1,204 of 8,192" tokens, and never more than there is room for: "full, 8,192 of 8,192".
QString formatContext(quint32 usedTokens, quint32 capacity);

// Paths as people write them: the home folder becomes "~".
QString formatPath(const QString& path);
