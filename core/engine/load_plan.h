// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/engine/generation.h"
#include "core/model/model_spec.h"
#include "core/model/weight_block.h"
#include "core/tier/machine_profile.h"
#include "core/tier/tier_plan.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace strata {

// One memory that a load may use. A value.
struct MemoryRoom {
    MemoryState memory; // as it is once what is about to be unloaded has gone
    std::function<std::uint64_t(const PassLimits&)> scratchBytes; // that passes of these limits compute with
};

// Both memories. A value.
struct MemoryRooms {
    std::optional<MemoryRoom> gpu; // nullopt: no GPU takes part
    MemoryRoom host;
};

// Those of a model that is known by its header alone, whose devices are not open: what passes compute with is
// estimated. The spec must outlive them.
MemoryRooms estimatedRooms(const ModelSpec& spec, const std::optional<MemoryState>& gpu, const MemoryState& host);

// What is to be loaded, from its header.
struct LoadSubject {
    std::string path; // for sentences, and to know the drive
    const ModelSpec& spec;
    std::span<const WeightBlock> blocks;
};

// How a model will be loaded: how long its passes may be, and where its blocks will rest.
struct LoadPlan {
    PassLimits limits;
    Plan plan;
};

// What every load is planned by, before any memory is taken or weight read, and what `plan` shows; a pure function.
// Prompt passes are as long as suits the device unless that takes much of a memory that does not hold all; the request
// may say how long. `gpu`: empty if none takes part.
// Throws Error: BadRequest for a context, cache type, caps or places that can't be; OutOfMemory when nothing fits.
LoadPlan planLoad(const LoadRequest& request, const LoadSubject& subject, const std::optional<MemoryRoom>& gpu,
    const MemoryRoom& host, const MachineProfile& profile);

// The same for whoever may not care any more before it is found; nullopt: stop was requested.
std::optional<LoadPlan> planLoad(const LoadRequest& request, const LoadSubject& subject, const MemoryRooms& rooms,
    const MachineProfile& profile, const std::stop_token& stop);

} // namespace strata
