// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace strata {

// What a remote device has, does and refuses; shared with the test. Any thread.
struct RemoteWorld {
    std::atomic<std::uint64_t> totalBytes = std::uint64_t(1) << 40;
    std::atomic<std::uint64_t> liveBytes = 0;  // allocated on it now
    std::atomic<std::uint64_t> liveCount = 0;  // buffers
    std::atomic<std::uint64_t> pinnedBytes = 0;
    std::atomic<std::int64_t> copiesLeft = -1; // the copy behind so many fails; negative: none does
    std::atomic<std::int64_t> pinsLeft = -1;   // likewise, pinning is refused
    std::atomic<std::uint64_t> copyCount = 0;
};

// A GPU as far as order is concerned, computing with the CPU's verbs. Its memory can only be reached by copies; verbs
// of short passes are gathered and started late, by a thread of its own; copies run on another, and first fill their
// target with rubbish; memory is filled with rubbish some time after it was allocated. So whatever does not wait for
// what it must wait for gives wrong numbers, or a data race for the thread sanitizer to find.
BackendChoice remoteDevice(std::shared_ptr<RemoteWorld> world = std::make_shared<RemoteWorld>());

} // namespace strata
