// SPDX-License-Identifier: GPL-3.0-or-later
// Attention on the GPU against the textbook in double: every head length with kernels of its own and some without,
// both cache types, sizes off all tiles.
#include "cuda/cuda_backend.h"
#include "tests/cuda/attention_case.h"

#include <QtTest>

using namespace strata;
using namespace strata::cuda;

namespace {

ModelSpec specOf(std::uint32_t heads, std::uint32_t kvHeads, std::uint32_t length) {
    ModelSpec spec;
    spec.headCount = heads;
    spec.kvHeadCount = kvHeads;
    spec.headLength = length;
    spec.ropeLength = length / 4 * 2; // half of the head turns
    spec.ropePairing = RopePairing::HalfSplit;
    return spec;
}

float worstDifference(const float* a, const float* b, std::size_t count) {
    float worst = 0.0F;
    for (std::size_t i = 0; i < count; ++i)
        worst = std::max(worst, std::isnan(a[i]) ? 1e9F : std::abs(a[i] - b[i]));
    return worst;
}

// Of the appended rows, against rows rotated and encoded on the CPU: a unit of the last place, or one step of int8.
float worstAppended(const AttentionCase& c, const std::vector<float>& rows, const std::vector<std::byte>& cache) {
    float worst = 0.0F;
    const std::uint32_t length = c.spec.kvLength();
    std::vector<std::byte> row(c.rowBytes());
    for (std::uint32_t token = 0; token < c.tokens(); ++token) {
        encodeRow(c.type, &rows[std::size_t(token) * length], length, row.data());
        const std::byte* found = &cache[(c.cacheLength + token) * c.rowBytes()];
        for (std::uint32_t at = 0; at < length; ++at)
            worst = std::max(
                worst, std::abs(elementOf(c.type, found, length, at) - elementOf(c.type, row.data(), length, at)));
    }
    return worst;
}

// Rounded groups of 32, those of the tokens side by side, against the floats they were rounded from.
bool isQuantised(const AttentionCase& c, const std::vector<float>& attended) {
    for (std::size_t place = 0; place < c.scales.size(); ++place) {
        const std::size_t token = place % c.tokenPlaces();
        if (token >= c.tokens())
            continue;
        const float* values = &attended[token * c.spec.queryLength() + place / c.tokenPlaces() * 32];
        const std::int8_t* codes = &c.quantised[place * 32];
        const float scale = c.scales[place].x;
        float largest = 0.0F;
        int sum = 0;
        for (int i = 0; i < 32; ++i) {
            largest = std::max(largest, std::abs(values[i]));
            sum += codes[i];
            if (!(std::abs(values[i] - scale * static_cast<float>(codes[i])) <= 0.5001F * scale))
                return false;
        }
        if (scale != largest / 127.0F || c.scales[place].y != scale * static_cast<float>(sum))
            return false;
    }
    return true;
}

void compareWithTextbook(AttentionCase& c) {
    const std::vector<float> attended = attendOnGpu(c, 2);
    QVERIFY(isQuantised(c, attended));
    const std::vector<float> q = rotatedOnCpu(c, c.q);
    const float step = c.type == QuantType::F16 ? 0.0021F : 0.025F;
    QVERIFY(worstAppended(c, rotatedOnCpu(c, c.k), c.keys) <= step);
    QVERIFY(worstAppended(c, c.v, c.values) <= step / 2);
    const std::size_t length = c.spec.queryLength();
    for (std::size_t token = 0; token<c.tokens(); token += c.tokens()> 40 ? 7 : 1) {
        const std::vector<float> expected = expectedToken(c, q, token);
        const float worst = worstDifference(&attended[token * length], expected.data(), length);
        QVERIFY2(worst < 2e-3F, qPrintable(QString("token %1: off by %2").arg(token).arg(double(worst))));
    }
    const std::size_t rest = (c.cacheLength + c.tokens()) * c.rowBytes(); // untouched behind the new rows
    QVERIFY(std::all_of(c.keys.begin() + rest, c.keys.end(), [](std::byte b) { return b == std::byte(0xff); }));
    QVERIFY(std::all_of(c.values.begin() + rest, c.values.end(), [](std::byte b) { return b == std::byte(0xff); }));
}

} // namespace

