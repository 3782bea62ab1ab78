// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_ops.h"
#include "core/cpu/top_logits.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace strata;

namespace {

ModelSpec ropeSpec(RopePairing pairing, std::uint32_t ropeLength) {
    ModelSpec spec;
    spec.ropePairing = pairing;
    spec.ropeLength = ropeLength;
    spec.headLength = 8;
    return spec;
}

} // namespace

class TestCpuOps : public QObject {
    Q_OBJECT
private slots:
    void normsToTheRootMeanSquare() {
        for (const std::size_t count : {1U, 7U, 8U, 37U}) {
            std::vector<float> x(count), weight(count), out(count);
            std::iota(x.begin(), x.end(), -3.0F);
            std::iota(weight.begin(), weight.end(), 1.0F);
            rmsNorm(x, weight, 1e-5F, out);
            double sum = 0.0;
            for (const float value : x)
                sum += double(value) * double(value);
            const double scale = 1.0 / std::sqrt(sum / double(count) + 1e-5);
            for (std::size_t i = 0; i < count; ++i)
                QVERIFY(std::abs(double(out[i]) - double(x[i]) * scale * double(weight[i])) < 1e-5);
        }
    }

    void normOfHugeNumbersDoesNotOverflow() {
        const std::vector<float> x(16, 1e30F), weight(16, 1.0F);
        std::vector<float> out(16);
        rmsNorm(x, weight, 1e-5F, out);
        QCOMPARE(out[0], 1.0F);
    }

    void rotatesPairs_data() {
        QTest::addColumn<bool>("isAdjacent");
        QTest::addColumn<quint32>("ropeLength");
        QTest::newRow("adjacent") << true << 8U;
        QTest::newRow("adjacent, a part of the head") << true << 4U;
        QTest::newRow("halves") << false << 8U;
        QTest::newRow("halves, a part of the head") << false << 4U;
    }
    void rotatesPairs() {
        QFETCH(bool, isAdjacent);
        QFETCH(quint32, ropeLength);
        RopeAngles rope(ropeSpec(isAdjacent ? RopePairing::Adjacent : RopePairing::HalfSplit, ropeLength), 4);
        const std::vector<std::uint32_t> positions = {5, 90000};
        rope.prepare(positions);
        for (std::size_t token = 0; token < positions.size(); ++token) {
            std::vector<float> row(16); // two heads
            std::iota(row.begin(), row.end(), 1.0F);
            const std::vector<float> before = row;
            rope.rotate(token, row, 8);
            for (std::uint32_t at = 0; at < 16; ++at) {
                const std::uint32_t inHead = at % 8;
                if (inHead >= ropeLength) {
                    QCOMPARE(row[at], before[at]);
                    continue;
                }
                const std::uint32_t half = ropeLength / 2;
                const std::uint32_t pair = isAdjacent ? inHead / 2 : inHead % half;
                const bool isFirst = isAdjacent ? inHead % 2 == 0 : inHead < half;
                const std::uint32_t first = at - inHead + (isAdjacent ? pair * 2 : pair);
                const double a = double(before[first]), b = double(before[first + (isAdjacent ? 1 : half)]);
                const double angle =
                    double(positions[token]) *
                    double(static_cast<float>(std::pow(10000.0, -2.0 * double(pair) / double(ropeLength))));
                const double expected =
                    isFirst ? a * std::cos(angle) - b * std::sin(angle) : a * std::sin(angle) + b * std::cos(angle);
                QVERIFY(std::abs(double(row[at]) - expected) < 1e-2); // the table's own rounding, times the position
            }
        }
    }

    void preparesAnewForOtherPositions() {
        RopeAngles rope(ropeSpec(RopePairing::Adjacent, 8), 4);
        const auto rotated = [&](std::uint32_t position) {
            rope.prepare(std::vector{position});
            std::vector<float> row(8, 1.0F);
            rope.rotate(0, row, 8);
            return row;
        };
        const std::vector<float> three = rotated(3);
        QVERIFY(rotated(4) != three);
        QCOMPARE(rotated(3), three);
        QCOMPARE(rotated(0), std::vector<float>(8, 1.0F));
    }

    void selectTopGivesTheBestInOrder() {
        std::mt19937 random(3);
        std::vector<float> logits(5000);
        for (float& logit : logits)
            logit = static_cast<float>(random() % 700); // many are equal
        std::vector<std::uint32_t> order(logits.size());
        std::iota(order.begin(), order.end(), 0U);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return logits[a] > logits[b]; });
        for (const std::size_t count : {std::size_t(1), std::size_t(7), std::size_t(256), logits.size()}) {
            std::vector<TokenLogit> best(count);
            selectTop(logits, best);
            for (std::size_t i = 0; i < count; ++i) {
                QCOMPARE(best[i].token.value, order[i]);
                QCOMPARE(best[i].logit, logits[order[i]]);
            }
        }
    }

    void selectTopShowsWhatIsNotANumber() {
        for (const std::size_t at : {std::size_t(0), std::size_t(3), std::size_t(99)}) {
            std::vector<float> logits(100, 1.0F);
            logits[at] = std::nanf("");
            std::vector<TokenLogit> best(4);
            selectTop(logits, best);
            QVERIFY(std::isnan(best.front().logit));
            QCOMPARE(best.front().token.value, static_cast<std::uint32_t>(at));
        }
    }
};

QTEST_APPLESS_MAIN(TestCpuOps)
#include "tst_cpu_ops.moc"
