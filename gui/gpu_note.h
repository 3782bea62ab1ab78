// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"

#include <QString>

#include <vector>

class Settings;

// What is said once on a machine that has no GPU to compute on, and `why`; empty: there is one, or it was said there
// already.
QString missingGpuNote(const std::vector<strata::DeviceInfo>& devices, Settings& settings, const QString& why);
