// SPDX-License-Identifier: GPL-3.0-or-later
// Weights in three tiers and three executors: wherever blocks rest and whoever computes them, the numbers are the same.
#include "core/base/error.h"
#include "tests/support/remote_device.h"
#include "tests/support/tiered_rig.h"
#include "tests/support/tiny_model.h"
#include "tests/support/work_clock.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <random>
#include <set>

using namespace strata;

namespace {

using Rig = TieredRig;

// How many plans are tried, at random. Sanitizers watch how passes run: a few plans use every executor already, which
// the test checks. The numbers of many plans are compared where that takes an eighth of the time.
constexpr int kPlans = kSanitizerFactor == 1 ? 40 : 12;

std::optional<BackendChoice> remoteIf(bool usesGpu) {
    return usesGpu ? std::optional(remoteDevice()) : std::nullopt;
}

template <typename Action>
QString sentenceOf(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

class TestTieredWeights : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::optional<Model> m_seven; // layers: 16 blocks, more than rings hold
    std::optional<Model> m_tied;

    const Model& model(bool isTied = false) { return isTied ? *m_tied : *m_seven; }
    std::filesystem::path write(const TinyModel& tiny) { return writeTinyModel(m_folder.path().toStdString(), tiny); }

    static Tiers all(const Model& model, Tier layers) {
        Tiers tiers(model.blocks().size(), layers);
        tiers.front() = Tier::Ram;
        tiers.back() = Tier::Ram;
        return tiers;
    }

private slots:
    void initTestCase() {
        m_seven.emplace(write({.layerCount = 7, .type = QuantType::Q8_0, .stem = "seven", .partCount = 3}));
        m_tied.emplace(write({.layerCount = 5, .type = QuantType::Q4_K, .isTied = true, .stem = "tied"}));
    }

    void everyPlanGivesTheSameNumbers_data() {
        QTest::addColumn<bool>("usesGpu");
        QTest::addColumn<bool>("isTied");
        QTest::newRow("beside a GPU") << true << false;
        QTest::newRow("beside a GPU, tied") << true << true;
        QTest::newRow("the CPU alone") << false << false;
        QTest::newRow("the CPU alone, tied") << false << true;
    }
    void everyPlanGivesTheSameNumbers() {
        QFETCH(bool, usesGpu);
        QFETCH(bool, isTied);
        const Model& tried = model(isTied);
        const std::vector<Logits> expected =
            Rig(tried, Tiers(tried.blocks().size(), Tier::Ram), profileWithLink(1.0), {}).talk();
        std::mt19937 random(usesGpu * 2 + isTied);
        std::set<Executor> seen;
        for (int round = 0; round < kPlans; ++round) {
            const Tiers tiers = randomTiers(random, tried, usesGpu);
            Rig rig(tried, tiers, randomProfile(random), remoteIf(usesGpu));
            for (const std::uint32_t tokens : {1U, 20U})
                for (const Executor executor : rig.weights().scheduleFor(tokens).executors)
                    seen.insert(executor);
            QVERIFY2(rig.talk() == expected, qPrintable(QString("round %1").arg(round)));
        }
        QCOMPARE(seen.size(), usesGpu ? std::size_t(3) : std::size_t(1));
    }

    // What a prompt streams from disk the CPU computes when decoding: prefetched for one, needed by the other.
    void blocksOnDiskChangeTheirExecutorBetweenPasses() {
        MachineProfile profile = profileWithLink(0.5);
        profile.cpuMultiply.multipliesPerSecond = 1e6;
        Rig rig(model(), all(model(), Tier::Disk), profile, remoteDevice());
        const auto count = [&](std::uint32_t tokens, Executor executor) {
            return std::ranges::count(rig.weights().scheduleFor(tokens).executors, executor);
        };
        QCOMPARE(count(20, Executor::Host), 2); // embedding and head
        QVERIFY(count(1, Executor::Host) > 2);
        const auto expected = Rig(model(), all(model(), Tier::Ram), profile, {}).talk();
        QCOMPARE(rig.talk(), expected);
    }

    void aStopAtAnyBlockLeavesEverythingAsItWas() {
        std::mt19937 random(5);
        for (const bool usesGpu : {true, false})
            for (std::uint32_t stopAt = 1; stopAt < model().blocks().size(); ++stopAt) {
                const Tiers tiers = randomTiers(random, model(), usesGpu);
                const MachineProfile profile = randomProfile(random);
                Rig rig(model(), tiers, profile, remoteIf(usesGpu));
                const Logits first = rig.append(9);
                std::stop_source stop;
                const BlockSink stopper = [&](std::uint32_t done) {
                    if (done == stopAt)
                        stop.request_stop();
                };
                QVERIFY(rig.append(stopAt % 2 == 0 ? 1 : 12, stop.get_token(), &stopper).empty());
                QCOMPARE(rig.length(), 9U);
                Rig fresh(model(), tiers, profile, remoteIf(usesGpu));
                fresh.append(9);
                QCOMPARE(rig.append(1), fresh.append(1));
                QCOMPARE(rig.append(11), fresh.append(11));
            }
    }

    // Whichever read fails, the pass gives a sentence, and the next one goes on as if nothing had been.
    void aReadThatFailsOnceEndsOnePass() {
        for (const bool usesGpu : {true, false}) {
            const Tiers tiers = all(model(), Tier::Disk);
            const std::vector<Logits> expected = Rig(model(), tiers, profileWithLink(1.0), remoteIf(usesGpu)).talk();
            int ended = 0;
            for (std::int64_t read = 0; read < 60; read += 3) {
                const auto failure = std::make_shared<SourcePlan>();
                Rig rig(model(), tiers, profileWithLink(1.0), remoteIf(usesGpu), failure);
                failure->isOnce = true;
                failure->readsLeft = read;
                std::vector<Logits> got;
                int failures = 0;
                rig.talkBy([&](std::uint32_t count, bool wantsLogits) {
                    Logits logits;
                    const auto pass = [&] { wantsLogits ? void(logits = rig.append(count)) : rig.read(count); };
                    if (!sentenceOf(pass).isEmpty()) {
                        ++failures;
                        pass();
                    }
                    if (wantsLogits)
                        got.push_back(logits);
                });
                QVERIFY(failures <= 1); // 0: what was read ahead was dropped with the schedule
                ended += failures;
                QCOMPARE(got, expected);
            }
            QVERIFY(ended >= 10);
        }
    }

    // A backup that touches the model ends no reply; whoever writes to it does.
    void aModelThatIsTouchedWhileItRestsOnDiskGoesOn() {
        const std::filesystem::path path = write({.layerCount = 3, .stem = "touched"});
        const Model touched(path);
        const Tiers tiers = all(touched, Tier::Disk);
        const std::vector<Logits> expected = Rig(touched, tiers, profileWithLink(1.0), {}).talk();
        Rig rig(touched, tiers, profileWithLink(1.0), {});
        std::vector<Logits> got;
        rig.talkBy([&](std::uint32_t count, bool wantsLogits) {
            const timespec later[2] = {{.tv_sec = 2'000'000'000 + rig.length(), .tv_nsec = 0},
                {.tv_sec = 2'000'000'000 + rig.length(), .tv_nsec = 0}};
            QCOMPARE(::utimensat(AT_FDCWD, path.c_str(), later, 0), 0);
            if (wantsLogits)
                got.push_back(rig.append(count));
            else
                rig.read(count);
        });
        QCOMPARE(got, expected);
        std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).put('x');
        QString sentence;
        for (int token = 0; token < 3 && sentence.isEmpty(); ++token) // what was read before is used up first
            sentence = sentenceOf([&] { rig.append(1); });
        QVERIFY2(sentence.contains("written to while in use"), qPrintable(sentence));
    }

    void aCopyThatFailsIsASentence() {
        for (std::int64_t copy = 0; copy < 30; ++copy) {
            const auto world = std::make_shared<RemoteWorld>();
            Rig rig(model(), all(model(), Tier::Ram), profileWithLink(100.0), remoteDevice(world));
            world->copiesLeft = copy;
            QString sentence;
            for (int token = 0; token < 3 && sentence.isEmpty(); ++token)
                sentence = sentenceOf([&] { rig.append(1); });
            QVERIFY2(sentence.contains("as planned"), qPrintable(sentence));
        }
    }

    void memoryThatCannotBePinnedIsANotice() {
        const auto world = std::make_shared<RemoteWorld>();
        world->pinsLeft = 0;
        Rig rig(model(), all(model(), Tier::Ram), profileWithLink(100.0), remoteDevice(world));
        QCOMPARE(rig.weights().notices().size(), std::size_t(1));
        QVERIFY(QString::fromStdString(rig.weights().notices().front()).contains("stay in place"));
        QCOMPARE(rig.metrics().snapshot().pinnedBytes, std::uint64_t(0));
        QCOMPARE(rig.talk(), Rig(model(), all(model(), Tier::Ram), profileWithLink(100.0), remoteDevice()).talk());
    }

    void pinnedMemoryIsCounted() {
        const auto world = std::make_shared<RemoteWorld>();
        Rig rig(model(), all(model(), Tier::Ram), profileWithLink(100.0), remoteDevice(world));
        QVERIFY(world->pinnedBytes > 0);
        QCOMPARE(rig.metrics().snapshot().pinnedBytes, world->pinnedBytes.load());
    }

    void whatWasTakenIsGivenBack() {
        const auto world = std::make_shared<RemoteWorld>();
        std::mt19937 random(3);
        for (int load = 0; load < 20; ++load) {
            {
                Rig rig(model(), randomTiers(random, model(), true), randomProfile(random), remoteDevice(world));
                rig.append(3);
                QVERIFY(world->liveBytes > 0);
            }
            QCOMPARE(world->liveCount.load(), std::uint64_t(0));
            QCOMPARE(world->pinnedBytes.load(), std::uint64_t(0));
        }
    }

    // Chunks of a prompt but the last want no logits: a head on disk stays there.
    void aHeadOnDiskIsReadForLogitsAlone_data() {
        QTest::addColumn<bool>("usesGpu");
        QTest::newRow("beside a GPU") << true;
        QTest::newRow("the CPU alone") << false;
    }
    void aHeadOnDiskIsReadForLogitsAlone() {
        QFETCH(bool, usesGpu);
        Tiers tiers(model().blocks().size(), Tier::Ram);
        tiers.back() = Tier::Disk;
        Rig rig(model(), tiers, profileWithLink(1.0), remoteIf(usesGpu));
        const auto fromDisk = [&] { return rig.metrics().snapshot().wire(Wire::Disk).bytes; };
        for (int chunk = 0; chunk < 3; ++chunk)
            rig.read(8);
        QCOMPARE(fromDisk(), std::uint64_t(0));
        QCOMPARE(rig.metrics().snapshot().passes, std::uint64_t(3));
        QVERIFY(!rig.append(8).empty());
        QVERIFY(fromDisk() > 0);
    }
    // What was brought ahead for a pass with logits serves one without, and the other way round.
    void blocksAheadOfAHeadAreNotReadTwice() {
        const Model wide(write({.layerCount = 2, .feedForwardLength = 4096, .stem = "wide"}));
        Tiers tiers(wide.blocks().size(), Tier::Ram);
        tiers[2] = tiers.back() = Tier::Disk;
        Rig rig(wide, tiers, profileWithLink(1.0), {});
        const Plan& plan = rig.weights().plan();
        QVERIFY(8 * plan.blocks.back().hostBytes < plan.blocks[2].hostBytes); // so that heads do not count below
        for (int turn = 0; turn < 4; ++turn) {
            rig.append(1);
            rig.read(4);
            rig.read(4);
        }
        // Twelve passes read the layer once each, and one more may be ahead.
        QVERIFY(rig.metrics().snapshot().wire(Wire::Disk).bytes < 14 * plan.blocks[2].hostBytes);
    }

    void wiresCountWhatTheyCarry() {
        Rig rig(model(), all(model(), Tier::Disk), profileWithLink(100.0), remoteDevice());
        rig.append(1);
        rig.append(1);
        const MetricsSnapshot totals = rig.metrics().snapshot();
        QCOMPARE(totals.passes, std::uint64_t(2));
        const Plan& plan = rig.weights().plan();
        std::uint64_t layers = 0;
        for (std::size_t i = 1; i + 1 < plan.blocks.size(); ++i)
            layers += plan.blocks[i].readBytes;
        QCOMPARE(totals.wire(Wire::Vram).bytes, 2 * layers);
        QVERIFY(totals.wire(Wire::Link).bytes >= 2 * layers); // and what was brought ahead
        QVERIFY(totals.wire(Wire::Disk).bytes >= 2 * layers);
        QCOMPARE(totals.wire(Wire::Host).bytes, 2 * (plan.blocks.front().readBytes + plan.blocks.back().readBytes));
        std::vector<std::uint64_t> times;
        rig.metrics().readBlockTimes(times);
        QCOMPARE(times.size(), plan.blocks.size());
        QVERIFY(std::ranges::all_of(times, [](std::uint64_t time) { return time > 0; }));
        const WirePace pace = rig.weights().pace(); // beside a profile that is nobody's
        const PassCost& cost = rig.weights().scheduleFor(1).cost;
        int learned = 0;
        for (const Wire wire : {Wire::Link, Wire::Host, Wire::Disk}) {
            const bool isAtWork = cost.busySeconds[static_cast<std::size_t>(wire)] > 0.05 * cost.seconds;
            QCOMPARE(pace[wire] != 1.0, isAtWork);
            learned += isAtWork ? 1 : 0;
        }
        QVERIFY(learned > 0);
    }
};

QTEST_APPLESS_MAIN(TestTieredWeights)
#include "tst_tiered_weights.moc"
