// SPDX-License-Identifier: GPL-3.0-or-later
// Weights in three tiers beside a real GPU: what is streamed gives the bits of what is resident, what the CPU computes
// gives the same numbers within rounding, and everything is given back.
#include "core/base/error.h"
#include "cuda/cuda_backend.h"
#include "tests/support/tiered_rig.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

using namespace strata;

namespace {

// Of logits whose additions were done in another order, in passes of many tokens by halves.
constexpr double kFloatTolerance = 2e-3;

// Over all passes of a conversation.
double relativeError(const std::vector<Logits>& found, const std::vector<Logits>& truth) {
    double squares = 0.0;
    double magnitudes = 0.0;
    for (std::size_t pass = 0; pass < truth.size(); ++pass)
        for (std::size_t i = 0; i < truth[pass].size(); ++i) {
            squares += std::pow(double(found[pass][i]) - double(truth[pass][i]), 2);
            magnitudes += std::pow(double(truth[pass][i]), 2);
        }
    return std::sqrt(squares / magnitudes);
}

Tiers all(const Model& model, Tier layers) {
    Tiers tiers(model.blocks().size(), layers);
    tiers.front() = tiers.back() = Tier::Vram;
    return tiers;
}

std::uint64_t freeBytes() {
    return cudaBackends().front().info.freeBytes;
}

// A CopyQueue of a GPU and memory to copy between.
struct CopyRig {
    std::unique_ptr<Backend> gpu = cudaBackends().front().open();
    std::unique_ptr<CopyQueue> copies = gpu->makeCopyQueue();

    std::vector<std::byte> read(const Buffer& buffer) {
        std::vector<std::byte> bytes(buffer.byteCount());
        gpu->copyOut(bytes, buffer, 0);
        return bytes;
    }
};

std::vector<std::byte> someBytes(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(count);
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

} // namespace

class TestCudaTiers : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::vector<std::unique_ptr<Model>> m_models;

    const Model& modelOf(QuantType type, bool isTied = false) {
        const std::string stem = "tiny" + std::to_string(m_models.size());
        const auto path = writeTinyModel(m_folder.path().toStdString(),
            {.layerCount = 7, .type = type, .isTied = isTied, .stem = stem, .partCount = isTied ? 1U : 3U});
        return *m_models.emplace_back(std::make_unique<Model>(path));
    }

private slots:
    void initTestCase() {
        if (cudaBackends().empty())
            QSKIP("no NVIDIA GPU to compute on here");
    }

