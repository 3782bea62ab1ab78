// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "core/engine/engine.h"
#include "core/engine/load_plan.h"
#include "core/forward/kv_cache.h"
#include "tests/core/planning_shapes.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

using namespace strata;

namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;

// So many bytes free, of which none are reserved, and so many computed with for each token of a pass.
MemoryRoom roomOf(std::uint64_t freeBytes, std::uint64_t scratchPerToken = 1000) {
    return {.memory = {.totalBytes = kPlenty, .freeBytes = freeBytes, .reserveBytes = 0},
        .scratchBytes = [scratchPerToken](const PassLimits& limits) { return limits.maxTokens * scratchPerToken; }};
}

} // namespace

class TestLoadPlan : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    ShapeFolder m_shapes;

    LoadPlan planOf(const LoadRequest& request, const std::optional<MemoryRoom>& gpu, const MemoryRoom& host) {
        const Shape& shape = m_shapes.get("1b", "Q8_0");
        return planLoad(
            request, {shape.path, shape.spec, shape.blocks}, gpu, host, profileNamed("reference_h100"));
    }
    QString refusal(const LoadRequest& request, const std::optional<MemoryRoom>& gpu, const MemoryRoom& host) {
        try {
            planOf(request, gpu, host);
        } catch (const Error& error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }

private slots:
    void roomsOfAHeaderPlanAsOpenDevicesWould() {
        const Shape& shape = m_shapes.get("1b", "Q8_0");
        const MemoryState vram{.totalBytes = kPlenty, .freeBytes = 4 * kGigabyte, .reserveBytes = 0};
        const MemoryState ram{.totalBytes = kPlenty, .freeBytes = 8 * kGigabyte, .reserveBytes = kGigabyte};
        const MemoryRooms rooms = estimatedRooms(shape.spec, vram, ram);
        std::stop_source source;
        const LoadSubject subject{shape.path, shape.spec, shape.blocks};
        const auto planned = planLoad({.path = {}}, subject, rooms, profileNamed("reference_h100"), source.get_token());
        QVERIFY(planned.has_value());
        QCOMPARE(planned->plan.budgets.vram->freeBytes, 4 * kGigabyte);
        QCOMPARE(planned->plan.budgets.ram.reserveBytes, kGigabyte);
        QCOMPARE(planned->plan.budgets.vram->scratchBytes, estimateScratchBytes(shape.spec, planned->limits));
        source.request_stop();
        QVERIFY(!planLoad({.path = {}}, subject, rooms, profileNamed("reference_h100"), source.get_token()));
        QVERIFY(!estimatedRooms(shape.spec, std::nullopt, ram).gpu);
    }

    void whatFitsIntoOneMemoryRestsThere() {
        const LoadPlan onGpu = planOf({.path = {}}, roomOf(kPlenty), roomOf(kPlenty));
        QCOMPARE(onGpu.plan.blocksIn(Tier::Vram), static_cast<std::uint32_t>(onGpu.plan.blocks.size()));
        QCOMPARE(onGpu.limits.maxTokens, 2048U);
        const LoadPlan onCpu = planOf({.path = {}}, std::nullopt, roomOf(kPlenty));
        QCOMPARE(onCpu.plan.blocksIn(Tier::Ram), static_cast<std::uint32_t>(onCpu.plan.blocks.size()));
        QCOMPARE(onCpu.limits.maxTokens, 512U);
    }

    void everyPartOfTheBudgetIsNamed() {
        LoadRequest request{.path = {}, .contextTokens = 1024, .cacheType = QuantType::Q8_0, .vramCap = 2 * kGigabyte};
        MemoryRoom gpu = roomOf(10 * kGigabyte);
        gpu.memory.reserveBytes = 123;
        const LoadPlan load = planOf(request, gpu, roomOf(kPlenty));
        const Shape& shape = m_shapes.get("1b", "Q8_0");
        const TierBudget& vram = *load.plan.budgets.vram;
        QCOMPARE(vram.freeBytes, 10 * kGigabyte);
        QCOMPARE(vram.reserveBytes, std::uint64_t(123));
        QCOMPARE(*vram.capBytes, 2 * kGigabyte);
        QCOMPARE(vram.scratchBytes, load.limits.maxTokens * std::uint64_t(1000));
        QCOMPARE(vram.cacheBytes, KvCache::byteCount(shape.spec, 1024, QuantType::Q8_0));
        QCOMPARE(load.plan.budgets.ram.cacheBytes, std::uint64_t(0));
        QVERIFY(load.plan.budgets.ram.scratchBytes > vram.scratchBytes); // and what crosses between both
    }

    // In a memory that holds only a part of the weights, long passes must not take the place of many.
    void longPassesGiveWayToWeights() {
        const auto chunkIn = [&](std::uint64_t freeBytes, std::uint32_t asked = 0) {
            const LoadRequest request{.path = {}, .contextTokens = 4096, .chunkTokens = asked};
            return planOf(request, roomOf(freeBytes, 100'000), roomOf(kPlenty)).limits.maxTokens;
        };
        QCOMPARE(chunkIn(kPlenty), 2048U);
        QCOMPARE(chunkIn(700'000'000), 256U);  // a 24th is 29 MB
        QCOMPARE(chunkIn(1'300'000'000), 512U); // 54 MB
        QCOMPARE(chunkIn(1'300'000'000, 2048), 2048U);
    }

    void whatCannotBeIsRefused() {
        const MemoryRoom much = roomOf(kPlenty);
        QVERIFY(refusal({.path = {}, .contextTokens = 1U << 30}, much, much).contains("trained for at most"));
        QVERIFY(refusal({.path = {}, .logitRows = 0}, much, much).contains("at least 1 row"));
        QVERIFY(refusal({.path = {}, .cacheType = QuantType::Q4_0}, much, much).contains("F16 or Q8_0, found Q4_0"));
        QVERIFY(refusal({.path = {}, .vramCap = kGigabyte}, std::nullopt, much).contains("no GPU takes part"));
        LoadRequest placed;
        placed.places.push_back({BlockIndex(0), BlockIndex(0), Tier::Disk});
        QVERIFY(refusal(placed, much, much).contains("embedding cannot rest on disk"));
    }

    void aContextThatDoesNotFitNamesOneThatDoes() {
        const QString sentence = refusal({.path = {}, .contextTokens = 131072}, std::nullopt, roomOf(kGigabyte));
        QVERIFY2(sentence.contains("a context of at most"), qPrintable(sentence));
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
            QVERIFY2(QString(error.what()).contains("a context of at most"), error.what());
        }
        QVERIFY(!hasStarted);
    }
};

QTEST_APPLESS_MAIN(TestLoadPlan)
#include "tst_load_plan.moc"
