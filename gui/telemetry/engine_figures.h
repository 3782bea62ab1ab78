// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"
#include "gui/telemetry/telemetry_reader.h"

// What telemetry needs of the model that is there, by its plan. `profile`: null if the machine was not measured.
EngineFigures engineFigures(const EngineController& controller, const strata::MachineProfile* profile);

// The device whose board is worth asking: the GPU that a model is on or coming to, else the best one. Null: no GPU.
const strata::BackendChoice* boardOf(const EngineController& controller);
