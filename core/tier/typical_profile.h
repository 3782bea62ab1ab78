// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"
#include "core/tier/machine_profile.h"

#include <optional>

namespace strata {

// Figures for a machine that has not been measured: those of a slow ordinary one, whatever the devices are, so that
// nothing is promised that may not come. Where a model fits into one memory, any figures give the same plan. Its date
// is empty: nothing was measured.
MachineProfile typicalProfile(const DeviceInfo& cpu, const std::optional<DeviceInfo>& gpu);

} // namespace strata
