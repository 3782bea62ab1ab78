// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/tier/drive_reader.h"

#include <QString>
#include <QTemporaryDir>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <vector>

// Files of random bytes, and reading them by way of a BlockSource.
namespace strata {

using Bytes = std::vector<char>;

constexpr std::size_t kMiB = 1024 * 1024;

// Whole sectors at a multiple of their size.
class Memory {
public:
    explicit Memory(std::size_t bytes) : m_size((bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes) {
        m_data.reset(static_cast<std::byte*>(std::aligned_alloc(kSectorBytes, m_size)));
        std::memset(m_data.get(), 0xAA, m_size);
    }
    std::span<std::byte> span() const { return {m_data.get(), m_size}; }

private:
    struct Free {
        void operator()(std::byte* data) const { std::free(data); }
    };
    std::size_t m_size;
    std::unique_ptr<std::byte[], Free> m_data;
};

inline bool holds(std::span<const std::byte> memory, const Bytes& file, std::uint64_t offset) {
    const std::size_t size = std::min<std::size_t>(memory.size(), file.size() - offset);
    return std::memcmp(memory.data(), file.data() + offset, size) == 0;
}

// All of a file, in pieces.
inline Memory readWhole(BlockSource& source, std::uint32_t part, std::size_t size) {
    Memory memory(size);
    FileRead rest = {.part = part, .target = memory.span()};
    while (!rest.target.empty() || source.inFlight() > 0) {
        if (!rest.target.empty() && source.hasRoom())
            source.start(takePiece(rest));
        else
            source.waitOne();
    }
    return memory;
}

inline QString failureOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code() == ErrorCode::Io ? QString(error.what()) : QString("not an Error of Io");
    }
    return "no failure";
}

// A folder for them, and what opens them.
class FilesToRead {
public:
    std::filesystem::path pathOf(const char* name) const { return m_folder.filePath(name).toStdString(); }

    // Written an hour ago, so that a write of now is seen whatever the resolution of the file system's clock.
    Bytes write(const std::filesystem::path& path, std::size_t size) const {
        std::mt19937_64 random(size);
        Bytes bytes(size);
        std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
        return bytes;
    }

    // A file, what it holds, and it opened.
    struct Opened {
        std::filesystem::path path;
        Bytes bytes;
        std::vector<RandomAccessFile> files = {};
    };
    Opened open(const char* name, std::size_t size) const {
        Opened opened = {.path = pathOf(name), .bytes = write(pathOf(name), size)};
        opened.files.emplace_back(opened.path);
        return opened;
    }

private:
    QTemporaryDir m_folder;
};

} // namespace strata
