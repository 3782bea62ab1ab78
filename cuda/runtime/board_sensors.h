// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_sensors.h"

#include <memory>
#include <string>

namespace strata::cuda {

// Of the GPU with this PCI bus id, by the driver's management library. Null where the library or the GPU is not there.
// `pciFolder` says what the card's own connector has, which the library does not: tests put their own there.
std::unique_ptr<DeviceSensors> openBoardSensors(
    const std::string& pciBusId, const std::string& pciFolder = "/sys/bus/pci/devices");

} // namespace strata::cuda