class TestCudaAttention : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        if (cudaDevices().empty())
            QSKIP("no NVIDIA GPU here");
    }

    void anglesAreThoseOfTheCpu() {
        ModelSpec spec = specOf(1, 1, 128);
        spec.ropeLength = 128;
        spec.ropeBase = 500000.0F;
        const RopeTable table = makeRopeTable(spec);
        const std::vector<std::uint32_t> positions = {0, 1, 77, 4095, 65537, 131071};
        const GpuBytes frequencies = onDevice(table.frequencies);
        const GpuBytes places = onDevice(positions);
        const std::size_t count = positions.size() * table.frequencies.size();
        const GpuBytes angles(count * sizeof(float2));
        prepareAngles(currentLaunch(), {.frequencies = frequencies.as<float>(), .pairs = 64, .scale = 1.25F},
            places.as<std::uint32_t>(), 6, angles.as<float2>());
        const std::vector<float2> found = fromDevice<float2>(angles, count);
        for (std::size_t at = 0; at < count; ++at) {
            const double angle = double(positions[at / 64]) * double(table.frequencies[at % 64]);
            QVERIFY(std::abs(found[at].x - 1.25F * float(std::cos(angle))) <= 1.2e-7F);
            QVERIFY(std::abs(found[at].y - 1.25F * float(std::sin(angle))) <= 1.2e-7F);
        }
    }

    void agreesWithTheTextbook_data() {
        QTest::addColumn<quint32>("heads");
        QTest::addColumn<quint32>("kvHeads");
        QTest::addColumn<quint32>("length");
        QTest::addColumn<quint32>("cacheLength");
        QTest::addColumn<quint32>("tokens");
        for (const quint32 length : {64U, 80U, 96U, 128U, 192U, 256U, 8U, 40U, 160U})
            for (const quint32 tokens : {1U, 3U, 8U, 16U, 17U, 150U})
                for (const quint32 cacheLength : {0U, 61U, 500U}) {
                    const quint32 kvHeads = 4;
                    QTest::addRow("head %u, %u tokens behind %u", length, tokens, cacheLength)
                        << 2 * kvHeads << kvHeads << length << cacheLength << tokens;
                }
        QTest::newRow("no groups") << 4U << 4U << 128U << 300U << 5U;
        QTest::newRow("a group of 3") << 12U << 4U << 128U << 100U << 7U;
        QTest::newRow("a group of 8") << 16U << 2U << 64U << 1000U << 8U;
        QTest::newRow("one group of many") << 71U << 1U << 64U << 200U << 2U;
        QTest::newRow("one group of many, a prompt") << 71U << 1U << 64U << 200U << 20U;
        QTest::newRow("longer than all splits") << 4U << 4U << 64U << 9000U << 2U;
        QTest::newRow("a prompt far into a context") << 4U << 4U << 128U << 3001U << 200U;
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
            AttentionCase c = makeCase(specOf(heads, kvHeads, length), type, cacheLength, tokens);
            compareWithTextbook(c);
        }
    }

    void rotatesBothPairingsFarIntoAContext() {
        for (const RopePairing pairing : {RopePairing::Adjacent, RopePairing::HalfSplit})
            for (const quint32 tokens : {4U, 20U}) {
                ModelSpec spec = specOf(4, 2, 64);
                spec.ropePairing = pairing;
                spec.ropeLength = 64;
                spec.ropeScaling = RopeScaling::Yarn;
                spec.ropeScalingFactor = 4.0F;
                spec.ropeOriginalContext = 32768;
                AttentionCase c = makeCase(spec, QuantType::F16, 40, tokens);
                for (std::uint32_t token = 0; token < tokens; ++token)
                    c.positions[token] = 131072 - 37 * token;
                compareWithTextbook(c);
            }
    }

    void takesRotatedHeadsAsTheyAre() {
        AttentionCase c = makeCase(specOf(4, 2, 128), QuantType::F16, 40, 3);
        c.spec.ropeLength = 0;
        compareWithTextbook(c);
    }

    void masksTrees_data() {
        QTest::addColumn<quint32>("length");
        QTest::addColumn<quint32>("tokens");
        for (const quint32 length : {128U, 8U})
            for (const quint32 tokens : {6U, 16U, 64U})
                QTest::addRow("head %u, %u tokens", length, tokens) << length << tokens;
    }
    void masksTrees() {
        QFETCH(quint32, length);
        QFETCH(quint32, tokens);
        AttentionCase c = makeCase(specOf(4, 4, length), QuantType::F16, 130, tokens);
        std::mt19937 generator(3);
        for (std::uint32_t token = 0; token < tokens; ++token) { // any bits, of later tokens too, and itself
            const std::uint64_t bits = std::uint64_t(generator()) << 32 | generator();
            c.visible.push_back(
                (tokens == 64 ? bits : bits & ((std::uint64_t(1) << tokens) - 1)) | std::uint64_t(1) << token);
        }
        compareWithTextbook(c);
    }

    void masksMayHideAllButOneself() {
        AttentionCase c = makeCase(specOf(4, 2, 64), QuantType::F16, 0, 64);
        for (std::uint32_t token = 0; token < 64; ++token)
            c.visible.push_back(std::uint64_t(1) << token);
        compareWithTextbook(c);
    }

    // A pass of eight, and the same tokens one by one and in pairs: the same bits.
    void neighboursDoNotChangeABit_data() {
        QTest::addColumn<quint32>("length");
        QTest::addColumn<quint32>("cacheLength");
        for (const quint32 length : {64U, 128U, 256U, 8U})
            for (const quint32 cacheLength : {0U, 58U, 63U, 127U, 2111U, 6000U})
                QTest::addRow("head %u behind %u", length, cacheLength) << length << cacheLength;
    }
    void neighboursDoNotChangeABit() {
        QFETCH(quint32, length);
        QFETCH(quint32, cacheLength);
        for (const QuantType type : {QuantType::F16, QuantType::Q8_0}) {
            AttentionCase all = makeCase(specOf(16, 4, length), type, cacheLength, 8);
            AttentionCase rest = all;
            const std::vector<float> expected = attendOnGpu(all);
            QVERIFY(length == 8 || !all.quantised.empty());
            for (const std::uint32_t count : {1U, 2U, 5U}) { // tokens 0; 1 and 2; 3 to 7
                AttentionCase part = rest;
                const auto take = [&](std::vector<float>& values, std::size_t row) { values.resize(count * row); };
                take(part.q, part.spec.queryLength());
                take(part.k, part.spec.kvLength());
                take(part.v, part.spec.kvLength());
                part.positions.resize(count);
                const std::vector<float> found = attendOnGpu(part);
                const std::size_t first = (rest.cacheLength - cacheLength) * part.spec.queryLength();
                QVERIFY(std::memcmp(found.data(), &expected[first], found.size() * sizeof(float)) == 0);
                rest.keys = part.keys;
                rest.values = part.values;
                rest.cacheLength += count;
                rest.positions.erase(rest.positions.begin(), rest.positions.begin() + count);
                rest.q.erase(rest.q.begin(), rest.q.begin() + count * part.spec.queryLength());
                rest.k.erase(rest.k.begin(), rest.k.begin() + count * part.spec.kvLength());
                rest.v.erase(rest.v.begin(), rest.v.begin() + count * part.spec.kvLength());
            }
            QVERIFY(rest.keys == all.keys);
            QVERIFY(rest.values == all.values);
        }
    }
};

QTEST_GUILESS_MAIN(TestCudaAttention)
#include "tst_cuda_attention.moc"
