// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cache_rows.h"

#include "core/backend/kv_rows.h"
#include "core/quant/blocks.h"
#include "core/quant/half.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace strata {

static_assert(kKvBlockLength == BlockQ8_0::kLength);

CacheRows::CacheRows(std::byte* rows, QuantType type, std::uint32_t kvLength, const VectorOps& ops)
    : m_rows(rows), m_type(type), m_kvLength(kvLength), m_rowBytes(kvRowBytes(type, kvLength)), m_ops(&ops) {
    assert(isKvType(type));
}

void CacheRows::store(std::uint32_t row, std::span<const float> values) const {
    assert(values.size() == m_kvLength);
    std::byte* target = m_rows + row * m_rowBytes;
    if (m_type == QuantType::F16)
        m_ops->toHalf(values.data(), reinterpret_cast<std::uint16_t*>(target), values.size());
    else
        storeBlocks(target, values);
}

void CacheRows::load(std::uint32_t row, std::uint32_t first, std::span<float> values) const {
    assert(first + values.size() <= m_kvLength);
    const std::byte* source = m_rows + row * m_rowBytes;
    if (m_type == QuantType::F16)
        m_ops->toFloat(reinterpret_cast<const std::uint16_t*>(source) + first, values.data(), values.size());
    else
        loadBlocks(source, first, values);
}

void CacheRows::storeBlocks(std::byte* target, std::span<const float> values) const {
    auto* scales = reinterpret_cast<std::uint16_t*>(target + m_kvLength);
    for (std::size_t at = 0; at < values.size(); at += kKvBlockLength) {
        BlockQ8_0 block = {};
        traits(QuantType::Q8_0)
            .quantize(values.subspan(at, kKvBlockLength), std::as_writable_bytes(std::span(&block, 1)));
        std::memcpy(target + at, block.qs, sizeof block.qs);
        scales[at / kKvBlockLength] = block.d;
    }
}

void CacheRows::loadBlocks(const std::byte* source, std::uint32_t first, std::span<float> values) const {
    const auto* numbers = reinterpret_cast<const std::int8_t*>(source);
    const auto* scales = reinterpret_cast<const std::uint16_t*>(source + m_kvLength);
    const std::size_t end = first + values.size();
    for (std::size_t at = first; at < end;) { // a head may begin and end inside a block
        const std::size_t next = std::min(end, (at / kKvBlockLength + 1) * kKvBlockLength);
        m_ops->scaleInts(
            numbers + at, halfToFloat(scales[at / kKvBlockLength]), values.data() + (at - first), next - at);
        at = next;
    }
}

} // namespace strata
