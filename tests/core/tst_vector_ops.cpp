// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/vector_ops.h"
#include "core/quant/half.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

using namespace strata;

namespace {

std::vector<float> randomFloats(std::size_t count, unsigned seed, float scale = 1.0F) {
    std::mt19937 generator(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = scale * (static_cast<float>(generator()) / 2147483648.0F - 1.0F);
    return values;
}

bool areClose(const std::vector<float>& a, const std::vector<float>& b, float tolerance) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::abs(a[i] - b[i]) <= tolerance * std::max(1.0F, std::abs(b[i]))))
            return false;
    return a.size() == b.size();
}

} // namespace

// Every table against plain loops, at every count up to a few vectors so that each tail is met.
class TestVectorOps : public QObject {
    Q_OBJECT
private slots:
    void init() {
        if (QTest::currentDataTag() == QByteArray("AVX2") && !hasCpuKernels(CpuKernels::Avx2))
            QSKIP("this machine has no AVX2");
    }

    void narrowsToNearestHalf_data() { tables(); }
    void narrowsToNearestHalf() {
        const VectorOps& ops = table();
        for (std::size_t count = 0; count < 40; ++count) {
            const std::vector<float> values = randomFloats(count, 1, 70000.0F);
            std::vector<std::uint16_t> halves(count), expected;
            for (const float value : values)
                expected.push_back(floatToHalf(value));
            ops.toHalf(values.data(), halves.data(), count);
            QCOMPARE(halves, expected);
        }
    }

    void widensHalvesExactly_data() { tables(); }
    void widensHalvesExactly() {
        std::vector<std::uint16_t> halves;
        std::vector<float> expected;
        for (std::uint32_t half = 0; half < 0x7c01; half += 7) {
            halves.push_back(static_cast<std::uint16_t>(half));
            expected.push_back(halfToFloat(halves.back()));
        }
        std::vector<float> values(halves.size());
        table().toFloat(halves.data(), values.data(), halves.size());
        QCOMPARE(values, expected);
    }

    void scalesInts_data() { tables(); }
    void scalesInts() {
        for (std::size_t count = 0; count < 40; ++count) {
            std::vector<std::int8_t> numbers(count);
            std::iota(numbers.begin(), numbers.end(), std::int8_t(-20));
            std::vector<float> values(count), expected;
            for (const std::int8_t number : numbers)
                expected.push_back(static_cast<float>(number) * 0.3F);
            table().scaleInts(numbers.data(), 0.3F, values.data(), count);
            QCOMPARE(values, expected);
        }
    }

    void multipliesRows_data() { tables(); }
    void multipliesRows() {
        const VectorOps& ops = table();
        for (const std::size_t length : {1U, 7U, 8U, 20U, 64U})
            for (std::size_t lefts = 1; lefts <= 9; ++lefts)
                for (std::size_t rows = 1; rows <= 5; ++rows) {
                    std::vector<float> left = randomFloats(lefts * length, 1);
                    const std::vector<float> right = randomFloats(rows * length, 2);
                    const std::size_t stride = rows + 3;
                    std::vector<float> weights(lefts * stride, -7.0F), expected = weights;
                    for (std::size_t i = 0; i < lefts; ++i)
                        for (std::size_t r = 0; r < rows; ++r)
                            expected[i * stride + r] = std::inner_product(
                                &left[i * length], &left[i * length] + length, &right[r * length], 0.0F);
                    const RowProduct product = {left.data(), lefts, right.data(), rows, length, weights.data(), stride};
                    ops.dotProducts(product);
                    QVERIFY(areClose(weights, expected, 1e-5F));

                    std::vector<float> sums = left;
                    for (std::size_t i = 0; i < lefts; ++i)
                        for (std::size_t r = 0; r < rows; ++r)
                            for (std::size_t at = 0; at < length; ++at)
                                sums[i * length + at] += weights[i * stride + r] * right[r * length + at];
                    ops.addWeighted(product);
                    QVERIFY(areClose(left, sums, 1e-4F));
                }
    }

    void exponentiates_data() { tables(); }
    void exponentiates() {
        const VectorOps& ops = table();
        for (std::size_t count = 0; count < 40; ++count) {
            std::vector<float> values = randomFloats(count, 5, 45.0F), expected;
            for (const float value : values)
                expected.push_back(std::exp(value - 45.0F));
            const float sum = ops.expAndSum(values.data(), count, 45.0F);
            QVERIFY(areClose(values, expected, 1e-6F));
            QVERIFY(areClose({sum}, {std::accumulate(expected.begin(), expected.end(), 0.0F)}, 1e-5F));
        }
    }

    void hiddenScoresWeighExactlyNothing_data() { tables(); }
    void hiddenScoresWeighExactlyNothing() {
        std::vector<float> values(19, -std::numeric_limits<float>::infinity());
        values[3] = 2.0F;
        QCOMPARE(table().expAndSum(values.data(), values.size(), 2.0F), 1.0F);
        QCOMPARE(values[0], 0.0F);
        QCOMPARE(values[18], 0.0F);
    }

    void brokenNumbersStayVisible_data() { tables(); }
    void brokenNumbersStayVisible() {
        std::vector<float> values(16, 0.0F);
        values[5] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(std::isnan(table().expAndSum(values.data(), values.size(), 0.0F)));
    }

    void gates_data() { tables(); }
    void gates() {
        std::vector<float> gate = randomFloats(1001, 8, 120.0F);
        gate[0] = 0.0F;
        const std::vector<float> up = randomFloats(1001, 9);
        std::vector<float> expected;
        for (std::size_t i = 0; i < gate.size(); ++i)
            expected.push_back(
                static_cast<float>(double(gate[i]) / (1.0 + std::exp(-double(gate[i]))) * double(up[i])));
        table().siluMultiply(gate.data(), up.data(), gate.size());
        QVERIFY(areClose(gate, expected, 1e-6F));
    }

private:
    static void tables() {
        QTest::addColumn<bool>("isScalar");
        QTest::newRow("scalar") << true;
        QTest::newRow("AVX2") << false;
    }
    static const VectorOps& table() {
        QFETCH(bool, isScalar);
        return isScalar ? scalarVectorOps() : avx2VectorOps();
    }
};

QTEST_APPLESS_MAIN(TestVectorOps)
#include "tst_vector_ops.moc"
