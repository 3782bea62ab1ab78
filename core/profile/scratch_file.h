// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random_access_file.h"
#include "core/profile/measure_clock.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace strata {

// A file without a name, in a folder on the drive that is to be read: gone when it is closed, however the program ends.
class ScratchFile {
public:
    // nullopt: no file can be made there, or the drive has not four times as much room.
    static std::optional<ScratchFile> make(const std::filesystem::path& folder, std::uint64_t byteCount);
    ~ScratchFile();
    ScratchFile(ScratchFile&& other) noexcept;
    ScratchFile& operator=(ScratchFile&&) = delete;

    // Writes noise past the page cache where the drive takes that, until there is enough of it, `part` of the budget is
    // over, the drive is full or it is stopped.
    void fill(double part, const MeasureClock& clock);

    RandomAccessFile openForReading() const; // what was written; throws Error (Io)

private:
    ScratchFile(int descriptor, std::uint64_t byteCount);

    int m_descriptor = -1;
    std::uint64_t m_byteCount = 0;
};

} // namespace strata
