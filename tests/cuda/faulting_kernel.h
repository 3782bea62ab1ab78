// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace strata {

// Starts a computation on the current GPU that fails, after which its context is broken.
void launchFault();

} // namespace strata
