// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/tier/block_source.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <unordered_map>

namespace strata {

// When to fail: after so many more reads were started; negative: never. Once due, every later read fails too. Any
// thread.
struct SourcePlan {
    std::atomic<std::int64_t> startsLeft = -1; // then start() throws
    std::atomic<std::int64_t> readsLeft = -1;  // then a read is started, and waitOne() throws for it
    std::atomic<std::int64_t> wholesLeft = -1; // then a read ends after its first half, and waitOne() throws for it
    std::atomic<bool> isOnce = false;          // unless this is set: then it works again
};

// Throws Error (Io) at the planned read, as a drive would: FailingSource(std::make_unique<DriveReader>(files), plan).
class FailingSource : public BlockSource {
public:
    FailingSource(std::unique_ptr<BlockSource> inner, std::shared_ptr<SourcePlan> plan)
        : m_inner(std::move(inner)), m_plan(std::move(plan)) {}

    bool registerMemory(std::span<std::byte> memory) override { return m_inner->registerMemory(memory); }
    bool hasRoom() const override { return m_inner->hasRoom(); }
    std::size_t inFlight() const override { return m_inner->inFlight(); }
    std::uint64_t bytesRead() const override { return m_inner->bytesRead(); }
    std::chrono::nanoseconds busyTime() const override { return m_inner->busyTime(); }
    std::string notice() const override { return m_inner->notice(); }

    void start(const FileRead& read) override {
        if (isDue(m_plan->startsLeft))
            fail(ErrorCode::Io, "The test drive cannot start a read, as planned");
        FileRead inner = read;
        inner.tag = m_nextTag++;
        Fate fate = {.tag = read.tag, .error = isDue(m_plan->readsLeft) ? "The test drive failed, as planned" : ""};
        if (isDue(m_plan->wholesLeft)) {
            fate.error = "The test drive's file ends too early, as planned";
            const std::size_t half = read.target.size() / 2 / kSectorBytes * kSectorBytes;
            inner.target = read.target.first(std::max(half, kSectorBytes));
            const std::span<std::byte> rest = read.target.subspan(inner.target.size());
            std::fill(rest.begin(), rest.end(), std::byte(0xEE)); // so that whoever uses it all the same shows
        }
        m_fates[inner.tag] = fate;
        m_inner->start(inner);
    }

    std::uint64_t waitOne() override {
        const auto fate = m_fates.extract(m_inner->waitOne()).mapped();
        if (*fate.error != '\0')
            fail(ErrorCode::Io, "{}", fate.error);
        return fate.tag;
    }

private:
    struct Fate {
        std::uint64_t tag = 0;
        const char* error = ""; // empty: none
    };

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

    std::unique_ptr<BlockSource> m_inner;
    std::shared_ptr<SourcePlan> m_plan;
    std::uint64_t m_nextTag = 0;                     // the caller's need not be unique
    std::unordered_map<std::uint64_t, Fate> m_fates; // of the reads in flight, by the inner tag
};

} // namespace strata
