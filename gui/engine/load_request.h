// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include "core/engine/generation.h"

// What the core is asked for by a command of the window; loading and foretelling ask for the same. The device is chosen
// beside it.
strata::LoadRequest loadRequest(const LoadCommand& command);
