// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/profile/device_rates.h"

namespace strata {

// Sets the parts of `rates` that passes of many tokens are made of: times a feed-forward block, one with next to no
// rows, the products of an attention block and attention itself, each with as many tokens as `work` says and with a
// quarter of them, and finds the parts that these times are made of (prompt_fit.h). Leaves `rates` as they are
// where it was stopped.
void measurePrompts(const DeviceBlocks& from, const MultiplyWork& work, double blockSeconds, MultiplyRates& rates,
    const MeasureClock& clock);

} // namespace strata
