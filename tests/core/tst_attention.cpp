// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/backend/kv_rows.h"
#include "core/cpu/attention.h"
#include "core/cpu/cache_rows.h"
#include "core/cpu/host_memory.h"

#include <QtTest>

#include <cmath>
#include <numeric>
#include <random>
#include <vector>

using namespace strata;

namespace {

// Rows as a cache of this type gives them back.
std::vector<float> rounded(const std::vector<float>& values, QuantType type) {
    std::vector<std::byte> bytes(*quantBytes(type, values.size()));
    std::vector<float> result(values.size());
    traits(type).quantize(values, bytes);
    traits(type).dequantize(bytes, result);
    return result;
}

// One layer's attention with made-up inputs, and the textbook answer in double.
struct Case {
    Case(const ModelSpec& shape, std::uint32_t cacheRows, std::uint32_t tokenCount, QuantType type = QuantType::F16)
        : spec(shape), cacheLength(cacheRows), cacheType(type), tokens(tokenCount), positions(tokenCount),
          memory(allocateHostMemory(2 * (cacheRows + tokenCount) * kvRowBytes(type, shape.kvLength()))) {
        q = floats(tokenCount * spec.queryLength(), 2.0F);
        k = floats(tokenCount * spec.kvLength(), 2.0F);
        v = floats(tokenCount * spec.kvLength(), 1.0F);
        allKeys = floats(cacheRows * spec.kvLength(), 2.0F);
        allValues = floats(cacheRows * spec.kvLength(), 1.0F);
        const CacheRows keys(layer().keys, type, spec.kvLength(), scalarVectorOps());
        const CacheRows values(layer().values, type, spec.kvLength(), scalarVectorOps());
        for (std::uint32_t row = 0; row < cacheRows; ++row) {
            keys.store(row, std::span(allKeys).subspan(std::size_t(row) * spec.kvLength(), spec.kvLength()));
            values.store(row, std::span(allValues).subspan(std::size_t(row) * spec.kvLength(), spec.kvLength()));
        }
        allKeys.insert(allKeys.end(), k.begin(), k.end());
        allValues.insert(allValues.end(), v.begin(), v.end());
        allKeys = rounded(allKeys, type);
        allValues = rounded(allValues, type);
    }

    KvLayer layer() const {
        const std::uint32_t capacity = cacheLength + static_cast<std::uint32_t>(tokens.size());
        return {.keys = memory.data(),
            .values = memory.data() + capacity * kvRowBytes(cacheType, spec.kvLength()),
            .type = cacheType,
            .capacity = capacity};
    }

    std::vector<float> run(const VectorOps& ops, unsigned threads) const {
        ThreadPool pool(threads);
        Attention attention(spec, ops, pool);
        std::vector<float> attended(tokens.size() * spec.queryLength());
        const Pass pass = {
            .tokens = tokens, .positions = positions, .cacheLength = cacheLength, .visible = visible, .logitRows = {}};
        attention.run(layer(), pass, {.q = q, .k = k, .v = v}, attended);
        return attended;
    }

    bool sees(std::size_t token, std::size_t row) const {
        if (row < cacheLength)
            return true;
        const std::size_t other = row - cacheLength;
        return visible.empty() ? other <= token : (visible[token] >> other & 1) != 0;
    }

    std::vector<float> expected() const {
        std::vector<float> attended;
        for (std::size_t token = 0; token < tokens.size(); ++token)
            for (std::uint32_t head = 0; head < spec.headCount; ++head) {
                const std::vector<float> values = expectedHead(token, head);
                attended.insert(attended.end(), values.begin(), values.end());
            }
        return attended;
    }

    std::vector<float> expectedHead(std::size_t token, std::uint32_t head) const {
        const std::size_t kvOffset = std::size_t(head / (spec.headCount / spec.kvHeadCount)) * spec.headLength;
        const float* query = &q[token * spec.queryLength() + std::size_t(head) * spec.headLength];
        std::vector<double> sums(spec.headLength);
        double total = 0.0;
        for (std::size_t row = 0; row < cacheLength + tokens.size(); ++row) {
            if (!sees(token, row))
                continue;
            double score = 0.0;
            for (std::size_t at = 0; at < spec.headLength; ++at)
                score += double(query[at]) * double(allKeys[row * spec.kvLength() + kvOffset + at]);
            const double weight = std::exp(score / std::sqrt(double(spec.headLength)));
            total += weight;
            for (std::size_t at = 0; at < spec.headLength; ++at)
                sums[at] += weight * double(allValues[row * spec.kvLength() + kvOffset + at]);
        }
        std::vector<float> values;
        for (const double sum : sums)
            values.push_back(static_cast<float>(sum / total));
        return values;
    }

