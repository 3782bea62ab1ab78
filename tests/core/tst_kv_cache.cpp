// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/backend/kv_rows.h"
#include "core/cpu/cpu_backend.h"
#include "core/forward/kv_cache.h"

#include <QtTest>

#include <cstring>
#include <set>

using namespace strata;

namespace {

ModelSpec smallSpec() {
    ModelSpec spec;
    spec.layerCount = 3;
    spec.headCount = 4;
    spec.kvHeadCount = 2;
    spec.headLength = 5; // 20 bytes a row: nothing is aligned by chance
    return spec;
}

// The same with rows that q8_0 can hold: 96 numbers, three scales, and 10 bytes that nothing uses.
ModelSpec blockSpec() {
    ModelSpec spec = smallSpec();
    spec.headLength = 48;
    return spec;
}

constexpr std::uint32_t kCapacity = 9;

// Fills row `row` of everything with bytes that say where it belongs.
void writeRows(const KvCache& cache, const ModelSpec& spec) {
    const std::size_t rowBytes = kvRowBytes(cache.layer(LayerIndex(0)).type, spec.kvLength());
    for (std::uint32_t layer = 0; layer < spec.layerCount; ++layer)
        for (std::uint32_t row = 0; row < cache.length(); ++row) {
            const KvLayer at = cache.layer(LayerIndex(layer));
            std::memset(at.keys + row * rowBytes, static_cast<int>(layer * 32 + row), rowBytes);
            std::memset(at.values + row * rowBytes, static_cast<int>(layer * 32 + 16 + row), rowBytes);
        }
}

// Which rows, as written, a layer holds now; empty if keys and values disagree or a row is torn.
std::vector<std::uint32_t> rowsOf(const KvCache& cache, const ModelSpec& spec, std::uint32_t layer) {
    const std::size_t rowBytes = kvRowBytes(cache.layer(LayerIndex(0)).type, spec.kvLength());
    const KvLayer at = cache.layer(LayerIndex(layer));
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < cache.length(); ++row) {
        const std::set<std::byte> keys(at.keys + row * rowBytes, at.keys + (row + 1) * rowBytes);
        const std::set<std::byte> values(at.values + row * rowBytes, at.values + (row + 1) * rowBytes);
        const auto key = std::to_integer<std::uint32_t>(*keys.begin());
        if (keys.size() != 1 || values.size() != 1 || std::to_integer<std::uint32_t>(*values.begin()) != key + 16)
            return {};
        rows.push_back(key - layer * 32);
    }
    return rows;
}

using Rows = std::vector<std::uint32_t>;

} // namespace

class TestKvCache : public QObject {
    Q_OBJECT
private slots:
    void growsAndTruncates() {
        const auto backend = cpuBackend(1).open();
        KvCache cache(*backend, smallSpec(), kCapacity);
        QCOMPARE(cache.length(), 0U);
        QCOMPARE(cache.capacity(), kCapacity);
        cache.grow(7);
        cache.truncate(3);
        cache.grow(6);
        QCOMPARE(cache.length(), 9U);
    }

    void layersDoNotOverlap() {
        const ModelSpec spec = smallSpec();
        const auto backend = cpuBackend(1).open();
        KvCache cache(*backend, spec, kCapacity);
        cache.grow(kCapacity);
        writeRows(cache, spec);
        for (std::uint32_t layer = 0; layer < spec.layerCount; ++layer)
            QCOMPARE(rowsOf(cache, spec, layer), (Rows{0, 1, 2, 3, 4, 5, 6, 7, 8}));
        const KvLayer last = cache.layer(LayerIndex(2));
        const KvLayer first = cache.layer(LayerIndex(0));
        QVERIFY(last.values + kCapacity * spec.kvLength() * 2 <= first.keys + KvCache::byteCount(spec, kCapacity));
        QCOMPARE(last.capacity, kCapacity);
        QVERIFY(last.type == QuantType::F16);
    }

    void eightBitsTakeAboutHalfTheMemory() {
        const ModelSpec spec = blockSpec();
        const auto backend = cpuBackend(1).open();
        KvCache cache(*backend, spec, kCapacity, QuantType::Q8_0);
        QCOMPARE(kvRowBytes(QuantType::Q8_0, spec.kvLength()), std::size_t(112));
        QCOMPARE(KvCache::byteCount(spec, kCapacity, QuantType::Q8_0), std::uint64_t(6 * 1024));
        QCOMPARE(KvCache::byteCount(spec, kCapacity), std::uint64_t(6 * 1792));
        cache.grow(kCapacity);
        writeRows(cache, spec);
        for (std::uint32_t layer = 0; layer < spec.layerCount; ++layer)
            QCOMPARE(rowsOf(cache, spec, layer), (Rows{0, 1, 2, 3, 4, 5, 6, 7, 8}));
        QVERIFY(cache.layer(LayerIndex(2)).type == QuantType::Q8_0);
    }

    void keepsChosenRows_data() {
        QTest::addColumn<quint32>("prefix");
        QTest::addColumn<QList<quint32>>("chosen");
        QTest::addColumn<QList<quint32>>("rows");
        QTest::newRow("some") << 2U << QList<quint32>{3, 6, 7} << QList<quint32>{0, 1, 3, 6, 7};
        QTest::newRow("those in place") << 2U << QList<quint32>{2, 3, 8} << QList<quint32>{0, 1, 2, 3, 8};
        QTest::newRow("none") << 4U << QList<quint32>{} << QList<quint32>{0, 1, 2, 3};
        QTest::newRow("no prefix") << 0U << QList<quint32>{8} << QList<quint32>{8};
    }
    void keepsChosenRows() {
        QFETCH(quint32, prefix);
        QFETCH(QList<quint32>, chosen);
        QFETCH(QList<quint32>, rows);
        const auto backend = cpuBackend(1).open();
        for (const QuantType type : {QuantType::F16, QuantType::Q8_0}) {
            const ModelSpec spec = type == QuantType::F16 ? smallSpec() : blockSpec();
            KvCache cache(*backend, spec, kCapacity, type);
            cache.grow(kCapacity);
            writeRows(cache, spec);
            cache.keep(prefix, Rows(chosen.begin(), chosen.end()));
            for (std::uint32_t layer = 0; layer < spec.layerCount; ++layer)
                QCOMPARE(rowsOf(cache, spec, layer), Rows(rows.begin(), rows.end()));
        }
    }
};

QTEST_APPLESS_MAIN(TestKvCache)
#include "tst_kv_cache.moc"
