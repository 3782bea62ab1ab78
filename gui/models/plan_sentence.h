// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include <QString>

// Where a model's layers rest and how fast that should be, for a person: "44 of 80 layers in graphics memory (VRAM), 36
// in RAM, about 6.3 tok/s". Empty where all of it rests in one memory. A speed is named only where the machine was
// measured.
QString planSentence(const LoadedModel& model);
