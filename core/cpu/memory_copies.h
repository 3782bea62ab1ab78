// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/copy_queue.h"

#include <memory>

namespace strata {

// Copies within the memory of the host, done when they return: nothing has to be waited for, and all of it stays in
// place.
std::unique_ptr<CopyQueue> makeMemoryCopies();

} // namespace strata
