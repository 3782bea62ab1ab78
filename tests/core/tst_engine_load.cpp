// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/engine_replies.h"
#include "tests/support/failing_backend.h"
#include "tests/support/remote_device.h"
#include "tests/support/stopping_backend.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <algorithm>
#include <fstream>

using namespace strata;

namespace {

constexpr std::uint32_t kContext = 128;

std::uint64_t residentBytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

} // namespace

class TestEngineLoad : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path m_path;
    const std::string m_text = "Once upon a time there was a house";

    std::filesystem::path write(const TinyModel& model) { return writeTinyModel(m_folder.path().toStdString(), model); }

private slots:
    void initTestCase() { m_path = write({.context = kContext}); }

    void loadingReportsProgress() {
        std::vector<LoadProgress> reports;
        const auto engine = Engine::load(
            {.path = m_path}, cpuBackend(2), [&](const LoadProgress& progress) { reports.push_back(progress); }, {});
        QVERIFY(std::is_sorted(reports.begin(), reports.end(),
            [](const LoadProgress& a, const LoadProgress& b) { return a.doneBytes < b.doneBytes; }));
        QCOMPARE(reports.back().doneBytes, reports.back().totalBytes);
        QVERIFY(engine->weights().residentBytes() >= reports.back().totalBytes);
        QCOMPARE(engine->device().id, std::string("cpu"));
    }

    void loadingStopsAtEachBlock() {
        const std::size_t blockCount = load({.path = m_path})->model()->blocks().size();
        for (std::size_t block = 1; block <= blockCount; ++block) { // one allocation each on a GPU
            const auto plan = std::make_shared<StopPlan>();
            plan->allocationsLeft = static_cast<std::int64_t>(block);
            const auto device = decorate<StoppingBackend>(remoteDevice(), plan);
            QVERIFY(Engine::load({.path = m_path}, device, {}, plan->source.get_token()) == nullptr);
        }
    }

    void loadingFailsWithASentence() {
        QVERIFY(errorOf("nowhere.gguf", [&] { load({.path = m_path.parent_path() / "nowhere.gguf"}); }) ==
                ErrorCode::NotFound);
        BackendChoice gone = cpuBackend(1);
        gone.open = []() -> std::unique_ptr<Backend> { fail(ErrorCode::Device, "The device is gone"); };
        QVERIFY(errorOf("gone", [&] { load({.path = m_path}, gone); }) == ErrorCode::Device);
        const auto plan = std::make_shared<FailurePlan>();
        plan->allocationsLeft = 0;
        QVERIFY(errorOf("memory", [&] { load({.path = m_path}, decorate<FailingBackend>(cpuBackend(1), plan)); }) ==
                ErrorCode::OutOfMemory);
    }

    void choosesTheContext() {
        QCOMPARE(load({.path = m_path})->contextTokens(), kContext);
        QCOMPARE(load({.path = m_path, .contextTokens = 17})->contextTokens(), 17U);
        const auto large = write({.context = 100000, .stem = "large"});
        QCOMPARE(load({.path = large})->contextTokens(), kDefaultContextTokens);
        QVERIFY(
            errorOf("128", [&] { load({.path = m_path, .contextTokens = kContext + 1}); }) == ErrorCode::BadRequest);
        QVERIFY(errorOf("at least 1", [&] { load({.path = m_path, .logitRows = 0}); }) == ErrorCode::BadRequest);
    }

    void promptPassesAreAsLongAsSuitsTheDevice() {
        const auto path = write({.context = 4096, .stem = "chunked"});
        QCOMPARE(load({.path = path})->chunkTokens(), 512U);
        QCOMPARE(Engine::load({.path = path}, {remoteDevice(), cpuBackend(1)}, {}, {})->chunkTokens(), 2048U);
        QCOMPARE(load({.path = path, .chunkTokens = 700}, remoteDevice())->chunkTokens(), 700U);
    }

    // A model that the GPU's memory does not hold, and one that no memory holds, give the same words.
    void aModelLargerThanItsMemoriesGivesTheSameWords() {
        const auto path = write({.layerCount = 16,
            .embeddingLength = 256,
            .feedForwardLength = 2048,
            .context = kContext,
            .type = QuantType::Q8_0,
            .stem = "sizeable"});
        const Reply expected = replyInNewSession(*load({.path = path}), greedy(m_text, 12));
        const auto whole = load({.path = path});
        const std::uint64_t weights = whole->weights().plan().ramBytes();
        const Plan& plan = whole->weights().plan();
        const std::uint64_t scratch = plan.budgets.ram.scratchBytes + plan.budgets.ram.cacheBytes;
        const EngineDevices beside{remoteDevice(), cpuBackend(2)};
        for (const double share : {0.9, 0.6, 0.4})
            for (const bool usesGpu : {true, false}) {
                LoadRequest request{.path = path};
                (usesGpu ? request.vramCap : request.ramCap) =
                    scratch + static_cast<std::uint64_t>(share * static_cast<double>(weights));
                const auto engine = Engine::load(request, usesGpu ? beside : EngineDevices(cpuBackend(2)), {}, {});
                const Plan& tiered = engine->weights().plan();
                QVERIFY(tiered.blocksIn(usesGpu ? Tier::Ram : Tier::Disk) > 0);
                QCOMPARE(replyInNewSession(*engine, greedy(m_text, 12)).text, expected.text);
            }
    }

    void timesOfAReplyAddUp_data() {
        QTest::addColumn<bool>("hasGpu");
        QTest::newRow("in RAM and on disk") << false;
        QTest::newRow("on a GPU, beside it and on disk") << true;
    }

    // Every part is there where its wire is used, nowhere else, and none counts twice.
    void timesOfAReplyAddUp() {
        QFETCH(bool, hasGpu);
        LoadRequest request{.path = m_path};
        request.places = {{BlockIndex(4), BlockIndex(4), Tier::Disk}};
        if (hasGpu) {
            request.places.push_back({BlockIndex(1), BlockIndex(2), Tier::Vram});
            request.places.push_back({BlockIndex(3), BlockIndex(3), Tier::Ram});
        }
        const EngineDevices devices =
            hasGpu ? EngineDevices(remoteDevice(), cpuBackend(1)) : EngineDevices(cpuBackend(1));
        const auto engine = Engine::load(request, devices, {}, {});
        const auto start = std::chrono::steady_clock::now();
        const ReplyTimes times = replyInNewSession(*engine, greedy(m_text, 6)).result.times;
        const std::chrono::nanoseconds outside = std::chrono::steady_clock::now() - start;
        QVERIFY(times.whole.count() > 0 && times.whole <= outside);
        QVERIFY(times.prompt.whole + times.decode.whole + times.sampling <= times.whole);
        QVERIFY(times.sampling.count() > 0);
        QCOMPARE(times.prompt.passes, 1U);
        QCOMPARE(times.decode.passes, 5U); // the first token comes from the prompt
        for (const PassTimes& part : {times.prompt, times.decode}) {
            const auto sum = part.gpu + part.cpu + part.linkWait + part.diskWait;
            QVERIFY(sum.count() > 0 && sum <= part.whole);
            QCOMPARE(part.gpu.count() > 0, hasGpu);
            QVERIFY(part.bytes[std::size_t(Wire::Disk)] > 0);
            QCOMPARE(part.bytes[std::size_t(Wire::Vram)] > 0, hasGpu);
        }
        const Plan& plan = engine->weights().plan();
        const std::uint64_t fromDisk =
            times.prompt.bytes[std::size_t(Wire::Disk)] + times.decode.bytes[std::size_t(Wire::Disk)];
        QVERIFY(fromDisk >= 6 * plan.bytesIn(Tier::Disk)); // and what was read ahead
        QCOMPARE(*engine->metrics()->blockAtWork(), std::uint32_t(plan.blocks.size() - 1)); // the head came last
    }

    void placesAreKept() {
        LoadRequest request{.path = m_path};
        request.places.push_back({BlockIndex(1), BlockIndex(2), Tier::Disk});
        const auto engine = load(request);
        QCOMPARE(engine->weights().plan().blocksIn(Tier::Disk), 2U);
        QCOMPARE(replyInNewSession(*engine, greedy(m_text, 8)).text,
            replyInNewSession(*load({.path = m_path}), greedy(m_text, 8)).text);
    }

    // Every allocation in turn: the load fails with a sentence and leaves nothing behind.
    void aLoadThatRunsOutOfMemoryAnywhereGivesItBack() {
        LoadRequest request{.path = m_path};
        request.places.push_back({BlockIndex(1), BlockIndex(2), Tier::Ram});
        bool isLoaded = false;
        for (std::int64_t allocation = 0; !isLoaded; ++allocation) {
            const auto world = std::make_shared<RemoteWorld>();
            const auto plan = std::make_shared<FailurePlan>();
            plan->allocationsLeft = allocation;
            const EngineDevices devices{
                decorate<FailingBackend>(remoteDevice(world), plan), decorate<FailingBackend>(cpuBackend(1), plan)};
            const auto attempt = [&] {
                const auto engine = Engine::load(request, devices, {}, {});
                plan->allocationsLeft = -1;
                isLoaded = true;
            };
            QVERIFY(isLoaded || errorOf("as planned", attempt) == ErrorCode::OutOfMemory || isLoaded);
            QCOMPARE(world->liveCount.load(), std::uint64_t(0));
            QCOMPARE(world->pinnedBytes.load(), std::uint64_t(0));
            QVERIFY(allocation < 100);
        }
    }

    void keepsKeysAndValuesInEightBitsWhereTheyFit() {
        QVERIFY(errorOf("F16 or Q8_0, found Q4_0", [&] { load({.path = m_path, .cacheType = QuantType::Q4_0}); }) ==
                ErrorCode::BadRequest);
        const auto narrow = write({.kvHeadCount = 1, .context = kContext, .stem = "narrow"}); // 16 keys a token
        QVERIFY(errorOf("multiples of 32", [&] { load({.path = narrow, .cacheType = QuantType::Q8_0}); }) ==
                ErrorCode::BadRequest);
        const auto engine = load({.path = m_path, .cacheType = QuantType::Q8_0});
        Session session = engine->newSession();
        QVERIFY(session.cache().layer(LayerIndex(0)).type == QuantType::Q8_0);
        const Reply whole = reply(*engine, session, greedy(m_text, 8));
        QCOMPARE(whole.result.generatedTokens, 8U);
        const Reply again = reply(*engine, session, greedy(m_text, 8)); // from the rows that the cache still holds
        QVERIFY(again.result.cachedTokens > 0);
        QCOMPARE(again.text, whole.text);
    }

    void fiftyLoadsLeaveNothingBehind_data() {
        QTest::addColumn<bool>("isOnDisk");
        QTest::newRow("all in RAM") << false;
        QTest::newRow("two of three layers on disk") << true;
    }
    void fiftyLoadsLeaveNothingBehind() {
#ifdef __SANITIZE_ADDRESS__
        QSKIP("the address sanitizer keeps freed memory for a while; it looks for leaks itself");
#endif
        QFETCH(const bool, isOnDisk);
        const auto path = write({.layerCount = 3, .feedForwardLength = 8192, .context = kContext, .stem = "bulky"});
        const auto once = [&] {
            LoadRequest request = {.path = path};
            if (isOnDisk)
                request.places.push_back({BlockIndex(3), BlockIndex(6), Tier::Disk});
            const auto engine = load(request);
            QCOMPARE(replyInNewSession(*engine, greedy(m_text, 2)).result.generatedTokens, 2U);
        };
        once();
        const std::uint64_t before = residentBytes();
        for (int i = 0; i < 50; ++i)
            once();
        QVERIFY(residentBytes() < before + (48 << 20)); // one model is 19 MB
    }

    void aFileDeletedWhileLoadedDoesNotMatter() {
        const auto path = write({.context = kContext, .stem = "deleted"});
        const auto engine = load({.path = path});
        const Reply before = replyInNewSession(*engine, greedy(m_text, 5));
        std::filesystem::remove(path);
        QCOMPARE(replyInNewSession(*engine, greedy(m_text, 5)).text, before.text);
    }
};

QTEST_APPLESS_MAIN(TestEngineLoad)
#include "tst_engine_load.moc"
