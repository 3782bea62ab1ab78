// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/profile/device_rates.h"

namespace strata {

// Seconds that one vector of activations takes from one device to the other, with what waiting for it costs both. The
// GPU's memory must hold blocks; `blockSeconds` is what its smallest block takes in a row of them. 0: stopped.
double measureExchange(
    const DeviceBlocks& gpu, Backend& host, double blockSeconds, double part, const MeasureClock& clock);

} // namespace strata
