// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/forecast.h"
#include "tests/core/planning_shapes.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

using namespace strata;

namespace {

std::array<int, 3> executorCounts(const Plan& plan, const Schedule& schedule) {
    std::array<int, 3> counts = {};
    for (std::size_t i = 0; i < plan.blocks.size(); ++i)
        if (plan.blocks[i].kind == BlockKind::Attention || plan.blocks[i].kind == BlockKind::FeedForward)
            ++counts[static_cast<std::size_t>(schedule.executors[i])];
    return counts;
}

} // namespace

class TestPassSchedule : public QObject {
    Q_OBJECT
private:
    ShapeFolder m_shapes;

    const Shape& shapeOf(const std::string& preset, const std::string& quant) { return m_shapes.get(preset, quant); }

private slots:
    void decodingInterleavesAndPromptsStream() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile);
        const Schedule decode = schedulePass(plan, 1, profile);
        const auto [resident, streamed, host] = executorCounts(plan, decode);
        QVERIFY(resident > 0 && streamed > 10 && host > 10);
        // Both wires are busy nearly all the time.
        QVERIFY(decode.cost.busySeconds[std::size_t(Wire::Link)] > 0.8 * decode.cost.seconds);
        QVERIFY(decode.cost.busySeconds[std::size_t(Wire::Host)] > 0.8 * decode.cost.seconds);
        // The link sets the pace of a prompt, and the GPU waits for it: what the CPU does meanwhile is a few blocks.
        QVERIFY(executorCounts(plan, schedulePass(plan, 512, profile))[std::size_t(Executor::Host)] < 5);
        QCOMPARE(executorCounts(plan, schedulePass(plan, 2048, profile))[std::size_t(Executor::Host)], 0);
        // The slower the CPU is at many tokens, the more of them move to the link.
        QVERIFY(executorCounts(plan, schedulePass(plan, 8, profile))[std::size_t(Executor::Host)] < host);
        QVERIFY(std::is_sorted(decode.streamOrder.begin(), decode.streamOrder.end()));
    }
    void streamedBlocksAreSpreadEvenlyBetweenTheOthers() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile);
        const Schedule schedule = schedulePass(plan, 1, profile);
        std::vector<int> gaps;
        int gap = 0;
        for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
            if (plan.blocks[i].kind != BlockKind::FeedForward || plan.blocks[i].tier == Tier::Vram)
                continue;
            ++gap;
            if (schedule.executors[i] == Executor::Streamed)
                gaps.push_back(std::exchange(gap, 0));
        }
        QVERIFY(gaps.size() > 5);
        const auto [least, most] = std::minmax_element(gaps.begin(), gaps.end());
        QVERIFY(*most - *least <= 1);
    }
    void whereTheLinkTakesWhatTheCpuLosesTheCpuDoesItAll() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        MachineProfile profile = profileNamed("rtx3090_pcie4x16_ddr4");
        profile.hostReadBesideLink = profile.hostRead - 30e9;
        profile.linkInBesideHost = 20e9;
        profile.linkIn = 25e9;
        profile.vramRead = profile.gpuMultiply.weightBytesPerSecond[0] = 1e15; // no idle time of the CPU to fill
        profile.exchangeSeconds = profile.gpuBlockSeconds = 0.0;
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 12'000'000'000, kPlenty), profile);
        QCOMPARE(executorCounts(plan, schedulePass(plan, 1, profile))[std::size_t(Executor::Streamed)], 0);
    }

    void costsAddUpAsWritten() {
        // CPU: 100 bytes at 10 a second; link: 30 bytes at 5, or at 4 beside the CPU; GPU: reads 30 at 30.
        Plan plan;
        plan.usesGpu = true;
        plan.ringBytes = 1;
        for (const std::uint64_t bytes : {100, 30}) {
            PlannedBlock& block = plan.blocks.emplace_back();
            block.kind = BlockKind::FeedForward;
            block.packedBytes = block.hostBytes = block.readBytes = bytes;
        }
        MachineProfile profile;
        profile.vramRead = 30;
        profile.linkIn = 5;
        profile.linkInBesideHost = 4;
        profile.hostRead = 10;
        profile.hostReadBesideLink = 8;
        for (MultiplyRates* rates : {&profile.cpuMultiply, &profile.gpuMultiply})
            rates->weightBytesPerSecond.fill(1e9);
        const std::array executors = {Executor::Host, Executor::Streamed};
        const PassCost cost = passCost(plan, executors, 1, profile);
        // The link needs 1 s of the GPU's time for its last 5 bytes; 25 at 4 a second beside the CPU take 6.25 s in
        // which that reads 50; it reads the other 50 alone in 5 s.
        QCOMPARE(cost.seconds, 6.25 + 5.0 + 1.0);
        QCOMPARE(cost.bytes, (std::array<std::uint64_t, kWireCount>{30, 30, 100, 0}));
        QCOMPARE(cost.bound, Wire::Host);
    }
    void aPassWithoutLogitsLeavesTheHeadOut() {
        const Shape& shape = shapeOf("8b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const auto head = static_cast<std::uint32_t>(shape.blocks.size() - 1);
        const std::vector<TierOverride> onDisk = {
            {BlockIndex(5), BlockIndex(5), Tier::Disk}, {BlockIndex(head), BlockIndex(head), Tier::Disk}};
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 4'000'000'000, kPlenty), profile, onDisk);
        const Schedule with = schedulePass(plan, 512, profile);
        const Schedule without = schedulePass(plan, 512, profile, HeadUse::LeftOut);
        QCOMPARE(with.diskOrder, (std::vector{BlockIndex(5), BlockIndex(head)}));
        QCOMPARE(without.diskOrder, std::vector{BlockIndex(5)});
        QCOMPARE(with.cost.bytes[std::size_t(Wire::Disk)] - without.cost.bytes[std::size_t(Wire::Disk)],
            plan.blocks[head].hostBytes);
        const PassCost same = passCost(plan, with.executors, 512, profile, HeadUse::LeftOut);
        QCOMPARE(with.cost.bytes[std::size_t(Wire::Host)] - same.bytes[std::size_t(Wire::Host)],
            plan.blocks[head].readBytes);
        QVERIFY(without.cost.seconds < with.cost.seconds);
        // Of a prompt's four chunks the last one alone reads it.
        const double whole = 2048 / forecast(plan, profile, {.promptTokens = 2048}).promptTokensPerSecond;
        double expected = with.cost.seconds + 3 * without.cost.seconds;
        for (const std::uint32_t rows : {512U, 1024U, 1536U, 2048U})
            expected += attentionSeconds(plan, 512, rows, profile);
        QCOMPARE(whole, expected);
    }
    // docs/measurements.md. The profile's parts of prompts were worked out from the rows that say so; what they
    // foretell of the others was not looked at for that. 8B used to be foretold a fifth too fast, by a CPU a quarter.
    void promptsAreForetoldAsMeasured_data() {
        QTest::addColumn<QString>("preset");
        QTest::addColumn<bool>("usesGpu");
        QTest::addColumn<std::uint32_t>("tokens");
        QTest::addColumn<double>("measured"); // tok/s
        QTest::newRow("8B, H100, worked out from") << "8b" << true << 512U << 24350.0;
        QTest::newRow("8B, H200") << "8b" << true << 512U << 24371.0;
        QTest::newRow("8B, 2,048 tokens, H100, worked out from") << "8b" << true << 2048U << 29080.0;
        QTest::newRow("8B, 8,192 tokens, H100, worked out from") << "8b" << true << 8192U << 24800.0;
        QTest::newRow("70B, H100") << "70b" << true << 512U << 3437.0;
        QTest::newRow("8B, CPU, worked out from") << "8b" << false << 512U << 185.0;
        QTest::newRow("1B, CPU, worked out from") << "1b" << false << 512U << 1165.0;
    }
    void promptsAreForetoldAsMeasured() {
        QFETCH(QString, preset);
        QFETCH(bool, usesGpu);
        QFETCH(std::uint32_t, tokens);
        QFETCH(double, measured);
        const Shape& shape = shapeOf(preset.toStdString(), "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, usesGpu ? 80e9 : 0, kPlenty, 8192), profile);
        const double foretold =
            forecast(plan, profile, {.promptTokens = tokens, .chunkTokens = 2048}).promptTokensPerSecond;
        qInfo("%.0f tok/s foretold, %.0f measured", foretold, measured);
        QVERIFY2(std::abs(foretold / measured - 1.0) < 0.07, qPrintable(QString::number(foretold)));
    }
    void longerPromptsNeverTakeLess() {
        const Shape& shape = shapeOf("8b", "Q4_K_M");
        for (const char* name : {"reference_h100", "rtx3070_pcie3x8_ddr4"}) {
            const MachineProfile profile = profileNamed(name);
            const Plan plan = planTiers(shape.model(), budgetsOf(shape, 7'000'000'000, kPlenty, 8192), profile);
            double before = 0.0;
            for (std::uint32_t tokens = 1; tokens <= 2048; tokens += 1 + tokens / 3) {
                const Forecast one = forecast(plan, profile, {.promptTokens = tokens, .chunkTokens = 2048});
                const double seconds = tokens / one.promptTokensPerSecond;
                QVERIFY2(seconds >= before * (1 - 1e-12), qPrintable(QString("%1 tokens").arg(tokens)));
                before = seconds;
            }
        }
    }
    void schedulesAreKeptByPowersOfTwo() {
        QCOMPARE(scheduleTokens(1), 1U);
        QCOMPARE(scheduleTokens(3), 4U);
        QCOMPARE(scheduleTokens(8), 8U);
        QCOMPARE(scheduleTokens(300), 512U);
    }
    void aLongerPromptIsReadInChunksOfTheSameCost() {
        const Shape& shape = shapeOf("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile);
        const Forecast one = forecast(plan, profile, {.promptTokens = 512});
        const Forecast four = forecast(plan, profile, {.promptTokens = 2048});
        const Forecast none = forecast(plan, profile, {.promptTokens = 0});
        QVERIFY(four.promptTokensPerSecond < one.promptTokensPerSecond); // attention sees more
        QVERIFY(four.promptTokensPerSecond > 0.95 * one.promptTokensPerSecond);
        QCOMPARE(none.promptTokensPerSecond, 0.0);
        QVERIFY(none.decodeTokensPerSecond > four.decodeTokensPerSecond);
        QCOMPARE(one.loadSeconds, double(plan.bytesIn(Tier::Vram) + plan.bytesIn(Tier::Ram)) / 1.7e9);
    }
};

QTEST_APPLESS_MAIN(TestPassSchedule)
#include "tst_pass_schedule.moc"
