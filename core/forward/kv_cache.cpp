// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/forward/kv_cache.h"

#include "core/backend/kv_rows.h"

#include <cassert>

namespace strata {
namespace {

// Keys or values of one layer, rounded up so that each layer's stretch stays aligned.
std::size_t stretchBytes(std::size_t rowBytes, std::uint32_t contextTokens) {
    return (rowBytes * contextTokens + 255) / 256 * 256;
}

} // namespace

KvCache::KvCache(Backend& backend, const ModelSpec& spec, std::uint32_t contextTokens, QuantType type)
    : m_backend(&backend), m_buffer(backend.allocate(byteCount(spec, contextTokens, type))), m_type(type),
      m_layerCount(spec.layerCount), m_capacity(contextTokens), m_rowBytes(kvRowBytes(type, spec.kvLength())) {
    assert(isKvType(type) && (type == QuantType::F16 || spec.kvLength() % kKvBlockLength == 0));
}

std::uint64_t KvCache::byteCount(const ModelSpec& spec, std::uint32_t contextTokens, QuantType type) {
    return std::uint64_t(2) * spec.layerCount * stretchBytes(kvRowBytes(type, spec.kvLength()), contextTokens);
}

KvLayer KvCache::layer(LayerIndex index) const {
    assert(index.value < m_layerCount);
    const std::size_t stretch = stretchBytes(m_rowBytes, m_capacity);
    std::byte* keys = m_buffer.data() + 2 * stretch * index.value;
    return {.device = m_backend, .keys = keys, .values = keys + stretch, .type = m_type, .capacity = m_capacity};
}

void KvCache::grow(std::uint32_t rows) {
    assert(rows <= m_capacity - m_length);
    m_length += rows;
}

void KvCache::truncate(std::uint32_t length) {
    assert(length <= m_length);
    m_length = length;
}

void KvCache::keep(std::uint32_t prefix, std::span<const std::uint32_t> chosen) {
    assert(prefix <= m_length);
    const std::size_t stretch = stretchBytes(m_rowBytes, m_capacity);
    for (std::size_t at = 0; at < 2 * std::size_t(m_layerCount); ++at) {
        std::uint32_t target = prefix;
        for (const std::uint32_t row : chosen) {
            assert(row >= target && row < m_length);
            if (row != target)
                m_backend->copyWithin(
                    m_buffer, at * stretch + target * m_rowBytes, at * stretch + row * m_rowBytes, m_rowBytes);
            ++target;
        }
    }
    m_length = prefix + static_cast<std::uint32_t>(chosen.size());
}

} // namespace strata
