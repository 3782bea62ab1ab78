// SPDX-License-Identifier: GPL-3.0-or-later
// Whole models on the GPU: the CPU's tokens, and the same bits however a pass is cut, repeated or replayed.
#include "core/cpu/cpu_backend.h"
#include "cuda/cuda_backend.h"
#include "tests/cuda/model_rig.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace strata;

namespace {

// Both devices round activations to int8, the CPU for some formats in other groups.
constexpr double kLogitTolerance = 0.03;

std::vector<Logits> appendEach(ModelRig& rig, const Ids& ids) {
    std::vector<Logits> all;
    for (const std::uint32_t id : ids)
        all.push_back(rig.append({id}).front());
    return all;
}

} // namespace

class TestCudaModels : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void greedyTokensAreTheCpus_data() { eachFormat(); }
    void greedyTokensAreTheCpus();
    void logitsOfAPromptAreTheCpus_data() { eachFormat(); }
    void logitsOfAPromptAreTheCpus();
    void replayedPassesGiveTheSameBits();
    void fewTokensGiveTheSameBitsTogetherAndAlone_data() { eachFormat(); }
    void fewTokensGiveTheSameBitsTogetherAndAlone();
    void maskedPassesAreTheCpus_data();
    void maskedPassesAreTheCpus();
    void wantedRowsAreThoseOfTheFullSet();
    void bestLogitsAreThoseOfTheRow_data();
    void bestLogitsAreThoseOfTheRow();
    void tiedHeadsWork();

private:
    static void eachFormat();
    std::filesystem::path write(TinyModel model) {
        model.stem = "tiny" + std::to_string(m_count++);
        return writeTinyModel(m_folder.path().toStdString(), model);
    }

    QTemporaryDir m_folder;
    int m_count = 0;
};

void TestCudaModels::initTestCase() {
    if (cudaBackends().empty())
        QSKIP("no NVIDIA GPU to compute on here");
}

void TestCudaModels::eachFormat() {
    QTest::addColumn<int>("type");
    for (const QuantTraits& format : allQuantTraits())
        if (format.quantize != nullptr || format.type == QuantType::F32)
            QTest::newRow(std::string(format.name).c_str()) << int(format.type);
}

void TestCudaModels::greedyTokensAreTheCpus() {
    QFETCH(const int, type);
    const auto path = write({.layerCount = 3, .type = static_cast<QuantType>(type)});
    ModelRig cpu(path, cpuBackend(2));
    ModelRig gpu(path, cudaBackends().front());
    Ids ids = {1};
    for (const std::uint32_t id : someIds(13))
        ids.push_back(id);
    for (int step = 0; step < 40; ++step) {
        const Logits reference = cpu.append(ids).back();
        const Logits found = gpu.append(ids).back();
        const std::uint32_t row = static_cast<std::uint32_t>(ids.size()) - 1;
        const double error = relativeError(found, reference);
        QVERIFY2(error < kLogitTolerance, qPrintable(QString("step %1: logits off by %2").arg(step).arg(error)));
        QVERIFY2(gpu.best(row) == cpu.best(row),
            qPrintable(QString("step %1: token %2, the CPU's is %3; its logit leads by %4")
                           .arg(step)
                           .arg(gpu.best(row))
                           .arg(cpu.best(row))
                           .arg(double(reference[cpu.best(row)] - reference[gpu.best(row)]))));
        ids = {cpu.best(row)};
    }
}

void TestCudaModels::logitsOfAPromptAreTheCpus() {
    QFETCH(const int, type);
    const auto path = write({.layerCount = 2, .headCount = 4, .kvHeadCount = 1, .type = static_cast<QuantType>(type)});
    ModelRig cpu(path, cpuBackend(2));
    ModelRig gpu(path, cudaBackends().front());
    for (const std::uint32_t count : {9U, 64U, 71U}) {
        const auto reference = cpu.append(someIds(count));
        const auto found = gpu.append(someIds(count));
        for (std::uint32_t row = 0; row < count; ++row) {
            const double error = relativeError(found[row], reference[row]);
            QVERIFY2(error < kLogitTolerance,
                qPrintable(QString("row %1 of %2: logits off by %3").arg(row).arg(count).arg(error)));
        }
    }
}

void TestCudaModels::replayedPassesGiveTheSameBits() {
    ModelRig gpu(write({.layerCount = 3, .type = QuantType::Q4_0}), cudaBackends().front());
    gpu.append(someIds(20));
    for (const std::uint32_t count : {1U, 3U, 8U}) {
        const auto first = gpu.append(someIds(count)); // launch by launch
        for (int repetition = 0; repetition < 3; ++repetition) {
            gpu.cache.truncate(20);
            QCOMPARE(gpu.append(someIds(count)), first);
        }
        gpu.cache.truncate(20);
    }
    const auto longAgo = appendEach(gpu, someIds(40)); // replays with other tokens, positions and cache lengths
    gpu.cache.truncate(20);
    ModelRig other(write({.layerCount = 3, .type = QuantType::Q4_0}), cudaBackends().front());
    other.append(someIds(20));
    QCOMPARE(appendEach(other, someIds(40)), longAgo);
}

