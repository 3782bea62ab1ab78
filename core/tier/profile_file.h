// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/machine_profile.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace strata {

// A profile as text, one figure a line, to be read and edited by people who wonder "what if":
//
//     # comment
//     link in = 50.3 GB/s
//     drive = 3.4 GB/s /home
//
// Version 2. One of version 1, which knew a single rate for prompts, can be read and written as such; what it lacks
// counts as nothing. Every key once, save `drive`; figures of the GPU only where `gpu` names one. Text rather than
// JSON: window and engine read it too, and a list of some forty figures needs no parser of nested values.
std::string formatProfile(const MachineProfile& profile);

// Throws Error (BadFile): one sentence with the source's name, line, expected and found.
MachineProfile parseProfile(std::string_view text, std::string_view source);

MachineProfile readProfile(const std::filesystem::path& path); // throws Error (NotFound, Io, BadFile)
// Whole or not at all. Throws Error (Io).
void writeProfile(const MachineProfile& profile, const std::filesystem::path& path);

// Where this machine's own profile lies: strata/machine.profile in the person's configuration folder (XDG).
std::filesystem::path machineProfilePath();

} // namespace strata
