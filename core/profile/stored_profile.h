// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"

#include <optional>
#include <string_view>

namespace strata {

// The profile that lies at machineProfilePath(), if it was measured with these devices and this driver (both empty:
// without a GPU). nullopt: there is none, or it is of another machine; or it can't be read, which is logged as a
// warning, since measuring again mends it.
std::optional<MachineProfile> loadMachineProfile(
    std::string_view cpuName, std::string_view gpuName, std::string_view driver);

} // namespace strata
