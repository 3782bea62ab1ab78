// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "core/engine/engine.h"
#include "core/engine/memory_need.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

using namespace strata;

namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;
constexpr MemoryNeed kNeed = {.weightBytes = 5 * kGigabyte,
    .cacheBytes = 4'096'000'000,
    .activationBytes = kGigabyte,
    .contextTokens = 32768}; // 125,000 bytes a token

// The sentence of the refusal; empty when the memory suffices.
QString refusal(const MemoryNeed& need, std::uint64_t freeBytes, const DeviceInfo& device = {}) {
    try {
        checkMemory("big.gguf", need, device,
            {.totalBytes = 16 * kGigabyte, .freeBytes = freeBytes, .reserveBytes = 2 * kGigabyte});
    } catch (const Error& error) {
        return error.code() == ErrorCode::OutOfMemory ? error.what() : "another error";
    }
    return {};
}

} // namespace

class TestMemoryNeed : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void whatFitsBesideTheReserveIsTaken() {
        QCOMPARE(refusal(kNeed, kNeed.total() + 2 * kGigabyte), QString());
        QVERIFY(!refusal(kNeed, kNeed.total() + 2 * kGigabyte - 1).isEmpty());
    }

    void theSentenceNamesThePartsAndAContextThatFits() {
        const QString sentence = refusal(kNeed, 9 * kGigabyte + 2'000'000); // 1.002 GB are left for the cache
        for (const char* part : {"big.gguf", "weights", "32,768", "7,936 tokens", "reserved"})
            QVERIFY2(sentence.contains(part), qPrintable(sentence));
        MemoryNeed smaller = kNeed;
        smaller.cacheBytes = 7936 * 125'000ULL;
        QCOMPARE(refusal(smaller, 9 * kGigabyte + 2'000'000), QString());
    }

    void theSentenceNamesAGpu() {
        DeviceInfo card;
        card.kind = DeviceKind::Gpu;
        card.name = "Test Card 3000";
        const QString sentence = refusal(kNeed, 9 * kGigabyte, card);
        QVERIFY2(sentence.contains("on Test Card 3000"), qPrintable(sentence));
        QVERIFY(!refusal(kNeed, 9 * kGigabyte).contains(" on "));
    }

    void noContextIsSuggestedWhereNoneHelps() {
        QVERIFY(refusal(kNeed, 6 * kGigabyte).contains("smaller model"));
        QVERIFY(refusal(kNeed, 0).contains("smaller model"));
    }

    void countsEveryPart() {
        const Model model(writeTinyModel(m_folder.path().toStdString()));
        const PassLimits limits = {.maxTokens = 64, .maxLogitRows = 1, .contextTokens = 256};
        const auto backend = cpuBackend(1).open();
        const MemoryNeed need = memoryNeed(model, limits, *backend);
        QCOMPARE(need.weightBytes, WeightStore::open(model, *backend, {}, {})->residentBytes());
        QCOMPARE(need.cacheBytes, KvCache::byteCount(model.spec(), 256));
        PassLimits narrow = limits;
        narrow.cacheType = QuantType::Q8_0;
        QCOMPARE(
            memoryNeed(model, narrow, *backend).cacheBytes, KvCache::byteCount(model.spec(), 256, QuantType::Q8_0));
        const std::uint64_t residual = std::uint64_t(64) * model.spec().embeddingLength * sizeof(float);
        QVERIFY(need.activationBytes > 3 * residual);
        QCOMPARE(need.total(), need.weightBytes + need.cacheBytes + need.activationBytes);
    }

    void aLoadIsRefusedBeforeAnythingIsRead() {
        const auto path =
            writeTinyModel(m_folder.path().toStdString(), {.layerCount = 60, .context = 1U << 28, .stem = "endless"});
        bool hasStarted = false;
        try {
            Engine::load({.path = path, .contextTokens = 1U << 28}, cpuBackend(1),
                [&](const LoadProgress&) { hasStarted = true; }, {});
            QFAIL("loaded with a cache of terabytes");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::OutOfMemory);
            QVERIFY2(QString(error.what()).contains("smaller context, of"), error.what());
        }
        QVERIFY(!hasStarted);
    }
};

QTEST_APPLESS_MAIN(TestMemoryNeed)
#include "tst_memory_need.moc"