    void piecesArriveWhereTheyBelong() {
        CopyRig rig;
        const Buffer target = rig.gpu->allocate(40'000);
        const auto old = someBytes(target.byteCount(), 1);
        const auto first = someBytes(12'345, 2);
        const auto second = someBytes(7'001, 3);
        rig.gpu->copyIn(target, 0, old);
        rig.copies->waitForDevice(rig.copies->deviceFence());
        const std::array<CopyPiece, 2> pieces = {
            CopyPiece{.offset = 3, .source = first}, {.offset = 20'000, .source = second}};
        const Fence copied = rig.copies->copyIn(target, pieces);
        QVERIFY(rig.copies->wait(copied).count() > 0);
        QCOMPARE(rig.copies->wait(copied).count(), 0); // counted once
        auto expected = old;
        std::ranges::copy(first, expected.begin() + 3);
        std::ranges::copy(second, expected.begin() + 20'000);
        QVERIFY(rig.read(target) == expected);
    }

    // Many copies in a row from pinned memory, the GPU held for each before it reads: more than there are events.
    void theGpuWaitsForWhatItIsHeldFor() {
        CopyRig rig;
        constexpr std::size_t kBytes = 8'000'000;
        const Buffer target = rig.gpu->allocate(kBytes);
        rig.copies->waitForDevice(rig.copies->deviceFence());
        std::array<std::vector<std::byte>, 2> sources = {someBytes(kBytes, 4), someBytes(kBytes, 5)};
        std::vector<std::unique_ptr<PinnedRange>> pins;
        for (auto& source : sources)
            pins.push_back(rig.copies->pin(source));
        for (int round = 0; round < 200; ++round) {
            const auto& source = sources[static_cast<std::size_t>(round) % 2];
            const std::array<CopyPiece, 1> piece = {CopyPiece{.offset = 0, .source = source}};
            rig.copies->holdDevice(rig.copies->copyIn(target, piece));
            QVERIFY2(rig.read(target) == source, qPrintable(QString("round %1").arg(round)));
            rig.copies->waitForDevice(rig.copies->deviceFence());
        }
    }

    void streamedBlocksGiveTheBitsOfResidentOnes_data() {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("tier");
        for (const QuantType type : {QuantType::F16, QuantType::Q8_0, QuantType::Q4_K})
            for (const auto& [tier, name] : {std::pair(Tier::Ram, "RAM"), std::pair(Tier::Disk, "disk")})
                QTest::addRow("%s from %s", std::string(traits(type).name).c_str(), name) << int(type) << int(tier);
    }
    void streamedBlocksGiveTheBitsOfResidentOnes() {
        QFETCH(const int, type);
        QFETCH(const int, tier);
        const Model& model = modelOf(static_cast<QuantType>(type));
        const auto gpu = cudaBackends().front();
        const MachineProfile streaming = profileWithLink(1e6);
        const auto expected = TieredRig(model, all(model, Tier::Vram), streaming, gpu).talk();
        TieredRig rig(model, all(model, static_cast<Tier>(tier)), streaming, gpu);
        const auto& executors = rig.weights().scheduleFor(1).executors;
        QCOMPARE(std::ranges::count(executors, Executor::Streamed), std::ptrdiff_t(executors.size()) - 2);
        QVERIFY(rig.talk() == expected);
    }

    // Blocks anywhere, computed by anyone: the numbers of the CPU alone, but for the order of additions.
    void everyPlanGivesTheSameNumbers_data() {
        QTest::addColumn<bool>("isTied");
        QTest::newRow("a head of its own") << false;
        QTest::newRow("tied") << true;
    }
    void everyPlanGivesTheSameNumbers() {
        QFETCH(const bool, isTied);
        const Model& model = modelOf(QuantType::F32, isTied);
        const auto expected =
            TieredRig(model, Tiers(model.blocks().size(), Tier::Ram), profileWithLink(1.0), {}).talk();
        std::mt19937 random(isTied);
        std::set<Executor> seen;
        for (int round = 0; round < 20; ++round) {
            TieredRig rig(model, randomTiers(random, model, true), randomProfile(random), cudaBackends().front());
            for (const std::uint32_t tokens : {1U, 20U})
                for (const Executor executor : rig.weights().scheduleFor(tokens).executors)
                    seen.insert(executor);
            const double error = relativeError(rig.talk(), expected);
            QVERIFY2(error < kFloatTolerance, qPrintable(QString("round %1: %2").arg(round).arg(error)));
        }
        QCOMPARE(seen.size(), std::size_t(3));
    }

    void aPlanGivesTheSameBitsEveryTime() {
        const Model& model = modelOf(QuantType::Q4_K);
        std::mt19937 random(7);
        for (int round = 0; round < 10; ++round) {
            const Tiers tiers = randomTiers(random, model, true);
            const MachineProfile profile = randomProfile(random);
            const auto gpu = cudaBackends().front();
            QVERIFY(TieredRig(model, tiers, profile, gpu).talk() == TieredRig(model, tiers, profile, gpu).talk());
        }
    }

    void aStopAtAnyBlockLeavesEverythingAsItWas() {
        const Model& model = modelOf(QuantType::Q8_0);
        std::mt19937 random(5);
        for (std::uint32_t stopAt = 1; stopAt < model.blocks().size(); ++stopAt) {
            const Tiers tiers = randomTiers(random, model, true);
            const MachineProfile profile = randomProfile(random);
            TieredRig rig(model, tiers, profile, cudaBackends().front());
            rig.append(9);
            std::stop_source stop;
            const BlockSink stopper = [&](std::uint32_t done) {
                if (done == stopAt)
                    stop.request_stop();
            };
            QVERIFY(rig.append(stopAt % 2 == 0 ? 1 : 12, stop.get_token(), &stopper).empty());
            TieredRig fresh(model, tiers, profile, cudaBackends().front());
            fresh.append(9);
            QVERIFY(rig.append(1) == fresh.append(1));
            QVERIFY(rig.append(11) == fresh.append(11));
        }
    }

    void aReadThatFailsOnceEndsOnePass() {
        const Model& model = modelOf(QuantType::Q8_0);
        const auto failure = std::make_shared<SourcePlan>();
        TieredRig rig(model, all(model, Tier::Disk), profileWithLink(1e6), cudaBackends().front(), failure);
        const auto expected =
            TieredRig(model, all(model, Tier::Disk), profileWithLink(1e6), cudaBackends().front()).talk();
        failure->isOnce = true;
        failure->readsLeft = 2;
        QVERIFY_EXCEPTION_THROWN(rig.append(20), Error);
        QVERIFY(rig.talk() == expected);
    }

    // Fifty loads with a reply each leave the GPU's memory as the first left it. Others on the card may come and go,
    // so some megabytes are allowed; each load holds more than that.
    void fiftyLoadsGiveEverythingBack() {
        const auto path = writeTinyModel(m_folder.path().toStdString(), {.layerCount = 7,
                                                                            .embeddingLength = 256,
                                                                            .feedForwardLength = 4096,
                                                                            .type = QuantType::F32,
                                                                            .stem = "bulky"}); // 12.6 MB a feed-forward
        const Model model(path);
        std::mt19937 random(3);
        std::uint64_t before = 0;
        for (int load = 0; load < 50; ++load) {
            TieredRig(model, randomTiers(random, model, true), randomProfile(random), cudaBackends().front()).append(3);
            if (load == 0)
                before = freeBytes();
        }
        QVERIFY2(freeBytes() + 32'000'000 >= before,
            qPrintable(QString("%1 bytes were free, then %2").arg(before).arg(freeBytes())));
    }
};

QTEST_APPLESS_MAIN(TestCudaTiers)
#include "tst_cuda_tiers.moc"