    std::vector<float> floats(std::size_t count, float scale) {
        std::vector<float> values(count);
        for (float& value : values)
            value = scale * (static_cast<float>(generator()) / 2147483648.0F - 1.0F);
        return values;
    }

    ModelSpec spec;
    std::uint32_t cacheLength;
    QuantType cacheType;
    std::vector<TokenId> tokens;
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> visible;
    std::mt19937 generator{11};
    std::vector<float> q, k, v;
    std::vector<float> allKeys, allValues; // as the cache gives them back, those of the pass behind
    Buffer memory;
};

ModelSpec shapeOf(std::uint32_t heads, std::uint32_t kvHeads, std::uint32_t length) {
    ModelSpec spec;
    spec.headCount = heads;
    spec.kvHeadCount = kvHeads;
    spec.headLength = length;
    return spec;
}

float worstDifference(const std::vector<float>& a, const std::vector<float>& b) {
    float worst = 0.0F;
    for (std::size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, std::isnan(a[i]) ? 1e9F : std::abs(a[i] - b[i]));
    return worst;
}

} // namespace

class TestAttention : public QObject {
    Q_OBJECT
private slots:
    void agreesWithTheTextbook_data() {
        QTest::addColumn<quint32>("heads");
        QTest::addColumn<quint32>("kvHeads");
        QTest::addColumn<quint32>("length");
        QTest::addColumn<quint32>("cacheLength");
        QTest::addColumn<quint32>("tokens");
        QTest::newRow("first token") << 4U << 2U << 8U << 0U << 1U;
        QTest::newRow("a prompt") << 4U << 2U << 16U << 0U << 75U;
        QTest::newRow("a second chunk") << 4U << 2U << 16U << 61U << 40U;
        QTest::newRow("decoding, no groups") << 3U << 3U << 12U << 100U << 1U;
        QTest::newRow("decoding, one group of many") << 24U << 1U << 8U << 33U << 1U;
        QTest::newRow("decoding far into a context") << 4U << 2U << 32U << 1000U << 1U;
        QTest::newRow("several tokens far into a context") << 4U << 1U << 20U << 777U << 8U;
        QTest::newRow("heads that share a block of 32") << 8U << 4U << 24U << 70U << 3U;
        QTest::newRow("so far that stretches grow") << 2U << 1U << 8U << 17000U << 2U;
    }
    void agreesWithTheTextbook() {
        QFETCH(quint32, heads);
        QFETCH(quint32, kvHeads);
        QFETCH(quint32, length);
        QFETCH(quint32, cacheLength);
        QFETCH(quint32, tokens);
        for (const QuantType type : {QuantType::F16, QuantType::Q8_0}) {
            if (type == QuantType::Q8_0 && kvHeads * length % kKvBlockLength != 0)
                continue;
            const Case c(shapeOf(heads, kvHeads, length), cacheLength, tokens, type);
            const std::vector<float> expected = c.expected();
            QVERIFY(worstDifference(c.run(scalarVectorOps(), 1), expected) < 2e-5F);
            if (hasCpuKernels(CpuKernels::Avx2))
                QVERIFY(worstDifference(c.run(avx2VectorOps(), 2), expected) < 2e-5F);
        }
    }

    void masksTrees() {
        Case c(shapeOf(4, 2, 16), 300, 6);
        c.visible = {0b000001, 0b000010, 0b000101, 0b001010, 0b010101, 0b100000};
        QVERIFY(worstDifference(c.run(vectorOps(bestCpuKernels()), 2), c.expected()) < 2e-5F);
    }

    void masksMayHideAWholeStretch() {
        Case c(shapeOf(2, 1, 8), 0, 64); // no cache, and token 63 sees itself alone
        for (std::uint32_t i = 0; i < 64; ++i)
            c.visible.push_back(std::uint64_t(1) << i);
        QVERIFY(worstDifference(c.run(vectorOps(bestCpuKernels()), 2), c.expected()) < 2e-5F);
    }

    void threadsDoNotChangeABit() {
        for (const QuantType type : {QuantType::F16, QuantType::Q8_0})
            for (const std::uint32_t tokens : {1U, 30U}) {
                const Case c(shapeOf(8, 2, 16), 1500, tokens, type);
                const std::vector<float> one = c.run(vectorOps(bestCpuKernels()), 1);
                QCOMPARE(c.run(vectorOps(bestCpuKernels()), 3), one);
            }
    }
};

QTEST_APPLESS_MAIN(TestAttention)
#include "tst_attention.moc"
