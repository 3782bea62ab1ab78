// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <span>
#include <utility>

namespace strata::cuda {

std::byte* allocateDevice(std::size_t byteCount); // 256-byte aligned; throws Error (OutOfMemory, Device)
void releaseDevice(std::byte* data) noexcept;
std::byte* allocatePinned(std::size_t byteCount); // host memory that copies reach at link speed; throws likewise
void releasePinned(std::byte* data) noexcept;

// Memory of one kind, released when destroyed. Move-only. The device it was made on must be current at both ends.
template <std::byte* (*allocateBytes)(std::size_t), void (*releaseBytes)(std::byte*) noexcept>
class OwnedMemory {
public:
    OwnedMemory() = default;
    explicit OwnedMemory(std::size_t byteCount) : m_data(allocateBytes(byteCount)), m_byteCount(byteCount) {}
    ~OwnedMemory() {
        if (m_data != nullptr)
            releaseBytes(m_data);
    }
    OwnedMemory(OwnedMemory&& other) noexcept { *this = std::move(other); }
    OwnedMemory& operator=(OwnedMemory&& other) noexcept {
        std::swap(m_data, other.m_data);
        std::swap(m_byteCount, other.m_byteCount);
        return *this;
    }
    OwnedMemory(const OwnedMemory&) = delete;
    OwnedMemory& operator=(const OwnedMemory&) = delete;

    std::byte* data() const { return m_data; }
    std::size_t byteCount() const { return m_byteCount; }
    template <typename T>
    T* as(std::size_t byteOffset = 0) const {
        return reinterpret_cast<T*>(m_data + byteOffset);
    }

private:
    std::byte* m_data = nullptr;
    std::size_t m_byteCount = 0;
};
using GpuMemory = OwnedMemory<allocateDevice, releaseDevice>;
using PinnedMemory = OwnedMemory<allocatePinned, releasePinned>;

} // namespace strata::cuda
