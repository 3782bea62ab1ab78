// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/model_outlook.h"
#include "gui/models/model_forecast.h"

// What planning foretells, from its header alone, of a model that would be saved in `folder`. Any thread; never throws.
// `wish`: how it would be loaded; its path does not matter.
ModelOutlook plannedOutlook(
    const QString& headerPath, const QString& folder, const PlanningMachine& machine, const LoadCommand& wish);

MemoryNow memoryOf(const PlanningMachine& machine); // that models may use, less what is left to others
