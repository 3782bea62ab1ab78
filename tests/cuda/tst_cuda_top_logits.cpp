// SPDX-License-Identifier: GPL-3.0-or-later
// The choice of the best logits on the GPU against the CPU's, which is exact: any values, any number of them.
#include "core/base/error.h" // before what includes <compare>, which the moc of Qt 6.4 cannot read first
#include "core/cpu/top_logits.h"
#include "cuda/cuda_backend.h"
#include "cuda/kernels/top_logits.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/memory.h"
#include "cuda/runtime/stream.h"

#include <QtTest>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace strata;

namespace {

using Draw = float (*)(std::mt19937&);

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows of logits on the GPU, and what is chosen of them.
class Chooser {
public:
    Chooser(std::uint32_t rows, std::uint32_t vocabularySize)
        : m_rows(rows), m_vocabularySize(vocabularySize), m_stream(cuda::makeStream()),
          m_logits(std::size_t(rows) * vocabularySize * sizeof(float)), m_scratch(rows * cuda::topLogitsScratchBytes()),
          m_best(std::size_t(rows) * cuda::kTopLogitCount * sizeof(cuda::TopLogit)) {
        cuda::checkCuda(cudaMemset(m_scratch.data(), 0, m_scratch.byteCount()), "clearing");
        cuda::checkCuda(cudaDeviceSynchronize(), "clearing");
    }

    const cuda::TopLogit* choose(const std::vector<float>& logits) {
        cuda::checkCuda(
            cudaMemcpy(m_logits.data(), logits.data(), m_logits.byteCount(), cudaMemcpyHostToDevice), "copying");
        cuda::selectTopLogits({.stream = m_stream.get(), .multiprocessors = 1, .computeCapability = 80},
            m_logits.as<float>(), m_rows, m_vocabularySize, m_scratch.data(), m_best.as<cuda::TopLogit>());
        cuda::waitFor(m_stream);
        return m_best.as<cuda::TopLogit>();
    }

private:
    std::uint32_t m_rows, m_vocabularySize;
    cuda::Stream m_stream;
    cuda::GpuMemory m_logits, m_scratch;
    cuda::PinnedMemory m_best;
};

bool isSame(const cuda::TopLogit& found, const TokenLogit& expected) {
    return found.token == expected.token.value &&
           (found.logit == expected.logit || (std::isnan(found.logit) && std::isnan(expected.logit)));
}

} // namespace

Q_DECLARE_METATYPE(Draw)

class TestCudaTopLogits : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void agreesWithTheCpu_data();
    void agreesWithTheCpu();
    void notANumberComesFirst();
};

void TestCudaTopLogits::initTestCase() {
    if (cudaBackends().empty())
        QSKIP("no NVIDIA GPU to compute on here");
}

void TestCudaTopLogits::agreesWithTheCpu_data() {
    QTest::addColumn<std::uint32_t>("vocabularySize");
    QTest::addColumn<std::uint32_t>("rows");
    QTest::addColumn<Draw>("draw");
    const Draw normal = [](std::mt19937& random) { return std::normal_distribution<float>(2.0F, 3.0F)(random); };
    const Draw negative = [](std::mt19937& random) { return -std::exponential_distribution<float>(1.0F)(random); };
    const Draw equal = [](std::mt19937&) { return 1.5F; };
    const Draw zeros = [](std::mt19937& random) { return random() % 2 == 0 ? 0.0F : -0.0F; };
    const Draw fewValues = [](std::mt19937& random) { return float(random() % 3); };
    const Draw close = [](std::mt19937& random) { return 1.0F + float(random() % 5000) * 0x1p-23F; };
    const Draw infinite = [](std::mt19937& random) {
        return random() % 100 == 0 ? kInfinity : random() % 2 == 0 ? -kInfinity : 1.0F;
    };
    const Draw anyBits = [](std::mt19937& random) {
        const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
        return std::isnan(value) ? 0.0F : value;
    };
    for (const std::uint32_t size : {1U, 5U, 255U, 256U, 257U, 4097U, 32001U, 152064U})
        QTest::addRow("normal %u", size) << size << 1U << normal;
    QTest::addRow("eight rows") << 128256U << 8U << normal;
    QTest::addRow("negative") << 50000U << 2U << negative;
    QTest::addRow("all equal") << 152064U << 2U << equal;
    QTest::addRow("zeros of both signs") << 30000U << 1U << zeros;
    QTest::addRow("three values") << 100003U << 3U << fewValues;
    QTest::addRow("differing in the last bits") << 152064U << 1U << close;
    QTest::addRow("infinities") << 70000U << 1U << infinite;
    QTest::addRow("any bits") << 70001U << 8U << anyBits;
}

void TestCudaTopLogits::agreesWithTheCpu() {
    QFETCH(const std::uint32_t, vocabularySize);
    QFETCH(const std::uint32_t, rows);
    QFETCH(const Draw, draw);
    std::mt19937 random(vocabularySize + rows);
    Chooser chooser(rows, vocabularySize);
    for (int repetition = 0; repetition < 3; ++repetition) { // the scratch is left as it was found
        std::vector<float> logits(std::size_t(rows) * vocabularySize);
        for (float& logit : logits)
            logit = draw(random);
        const cuda::TopLogit* found = chooser.choose(logits);
        std::vector<TokenLogit> expected(std::min(cuda::kTopLogitCount, vocabularySize));
        for (std::uint32_t row = 0; row < rows; ++row) {
            selectTop(std::span(logits).subspan(std::size_t(row) * vocabularySize, vocabularySize), expected);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                const cuda::TopLogit& top = found[row * cuda::kTopLogitCount + i];
                QVERIFY2(isSame(top, expected[i]),
                    qPrintable(QString("row %1, place %2: expected token %3 with %4, found token %5 with %6")
                                   .arg(row)
                                   .arg(i)
                                   .arg(expected[i].token.value)
                                   .arg(double(expected[i].logit))
                                   .arg(top.token)
                                   .arg(double(top.logit))));
            }
        }
    }
}

void TestCudaTopLogits::notANumberComesFirst() {
    constexpr std::uint32_t kSize = 32000;
    std::vector<float> logits(kSize, 7.0F);
    logits[100] = kInfinity;
    logits[31999] = std::numeric_limits<float>::quiet_NaN();
    logits[20000] = -std::numeric_limits<float>::quiet_NaN();
    Chooser chooser(1, kSize);
    const cuda::TopLogit* found = chooser.choose(logits);
    QCOMPARE(found[0].token, 20000U);
    QVERIFY(std::isnan(found[0].logit));
    QCOMPARE(found[2].token, 100U);
}

QTEST_GUILESS_MAIN(TestCudaTopLogits)
#include "tst_cuda_top_logits.moc"
