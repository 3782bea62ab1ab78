// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace strata::cuda {

// Free memory of the GPU with this PCI bus id, in bytes, as the driver's management library says: without a context,
// which would itself take some hundred megabytes. Empty where the library is not there.
std::optional<std::uint64_t> freeMemoryOf(const std::string& pciBusId);

// Of the GPUs' driver: "580.159.04". Empty where the library is not there.
std::string driverVersion();

} // namespace strata::cuda
