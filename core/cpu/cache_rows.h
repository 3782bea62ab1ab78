// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/cpu/vector_ops.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace strata {

// Keys or values of one layer as rows of a cache in host memory (core/backend/kv_rows.h). A value.
class CacheRows {
public:
    CacheRows(std::byte* rows, QuantType type, std::uint32_t kvLength, const VectorOps& ops);

    void store(std::uint32_t row, std::span<const float> values) const; // (kvLength)
    // Elements [first, first + values.size()) of a row, widened.
    void load(std::uint32_t row, std::uint32_t first, std::span<float> values) const;

private:
    void storeBlocks(std::byte* target, std::span<const float> values) const;
    void loadBlocks(const std::byte* source, std::uint32_t first, std::span<float> values) const;

    std::byte* m_rows;
    QuantType m_type;
    std::uint32_t m_kvLength;
    std::size_t m_rowBytes;
    const VectorOps* m_ops;
};

} // namespace strata
