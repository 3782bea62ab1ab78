// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tier/read_queue.h"

#include <liburing.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <vector>

namespace strata {
namespace {

constexpr std::size_t kFixedBytes = std::size_t(1) << 30; // the kernel's limit for one registered buffer
constexpr std::uint64_t kNobody = ~std::uint64_t(0);      // of an entry whose result nobody waits for

class UringReads : public ReadQueue {
public:
    explicit UringReads(const io_uring& ring) : m_ring(ring) {}

    ~UringReads() override {
        while (m_underWay > 0)
            wait();
        io_uring_queue_exit(&m_ring);
    }

    void submit(const RawRead& read) override {
        io_uring_sqe* entry = io_uring_get_sqe(&m_ring);
        if (entry == nullptr)
            fail(ErrorCode::Io, "io_uring: expected room for a read, found none");
        prepare(*entry, read);
        int started = io_uring_submit(&m_ring);
        while (started == -EINTR || started == -EAGAIN || started == -EBUSY)
            started = io_uring_submit(&m_ring);
        if (started < 0) {
            io_uring_prep_nop(entry); // it stays in the ring: a later start must not write into this target
            entry->user_data = kNobody;
            fail(ErrorCode::Io, "io_uring: a read cannot be started: {}", std::strerror(-started));
        }
        ++m_underWay;
    }

    RawResult wait() override {
        for (;;) {
            io_uring_cqe* done = nullptr;
            const int error = io_uring_wait_cqe(&m_ring, &done);
            if (error == -EINTR || error == -EAGAIN)
                continue;
            if (error != 0)
                std::terminate(); // the kernel may go on writing into memory that is about to be given back
            const std::uint64_t slot = done->user_data;
            const RawResult result = {static_cast<std::uint32_t>(slot), done->res};
            io_uring_cqe_seen(&m_ring, done);
            if (slot == kNobody)
                continue;
            --m_underWay;
            return result;
        }
    }

    bool registerMemory(std::span<std::byte> memory) override {
        std::vector<iovec> pieces;
        for (std::size_t at = 0; at < memory.size(); at += kFixedBytes)
            pieces.push_back({memory.data() + at, std::min(kFixedBytes, memory.size() - at)});
        if (io_uring_register_buffers(&m_ring, pieces.data(), static_cast<unsigned>(pieces.size())) != 0)
            return false;
        m_registered = memory;
        return true;
    }

private:
    void prepare(io_uring_sqe& entry, const RawRead& read) {
        const auto size = static_cast<unsigned>(read.target.size());
        const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(read.target.data()) -
                                     reinterpret_cast<std::uintptr_t>(m_registered.data());
        const bool isRegistered = first < m_registered.size() && size <= m_registered.size() - first &&
                                  first / kFixedBytes == (first + size - 1) / kFixedBytes;
        if (isRegistered)
            io_uring_prep_read_fixed(
                &entry, read.descriptor, read.target.data(), size, read.offset, static_cast<int>(first / kFixedBytes));
        else
            io_uring_prep_read(&entry, read.descriptor, read.target.data(), size, read.offset);
        if (read.mayBlock)
            io_uring_sqe_set_flags(&entry, IOSQE_ASYNC);
        entry.user_data = read.slot;
    }

    io_uring m_ring;
    std::span<std::byte> m_registered;
    std::size_t m_underWay = 0;
};

} // namespace

std::unique_ptr<ReadQueue> makeUringReads(std::uint32_t depth, std::string& refusal) {
    io_uring ring = {};
    const int error = io_uring_queue_init(depth, &ring, 0);
    if (error != 0) {
        refusal = std::strerror(-error);
        return nullptr;
    }
    return std::make_unique<UringReads>(ring);
}

} // namespace strata