void TestCudaModels::fewTokensGiveTheSameBitsTogetherAndAlone() {
    QFETCH(const int, type);
    ModelRig gpu(write({.layerCount = 2, .type = static_cast<QuantType>(type)}), cudaBackends().front());
    gpu.append(someIds(30));
    const auto alone = appendEach(gpu, someIds(8));
    for (std::uint32_t count = 2; count <= 8; ++count) {
        gpu.cache.truncate(30);
        const auto together = gpu.append(someIds(count));
        for (std::uint32_t row = 0; row < count; ++row)
            QVERIFY2(together[row] == alone[row], qPrintable(QString("token %1 of %2").arg(row).arg(count)));
    }
}

void TestCudaModels::maskedPassesAreTheCpus_data() {
    QTest::addColumn<std::uint32_t>("count");
    QTest::addRow("few") << 6U;
    QTest::addRow("many") << 40U;
    QTest::addRow("most") << 64U;
}

// A tree: each token sees itself and its chain of parents (i - 1) / 2.
void TestCudaModels::maskedPassesAreTheCpus() {
    QFETCH(const std::uint32_t, count);
    const auto path = write({.layerCount = 2});
    ModelRig cpu(path, cpuBackend(2));
    ModelRig gpu(path, cudaBackends().front());
    std::vector<std::uint64_t> visible(count);
    Ids positions(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        visible[i] = std::uint64_t(1) << i | (i == 0 ? 0 : visible[(i - 1) / 2]);
        positions[i] = i == 0 ? 10 : positions[(i - 1) / 2] + 1;
    }
    cpu.append(someIds(10));
    gpu.append(someIds(10));
    for (int repetition = 0; repetition < 3; ++repetition) {
        const auto reference = cpu.run(someIds(count), positions, visible);
        const auto found = gpu.run(someIds(count), positions, visible);
        for (std::uint32_t row = 0; row < count; ++row)
            QVERIFY2(relativeError(found[row], reference[row]) < 5e-3, qPrintable(QString("token %1").arg(row)));
        cpu.cache.truncate(10);
        gpu.cache.truncate(10);
    }
}

void TestCudaModels::wantedRowsAreThoseOfTheFullSet() {
    ModelRig gpu(write({.layerCount = 2, .type = QuantType::Q8_0}), cudaBackends().front());
    for (const std::uint32_t count : {5U, 40U}) {
        Ids positions(count);
        std::iota(positions.begin(), positions.end(), 0U);
        const auto all = gpu.append(someIds(count));
        for (const Ids& rows : {Ids{0}, Ids{1, 4}, Ids{}}) {
            gpu.cache.truncate(0);
            gpu.forward(someIds(count), positions, {}, rows);
            Logits logits(gpu.model.spec().vocabularySize);
            for (std::uint32_t i = 0; i < rows.size(); ++i) {
                gpu.transformer.readLogits(i, logits);
                QVERIFY(relativeError(logits, all[rows[i]]) < kLogitTolerance);
            }
        }
        gpu.cache.truncate(0);
    }
}

void TestCudaModels::bestLogitsAreThoseOfTheRow_data() {
    QTest::addColumn<std::uint32_t>("count");
    QTest::addRow("chosen in the pass") << 7U;
    QTest::addRow("chosen when asked") << 30U;
}

void TestCudaModels::bestLogitsAreThoseOfTheRow() {
    QFETCH(const std::uint32_t, count);
    ModelRig gpu(write({.type = QuantType::Q8_0}), cudaBackends().front());
    const auto logits = gpu.append(someIds(count));
    std::vector<TokenLogit> best(40);
    for (std::uint32_t row = 0; row < count; ++row) {
        gpu.transformer.readTopLogits(row, best);
        Logits sorted = logits[row];
        std::sort(sorted.begin(), sorted.end(), std::greater<>());
        for (std::size_t i = 0; i < best.size(); ++i) {
            QCOMPARE(best[i].logit, sorted[i]);
            QCOMPARE(logits[row][best[i].token.value], best[i].logit);
        }
    }
}

void TestCudaModels::tiedHeadsWork() {
    const auto path = write({.type = QuantType::Q6_K, .isTied = true});
    ModelRig cpu(path, cpuBackend(2));
    ModelRig gpu(path, cudaBackends().front());
    for (const std::uint32_t count : {1U, 20U})
        QVERIFY(relativeError(gpu.append(someIds(count)).back(), cpu.append(someIds(count)).back()) < kLogitTolerance);
}

QTEST_GUILESS_MAIN(TestCudaModels)
#include "tst_cuda_models.moc"
