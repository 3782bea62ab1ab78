// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/memory_copies.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

class MemoryCopies : public CopyQueue {
public:
    Fence copyIn(const Buffer& target, std::span<const CopyPiece> pieces) override {
        const Clock::time_point start = Clock::now();
        for (const CopyPiece& piece : pieces) {
            assert(piece.offset + piece.source.size() <= target.byteCount());
            std::memcpy(target.data() + piece.offset, piece.source.data(), piece.source.size());
        }
        m_busy += Clock::now() - start;
        return {};
    }
    std::chrono::nanoseconds wait(Fence) override { return std::exchange(m_busy, {}); }
    void waitForDevice(Fence) override {}
    Fence deviceFence() override { return {}; }
    void holdDevice(Fence) override {}
    std::unique_ptr<PinnedRange> pin(std::span<std::byte>) override { return std::make_unique<PinnedRange>(); }

private:
    std::chrono::nanoseconds m_busy{};
};

} // namespace

std::unique_ptr<CopyQueue> makeMemoryCopies() {
    return std::make_unique<MemoryCopies>();
}

} // namespace strata
