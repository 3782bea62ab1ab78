// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "tests/support/decorated_backend.h"

#include <atomic>
#include <cstdint>

namespace strata {

// When to fail: after so many more verbs or allocations; negative: never. Once failed, a device stays failed. Any
// thread.
struct FailurePlan {
    std::atomic<std::int64_t> verbsLeft = -1;
    std::atomic<std::int64_t> allocationsLeft = -1;
    std::atomic<bool> isOnce = false; // unless this is set: then it works again
    std::atomic<bool> isLost = false; // it answers no question any more
};

// Throws Error (Device) at the planned verb, Error (OutOfMemory) at the planned allocation:
// decorate<FailingBackend>(cpuBackend(), plan).
class FailingBackend : public DecoratedBackend {
public:
    FailingBackend(std::unique_ptr<Backend> inner, std::shared_ptr<FailurePlan> plan)
        : DecoratedBackend(std::move(inner)), m_plan(std::move(plan)) {}

    MemoryState memory() const override {
        if (m_plan->isLost)
            fail(ErrorCode::Device, "The test device is lost, as planned");
        return DecoratedBackend::memory();
    }

protected:
    void beforeVerb() override {
        if (isDue(m_plan->verbsLeft))
            fail(ErrorCode::Device, "The test device failed, as planned");
    }
    void beforeAllocation() override {
        if (isDue(m_plan->allocationsLeft))
            fail(ErrorCode::OutOfMemory, "The test device is out of memory, as planned");
    }

private:
    bool isDue(std::atomic<std::int64_t>& left) const {
        if (left < 0)
            return false;
        if (left == 0) {
            if (m_plan->isOnce)
                left = -1;
            return true;
        }
        --left;
        return false;
    }

    std::shared_ptr<FailurePlan> m_plan;
};

} // namespace strata
