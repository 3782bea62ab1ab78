// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_sensors.h"

#include <atomic>
#include <memory>
#include <mutex>

namespace strata {

// A board whose figures a test sets, from any thread.
struct FakeBoardState {
    void set(const BoardReading& figures) {
        const std::lock_guard lock(mutex);
        reading = figures;
    }
    BoardReading get() {
        const std::lock_guard lock(mutex);
        return reading;
    }

    std::mutex mutex;
    BoardReading reading;
    std::atomic<int> open = 0; // sensors that exist
    std::atomic<int> quickReads = 0;
    std::atomic<int> fullReads = 0;
};

class FakeSensors : public DeviceSensors {
public:
    explicit FakeSensors(std::shared_ptr<FakeBoardState> state) : m_state(std::move(state)) { ++m_state->open; }
    ~FakeSensors() override { --m_state->open; }

    BoardReading read(Depth depth) override {
        ++(depth == Depth::Full ? m_state->fullReads : m_state->quickReads);
        return m_state->get();
    }

private:
    std::shared_ptr<FakeBoardState> m_state;
};

} // namespace strata
