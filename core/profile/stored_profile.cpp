// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/stored_profile.h"

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/tier/profile_file.h"

namespace strata {

std::optional<MachineProfile> loadMachineProfile(
    std::string_view cpuName, std::string_view gpuName, std::string_view driver) {
    try {
        MachineProfile profile = readProfile(machineProfilePath());
        if (profile.isOf(cpuName, gpuName, driver))
            return profile;
        if (gpuName.empty() && profile.cpu == cpuName)
            return profile.withoutGpu();
    } catch (const Error& error) { // an ordinary answer: a file that people edit may be broken
        if (error.code() != ErrorCode::NotFound)
            log(LogLevel::Warning, fmt::format("The figures of this machine are not used: {}", error.what()));
    }
    return std::nullopt;
}

} // namespace strata
