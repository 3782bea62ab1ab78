// SPDX-License-Identifier: GPL-3.0-or-later
// Plans: tables of real models on real and made-up machines, and what holds for all of them.
#include "core/base/error.h"
#include "core/forward/kv_cache.h"
#include "core/tier/block_layout.h"
#include "core/tier/forecast.h"
#include "core/tier/planned_blocks.h"
#include "tests/core/planning_shapes.h"

#include <QtTest>

#include <random>
#include <set>

using namespace strata;

namespace {

WeightBlock blockOf(BlockKind kind, std::uint32_t layer, TensorRole role, std::uint32_t rows, std::uint32_t columns) {
    const std::uint64_t bytes = *quantBytes(QuantType::Q8_0, std::uint64_t(rows) * columns);
    return {.kind = kind,
        .layer = LayerIndex(layer),
        .tensors = {{role, 0, QuantType::Q8_0, rows, columns, bytes}},
        .byteCount = bytes,
        .readBytes = bytes};
}

// Blocks of sizes that share nothing with one another.
Shape randomShape(std::mt19937& random) {
    const auto upTo = [&](std::uint32_t n) { return 1 + static_cast<std::uint32_t>(random() % n); };
    Shape shape;
    shape.path = "/random.gguf";
    shape.spec.layerCount = upTo(7);
    shape.spec.embeddingLength = 32 * upTo(8);
    shape.spec.feedForwardLength = 512;
    shape.spec.headCount = shape.spec.kvHeadCount = 1;
    shape.spec.headLength = 32;
    shape.spec.vocabularySize = 256;
    const std::uint32_t columns = shape.spec.embeddingLength;
    shape.blocks.push_back(blockOf(BlockKind::Embedding, 0, TensorRole::TokenEmbedding, 64 + upTo(999), columns));
    for (std::uint32_t layer = 0; layer < shape.spec.layerCount; ++layer) {
        shape.blocks.push_back(blockOf(BlockKind::Attention, layer, TensorRole::Query, upTo(500), columns));
        shape.blocks.push_back(blockOf(BlockKind::FeedForward, layer, TensorRole::Up, upTo(2000), columns));
    }
    const bool isTied = random() % 3 == 0;
    shape.blocks.push_back(blockOf(BlockKind::Head, 0, isTied ? TensorRole::OutputNorm : TensorRole::Output,
        isTied ? 1 : shape.blocks.front().tensors.front().rows, columns));
    return shape;
}

MachineProfile randomProfile(std::mt19937& random) {
    const auto rate = [&](double most) { return most * (0.05 + double(random() % 1000) / 1000.0); };
    MachineProfile profile = profileNamed("reference_h100");
    profile.vramRead = rate(2000e6);
    profile.linkIn = rate(60e6);
    profile.linkInBesideHost = profile.linkIn * (0.2 + rate(0.8));
    profile.hostRead = rate(90e6);
    profile.hostReadBesideLink = profile.hostRead * (0.2 + rate(0.8));
    profile.exchangeSeconds = rate(1e-4);
    profile.gpuBlockSeconds = rate(1e-4);
    profile.cpuBlockSeconds = rate(1e-4);
    for (double& r : profile.cpuMultiply.weightBytesPerSecond)
        r = rate(90e6);
    profile.drives = {{"/", rate(10e6)}};
    return profile;
}

// The decode rate, or 0 where nothing fits.
double decodeRate(const Shape& shape, const TierBudgets& budgets, const MachineProfile& profile) {
    try {
        return forecast(planTiers(shape.model(), budgets, profile), profile, {.promptTokens = 16})
            .decodeTokensPerSecond;
    } catch (const Error&) {
        return 0.0;
    }
}

QString refusal(const Shape& shape, const TierBudgets& budgets, const MachineProfile& profile,
    std::vector<TierOverride> overrides = {}) {
    try {
        planTiers(shape.model(), budgets, profile, overrides);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestTierPlanner : public QObject {
    Q_OBJECT
private:
    ShapeFolder m_shapes;

    const Shape& shapeOf(const std::string& preset, const std::string& quant) { return m_shapes.get(preset, quant); }

    // What must hold of every plan: exact sums, and no memory overdrawn.
    static void checkSums(const Shape& shape, const Plan& plan) {
        std::array<std::uint64_t, kTierCount> bytes = {};
        QCOMPARE(plan.blocks.size(), shape.blocks.size());
        std::uint64_t slot = 0;
        for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
            QCOMPARE(plan.blocks[i].packedBytes, packedBytes(shape.blocks[i]));
            QCOMPARE(plan.blocks[i].hostBytes, hostBytes(shape.blocks[i]));
            bytes[static_cast<std::size_t>(plan.blocks[i].tier)] += plan.blocks[i].restingBytes();
            const bool isLayer = i > 0 && i + 1 < plan.blocks.size();
            if (isLayer && plan.blocks[i].tier != Tier::Vram)
                slot = std::max(slot, plan.blocks[i].packedBytes);
        }
        QCOMPARE(plan.tierBytes, bytes);
        QCOMPARE(plan.ringBytes, plan.usesGpu ? slot * 5 / 2 / 256 * 256 : 0);
        const std::uint64_t room = plan.budgets.vram ? plan.budgets.vram->weightBytes() : 0;
        QVERIFY(plan.vramBytes() <= room);
        QVERIFY(plan.ramBytes() <= plan.budgets.ram.weightBytes());
        QVERIFY(plan.blocks.front().tier != Tier::Disk);
        QVERIFY(!plan.isTied || plan.blocks.front().tier == plan.blocks.back().tier);
    }

private slots:
    void theReferenceMachineComesNearWhatItsWiresAllow_data() {
        QTest::addColumn<double>("vram");
        QTest::addColumn<double>("limit"); // tok/s, estimated from bandwidths alone
        QTest::newRow("24 GB: link and RAM") << 24.5e9 << 6.9;
        QTest::newRow("12 GB: link and RAM") << 12.5e9 << 4.4;
        QTest::newRow("CPU only: RAM") << 0.0 << 2.23;
    }
    void theReferenceMachineComesNearWhatItsWiresAllow() {
        QFETCH(double, vram);
        QFETCH(double, limit);
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_limits");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, std::uint64_t(vram), kPlenty), profile);
        const PassCost cost = schedulePass(plan, 1, profile).cost;
        QVERIFY2(std::abs(1.0 / cost.seconds / limit - 1.0) < 0.04, qPrintable(QString::number(1.0 / cost.seconds)));
        // The wires' sum cannot be beaten, and whole blocks come within a twentieth of it.
        const double resident = double(plan.bytesIn(Tier::Vram)) / profile.vramRead;
        double outside = 0.0;
        for (const PlannedBlock& block : plan.blocks)
            outside += block.tier == Tier::Vram ? 0.0 : double(block.readBytes);
        const double wires = vram > 0 ? profile.hostReadBesideLink + profile.linkIn : profile.hostRead;
        QVERIFY(cost.seconds >= outside / wires * (1.0 - 1e-9));
        QVERIFY(cost.seconds <= 1.05 * (resident + outside / wires));
    }

    void realCardsGetPlansThatFit_data() {
        QTest::addColumn<QString>("profile");
        QTest::addColumn<QString>("quant");
        QTest::addColumn<double>("vram");
        QTest::addColumn<double>("ram");
        QTest::addColumn<bool>("needsDisk");
        QTest::newRow("24 GB, Q4_K_M") << "rtx3090_pcie3x8_ddr4"
                                       << "Q4_K_M" << 23.7e9 << 43e9 << false;
        QTest::newRow("24 GB, Q8_0") << "rtx3090_pcie4x16_ddr5"
                                     << "Q8_0" << 23.7e9 << 57e9 << false;
        QTest::newRow("12 GB, Q4_K_M") << "rtx4070_pcie4x16_ddr5"
                                       << "Q4_K_M" << 11.7e9 << 57e9 << false;
        QTest::newRow("12 GB, Q8_0") << "rtx4070_pcie4x16_ddr5"
                                     << "Q8_0" << 11.7e9 << 57e9 << true;
        QTest::newRow("8 GB, Q4_K_M") << "rtx3070_pcie3x8_ddr4"
                                      << "Q4_K_M" << 7.7e9 << 43e9 << false;
        QTest::newRow("8 GB, Q8_0") << "rtx3070_pcie3x8_ddr4"
                                    << "Q8_0" << 7.7e9 << 43e9 << true;
        QTest::newRow("no GPU, Q4_K_M") << "rtx3070_pcie3x8_ddr4"
                                        << "Q4_K_M" << 0.0 << 32e9 << true;
    }
    void realCardsGetPlansThatFit() {
        QFETCH(QString, profile);
        QFETCH(QString, quant);
        QFETCH(double, vram);
        QFETCH(double, ram);
        QFETCH(bool, needsDisk);
        const Shape& shape = shapeOf("70b", quant.toStdString());
        const TierBudgets budgets = budgetsOf(shape, std::uint64_t(vram), std::uint64_t(ram));
        const Plan plan = planTiers(shape.model(), budgets, profileNamed(profile));
        checkSums(shape, plan);
        QCOMPARE(plan.blocksIn(Tier::Disk) > 0, needsDisk);
        QCOMPARE(plan.stagingBytes > 0, needsDisk);
        QVERIFY(needsDisk || plan.blocks.front().tier == Tier::Ram); // of the embedding, a token reads one row
        QVERIFY(vram == 0.0 || plan.blocks.back().tier == Tier::Vram);
        if (vram > 0) // packed to within one block of attention
            QVERIFY(plan.vramBytes() + plan.blocks[1].packedBytes * 3 / 2 > budgets.vram->weightBytes());
        if (needsDisk)
            QVERIFY(plan.ramBytes() + plan.blocks[1].packedBytes * 3 / 2 > budgets.ram.weightBytes());
    }

    void moreOfAnythingNeverPredictsSlower() {
        std::mt19937 random(7);
        int compared = 0;
        for (int round = 0; round < 150; ++round) {
            const Shape shape = randomShape(random);
            MachineProfile profile = randomProfile(random);
            const auto some = [&] { return 20'000 + random() % 3'000'000; };
            TierBudgets budgets = budgetsOf(shape, random() % 5 == 0 ? 0 : some(), some(), 16);
            double rate = decodeRate(shape, budgets, profile);
            const auto grows = [&](const char* what) {
                const double next = decodeRate(shape, budgets, profile);
                QVERIFY2(next >= rate * (1.0 - 1e-12),
                    qPrintable(QString("round %1, more %2: %3 after %4").arg(round).arg(what).arg(next).arg(rate)));
                compared += rate > 0.0 ? 1 : 0;
                rate = next;
            };
            for (int step = 0; step < 3; ++step) {
                if (budgets.vram) {
                    budgets.vram->freeBytes += random() % 200'000;
                    grows("VRAM");
                }
                budgets.ram.freeBytes += random() % 200'000;
                grows("RAM");
                for (double MachineProfile::*field :
                    {&MachineProfile::vramRead, &MachineProfile::linkIn, &MachineProfile::linkInBesideHost,
                        &MachineProfile::hostRead, &MachineProfile::hostReadBesideLink}) {
                    profile.*field *= 1.0 + double(random() % 100) / 200.0;
                    grows("bandwidth");
                }
                profile.drives.front().bytesPerSecond *= 1.2;
                grows("disk rate");
                profile.cpuMultiply.weightBytesPerSecond[0] *= 1.2;
                grows("multiplying");
            }
        }
        QVERIFY(compared > 1000);
    }

    void noBudgetIsExceededByAByte() {
        std::mt19937 random(11);
        int planned = 0;
        for (int round = 0; round < 300; ++round) {
            const Shape shape = randomShape(random);
            const MachineProfile profile = randomProfile(random);
            TierBudgets budgets = budgetsOf(shape, 40'000 + random() % 2'000'000, 40'000 + random() % 2'000'000, 16);
            budgets.vram->reserveBytes = random() % 5000;
            budgets.vram->scratchBytes = random() % 5000;
            budgets.ram.scratchBytes = random() % 5000;
            if (random() % 2 == 0)
                budgets.vram->capBytes = 40'000 + random() % 1'000'000;
            if (!refusal(shape, budgets, profile).isEmpty())
                continue;
            const Plan plan = planTiers(shape.model(), budgets, profile);
            checkSums(shape, plan);
            // The very bytes that a plan takes are enough for it, and one less is not.
            const auto shrink = [](TierBudget& budget, std::uint64_t taken) {
                budget = {.freeBytes = taken + budget.cacheBytes + budget.scratchBytes,
                    .cacheBytes = budget.cacheBytes,
                    .scratchBytes = budget.scratchBytes};
            };
            shrink(*budgets.vram, plan.vramBytes());
            shrink(budgets.ram, plan.ramBytes());
            const Plan again = planTiers(shape.model(), budgets, profile);
            QCOMPARE(again.vramBytes(), plan.vramBytes());
            QCOMPARE(again.ramBytes(), plan.ramBytes());
            for (TierBudget* budget : {&*budgets.vram, &budgets.ram}) {
                budget->freeBytes -= budget->freeBytes > 0 ? 1 : 0;
                if (refusal(shape, budgets, profile).isEmpty())
                    checkSums(shape, planTiers(shape.model(), budgets, profile));
            }
            ++planned;
        }
        QVERIFY(planned > 100);
    }

    void aModelThatFitsIsResidentWhole() {
        const Shape& shape = shapeOf("8b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 80'000'000'000, kPlenty), profile);
        checkSums(shape, plan);
        QCOMPARE(plan.blocksIn(Tier::Vram), std::uint32_t(shape.blocks.size()));
        QCOMPARE(plan.ringBytes, std::uint64_t(0));
        for (const Executor executor : schedulePass(plan, 1, profile).executors)
            QCOMPARE(executor, Executor::Resident);
    }
    void theHeadGoesIntoVramBeforeTheEmbedding() {
        const Shape& shape = shapeOf("8b", "Q8_0");
        for (const double vram : {1.5e9, 2e9, 4e9, 6e9, 8e9}) {
            const Plan plan = planTiers(
                shape.model(), budgetsOf(shape, std::uint64_t(vram), kPlenty), profileNamed("rtx3070_pcie3x8_ddr4"));
            QCOMPARE(plan.blocks.back().tier, Tier::Vram);
            QCOMPARE(plan.blocks.front().tier, Tier::Ram);
        }
    }
    void aTiedHeadComputesWhereTheEmbeddingRests() {
        const Shape& shape = shapeOf("1b", "Q4_K_M");
        const MachineProfile profile = profileNamed("rtx3070_pcie3x8_ddr4");
        for (const double vram : {300e6, 600e6, 3000e6}) {
            const Plan plan = planTiers(shape.model(), budgetsOf(shape, std::uint64_t(vram), kPlenty), profile);
            checkSums(shape, plan);
            QVERIFY(plan.isTied);
            QVERIFY(plan.blocks.back().readBytes > packedBytes(shape.blocks.front()));
            const Schedule schedule = schedulePass(plan, 1, profile);
            QCOMPARE(schedule.executors.front(), schedule.executors.back());
        }
    }
    void withoutAGpuTheCpuComputesEverything() {
        const Shape& shape = shapeOf("8b", "Q8_0");
        const MachineProfile profile = profileNamed("rtx3070_pcie3x8_ddr4");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 0, 4'000'000'000), profile);
        checkSums(shape, plan);
        const Schedule schedule = schedulePass(plan, 1, profile);
        QVERIFY(schedule.streamOrder.empty());
        QCOMPARE(schedule.diskOrder.size(), std::size_t(plan.blocksIn(Tier::Disk)));
        QCOMPARE(schedule.cost.bound, Wire::Disk);
        QCOMPARE(schedule.cost.bytes[std::size_t(Wire::Disk)], plan.bytesIn(Tier::Disk));
        QCOMPARE(schedule.cost.seconds, double(plan.bytesIn(Tier::Disk)) / 3.3e9);
    }

    void whatAPersonPutsSomewhereStaysThere() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const std::vector<TierOverride> wishes = {{BlockIndex(1), BlockIndex(8), Tier::Disk},
            {BlockIndex(20), BlockIndex(29), Tier::Vram}, {BlockIndex(161), BlockIndex(161), Tier::Ram}};
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile, wishes);
        checkSums(shape, plan);
        for (const TierOverride& wish : wishes)
            for (std::uint32_t i = wish.first.value; i <= wish.last.value; ++i)
                QCOMPARE(plan.blocks[i].tier, wish.tier);
        QCOMPARE(plan.blocksIn(Tier::Disk), 8U);
        QVERIFY(plan.stagingBytes > 0);
    }
    void whatContradictsIsRefused_data() {
        QTest::addColumn<std::uint32_t>("first");
        QTest::addColumn<std::uint32_t>("last");
        QTest::addColumn<int>("tier");
        QTest::addColumn<double>("vram");
        QTest::addColumn<QString>("says");
        QTest::newRow("beyond the last block") << 1U << 162U << 0 << 24e9 << "0 to 161";
        QTest::newRow("backwards") << 9U << 3U << 1 << 24e9 << "9 to 3";
        QTest::newRow("VRAM without a GPU") << 3U << 3U << 0 << 0.0 << "no GPU";
        QTest::newRow("more than VRAM holds") << 1U << 160U << 0 << 24e9 << "needs at least";
        QTest::newRow("the embedding on disk") << 0U << 0U << 2 << 24e9 << "every token";
        QTest::newRow("in two tiers") << 4U << 6U << 2 << 24e9 << "in RAM and in disk";
    }
    void whatContradictsIsRefused() {
        QFETCH(std::uint32_t, first);
        QFETCH(std::uint32_t, last);
        QFETCH(int, tier);
        QFETCH(double, vram);
        QFETCH(QString, says);
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        std::vector<TierOverride> wishes = {{BlockIndex(first), BlockIndex(last), static_cast<Tier>(tier)}};
        if (says.startsWith("in RAM"))
            wishes.insert(wishes.begin(), {BlockIndex(5), BlockIndex(5), Tier::Ram});
        const QString sentence =
            refusal(shape, budgetsOf(shape, std::uint64_t(vram), kPlenty), profileNamed("reference_h100"), wishes);
        QVERIFY2(sentence.contains(says), qPrintable(sentence));
    }

    void whatCannotFitSaysWhatWould() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const QString context = refusal(shape, budgetsOf(shape, 24'000'000'000, kPlenty, 131072), profile);
        QVERIFY2(context.contains("a context of at most 73,216 tokens would fit"), qPrintable(context));
        const QString ring = refusal(shape, budgetsOf(shape, 800'000'000, kPlenty), profile);
        QVERIFY2(ring.contains("needs at least") && ring.contains("CPU alone"), qPrintable(ring));
        const QString ram = refusal(shape, budgetsOf(shape, 0, 2'000'000'000), profile);
        QVERIFY2(ram.contains("of RAM") && ram.contains("smaller model"), qPrintable(ram));
        MachineProfile cpuOnly = profile;
        cpuOnly.gpu.clear();
        QVERIFY(refusal(shape, budgetsOf(shape, 24'000'000'000, kPlenty), cpuOnly).contains("no figures of a GPU"));
    }

    void aStoppedSearchFindsNothing() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const TierBudgets budgets = budgetsOf(shape, 24'500'000'000, kPlenty);
        const MachineProfile profile = profileNamed("reference_h100");
        std::stop_source source;
        const auto plan = planTiers(shape.model(), budgets, profile, {}, source.get_token());
        QVERIFY(plan && plan->tierBytes == planTiers(shape.model(), budgets, profile).tierBytes);
        source.request_stop();
        QVERIFY(!planTiers(shape.model(), budgets, profile, {}, source.get_token()));
    }

    void contextsTakeWhatTheCacheAllocates() {
        const Shape& shape = shapeOf("8b", "Q8_0");
        for (const std::uint32_t context : {1U, 7U, 4096U})
            for (const QuantType type : {QuantType::F16, QuantType::Q8_0})
                QCOMPARE(contextBytes(shape.spec, type, context), KvCache::byteCount(shape.spec, context, type));
    }
    void beginningsOfTheSpreadOrderAreEven() {
        const std::vector<std::uint32_t> order = spreadOrder(80);
        QCOMPARE(std::set<std::uint32_t>(order.begin(), order.end()).size(), std::size_t(80));
        for (std::size_t count = 1; count <= 80; ++count) {
            std::vector<std::uint32_t> some(order.begin(), order.begin() + std::ptrdiff_t(count));
            some.push_back(80);
            std::sort(some.begin(), some.end());
            std::uint32_t widest = some.front();
            for (std::size_t i = 1; i < some.size(); ++i)
                widest = std::max(widest, some[i] - some[i - 1]);
            QVERIFY(widest <= 2 * (128 / std::uint32_t(count) + 1));
        }
        QVERIFY(spreadOrder(0).empty());
    }
};

QTEST_APPLESS_MAIN(TestTierPlanner)
#include "tst_tier_planner.moc"
