// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/read_queue.h"

#include <unistd.h>

#include <cerrno>
#include <deque>

namespace strata {
namespace {

class PlainReads : public ReadQueue {
public:
    void submit(const RawRead& read) override { m_waiting.push_back(read); }

    RawResult wait() override {
        const RawRead read = m_waiting.front();
        m_waiting.pop_front();
        const ssize_t got =
            ::pread(read.descriptor, read.target.data(), read.target.size(), static_cast<off_t>(read.offset));
        return {read.slot, got < 0 ? -errno : got};
    }

    bool registerMemory(std::span<std::byte>) override { return false; }

private:
    std::deque<RawRead> m_waiting;
};

} // namespace

std::unique_ptr<ReadQueue> makePlainReads() {
    return std::make_unique<PlainReads>();
}

} // namespace strata
