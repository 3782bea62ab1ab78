// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"
#include "core/tier/machine_profile.h"
#include "core/tier/tier_planner.h"
#include "core/tier/weight_store.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace strata {

// A plan with every block in the tier that a test says, and the rings that go with it.
inline Plan placedPlan(const Model& model, std::span<const Tier> tiers, bool usesGpu) {
    const PlanningModel planned{model.file().path().string(), model.blocks(), model.spec()};
    Plan plan = wholePlan(planned, usesGpu ? Tier::Vram : Tier::Ram);
    plan.tierBytes = {};
    plan.tierBlockCount = {};
    for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
        PlannedBlock& block = plan.blocks[i];
        block.tier = tiers[i];
        plan.tierBytes[static_cast<std::size_t>(block.tier)] += block.restingBytes();
        ++plan.tierBlockCount[static_cast<std::size_t>(block.tier)];
        const bool isLayer = i > 0 && i + 1 < plan.blocks.size();
        if (usesGpu && isLayer && block.tier != Tier::Vram)
            plan.ringBytes = std::max(plan.ringBytes, 2 * block.packedBytes);
        if (block.tier == Tier::Disk)
            plan.stagingBytes = std::max(plan.stagingBytes, 3 * block.hostBytes);
    }
    return plan;
}

// A machine on which schedules stream every block they can, or none.
inline MachineProfile profileWithLink(double linkPerHost) {
    MachineProfile profile;
    profile.gpu = "test";
    profile.vramRead = 1e12;
    profile.hostRead = profile.hostReadBesideLink = 1e9;
    profile.linkIn = profile.linkInBesideHost = 1e9 * linkPerHost;
    profile.linkOut = 1e12;
    for (MultiplyRates* rates : {&profile.cpuMultiply, &profile.gpuMultiply}) {
        rates->weightBytesPerSecond.fill(1e12);
        rates->multipliesPerSecond = 1e15;
    }
    profile.drives.push_back({.mountPoint = "/", .bytesPerSecond = 1e12});
    return profile;
}

} // namespace strata
