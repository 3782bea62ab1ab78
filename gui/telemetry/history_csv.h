// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_history.h"

#include <QByteArray>
#include <QDateTime>

// The history of these curves as comma-separated values (RFC 4180), one line a sample: the time in UTC, seconds by the
// history's clock, then plain numbers in the units that the first line names; nothing where a value is not known.
// `zero` is when that clock began.
QByteArray historyCsv(const TelemetryHistory& history, std::span<const Curve> curves, const QDateTime& zero);
