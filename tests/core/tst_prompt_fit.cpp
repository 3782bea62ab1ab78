// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/prompt_fit.h"

#include <QtTest>

#include <cmath>
#include <random>
#include <vector>

using namespace strata;

namespace {

TimedProducts timed(const ProductWork& work, std::uint32_t tokens, const MultiplyRates& rates, double noise = 1.0) {
    return {.work = work, .tokens = tokens, .seconds = rates.seconds(work, tokens) * noise};
}

// One product of this size, without what happens to its activations.
TimedProducts product(std::uint64_t rows, std::uint64_t columns, std::uint32_t tokens, double teraflops) {
    const ProductWork work{.weightCount = rows * columns, .inputCount = columns};
    return {work, tokens, 2.0 * double(rows) * double(columns) * tokens / (teraflops * 1e12)};
}

MultiplyRates ratesOf(double multiplies, double input, double activation) {
    return {.weightBytesPerSecond = {1, 1, 1, 1},
        .multipliesPerSecond = multiplies,
        .inputSeconds = input,
        .activationSeconds = activation};
}

// A feed-forward block, the products of attention and a narrow block, as the profile times them.
const ProductWork kWide = {0, 176'160'768, 18'432, 55'296};
const ProductWork kAttention = {0, 41'943'040, 8'192, 26'624};
const ProductWork kNarrow = {0, 3'145'728, 4'352, 13'056};

} // namespace

class TestPromptFit : public QObject {
    Q_OBJECT
private slots:
    void partsThatMadeTheTimesAreFound_data() {
        QTest::addColumn<double>("multiplies");
        QTest::addColumn<double>("input");
        QTest::addColumn<double>("activation");
        QTest::newRow("a large GPU") << 326e12 << 4.7e-9 << 2.3e-12;
        QTest::newRow("a small GPU") << 18e12 << 2e-9 << 8e-12;
        QTest::newRow("a CPU") << 1.65e12 << 0.0 << 4e-10;
        QTest::newRow("multiplying alone") << 1e12 << 0.0 << 0.0;
    }
    void partsThatMadeTheTimesAreFound() {
        QFETCH(double, multiplies);
        QFETCH(double, input);
        QFETCH(double, activation);
        const MultiplyRates made = ratesOf(multiplies, input, activation);
        std::vector<TimedProducts> all;
        for (const std::uint32_t tokens : {2048U, 512U})
            for (const ProductWork& work : {kWide, kAttention})
                all.push_back(timed(work, tokens, made));
        all.push_back(timed(kNarrow, 2048, made));
        MultiplyRates found;
        fitProducts(all, found);
        QVERIFY(std::abs(found.multipliesPerSecond / multiplies - 1.0) < 1e-6);
        QVERIFY(std::abs(found.inputSeconds - input) <= 1e-6 * (input + 1e-9));
        QVERIFY(std::abs(found.activationSeconds - activation) <= 1e-6 * (activation + 1e-12));
    }
    // Times a tenth off still give parts that are not negative, and times that grow with the work.
    void noiseNeverMakesMoreWorkFaster() {
        std::mt19937 random(3);
        std::uniform_real_distribution<double> noise(0.9, 1.1);
        for (int round = 0; round < 200; ++round) {
            const MultiplyRates made = ratesOf(std::pow(10.0, 11 + round % 4), round % 3 * 3e-9, round % 5 * 1e-12);
            std::vector<TimedProducts> all;
            for (const std::uint32_t tokens : {2048U, 512U})
                for (const ProductWork& work : {kWide, kAttention, kNarrow})
                    all.push_back(timed(work, tokens, made, noise(random)));
            MultiplyRates found = made;
            fitProducts(all, found);
            QVERIFY(found.multipliesPerSecond > 0.0 && std::isfinite(found.multipliesPerSecond));
            QVERIFY(found.inputSeconds >= 0.0 && found.activationSeconds >= 0.0);
            double before = 0.0;
            for (std::uint32_t tokens = 1; tokens <= 4096; tokens += 1 + tokens / 4) {
                const double seconds = found.seconds({1, kWide.weightCount, 18'432, 55'296}, tokens);
                QVERIFY(seconds >= before);
                before = seconds;
            }
            const double attention = found.seconds(kAttention, 512);
            QVERIFY(attention <= found.seconds(kWide, 512) && attention >= found.seconds(kNarrow, 512));
            QVERIFY(std::abs(found.seconds(kWide, 1024) / made.seconds(kWide, 1024) - 1.0) < 0.15);
        }
    }
    // As docs/measurements.md has them of an H100: small products at 378 TFLOP/s and large ones at 636 are one device.
    void productsOfAllSizesAreOneDevice() {
        const std::vector<TimedProducts> all = {product(28672, 4096, 512, 536), product(28672, 4096, 2048, 636),
            product(4096, 14336, 512, 378), product(4096, 14336, 2048, 636), product(6144, 4096, 512, 421),
            product(6144, 4096, 2048, 555)};
        MultiplyRates found;
        found.weightBytesPerSecond.fill(1);
        fitProducts(all, found);
        for (const TimedProducts& each : all) {
            const double ratio = found.seconds(each.work, each.tokens) / each.seconds;
            QVERIFY2(std::abs(ratio - 1.0) < 0.16, qPrintable(QString::number(ratio)));
        }
        QVERIFY(std::abs(found.multipliesPerSecond / 326.6e12 - 1.0) < 0.001);
        QVERIFY(std::abs(found.inputSeconds * 4096 / 19.1e-6 - 1.0) < 0.01);
    }
    void whatTimesDoNotTellApartIsMultiplying() {
        MultiplyRates found;
        const std::vector<TimedProducts> same(3, {kWide, 512, 1e-3});
        fitProducts(same, found);
        QVERIFY(std::abs(found.multipliesPerSecond / (512e3 * 176'160'768) - 1.0) < 1e-9);
        QCOMPARE(found.inputSeconds, 0.0);
        QCOMPARE(found.activationSeconds, 0.0);
    }
    void attentionIsFoundFromTwoLengths() {
        const auto timedAttention = [](double tokens) {
            const double multiplies = 4096 * tokens * (tokens + 1);
            return TimedAttention{multiplies, 4096 * tokens, multiplies / 150e12 + 4096 * tokens * 3e-11};
        };
        MultiplyRates found;
        fitAttention(std::vector{timedAttention(2048), timedAttention(512)}, found);
        QVERIFY(std::abs(found.attendsPerSecond / 150e12 - 1.0) < 1e-6);
        QVERIFY(std::abs(found.attendedSeconds / 3e-11 - 1.0) < 1e-6);
    }
};

QTEST_APPLESS_MAIN(TestPromptFit)
#include "tst_prompt_fit.moc"
