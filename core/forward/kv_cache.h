// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/backend.h"
#include "core/model/model_spec.h"

#include <cstdint>
#include <span>
#include <vector>

namespace strata {

// Keys and values of one conversation on one device, in f16 or q8_0, with the number of rows in use. Engine thread.
//
//   layer 0   keys   [ row 0 | row 1 | .. | row length-1 |   free   ]   rows: core/backend/kv_rows.h
//             values [ row 0 | row 1 | .. | row length-1 |   free   ]
//   layer 1   ..
class KvCache {
public:
    // Throws Error (OutOfMemory). Q8_0 needs a kvLength that is a multiple of kKvBlockLength.
    KvCache(Backend& backend, const ModelSpec& spec, std::uint32_t contextTokens, QuantType type = QuantType::F16);

    static std::uint64_t byteCount(const ModelSpec& spec, std::uint32_t contextTokens, QuantType type = QuantType::F16);

    std::uint32_t length() const { return m_length; }     // rows in use
    std::uint32_t capacity() const { return m_capacity; } // rows
    KvLayer layer(LayerIndex index) const;

    void grow(std::uint32_t rows);       // after a pass appended them
    void truncate(std::uint32_t length); // drops the suffix from row `length` on
    // Keeps rows [0, prefix) and then the chosen ones, ascending, each >= prefix; drops the rest.
    void keep(std::uint32_t prefix, std::span<const std::uint32_t> chosen);

private:
    Backend* m_backend;
    Buffer m_buffer;
    QuantType m_type;
    std::uint32_t m_layerCount;
    std::uint32_t m_capacity;
    std::uint32_t m_length = 0;
    std::size_t m_rowBytes;
};

} // namespace strata
