// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/pass_timeline.h"
#include "core/tier/pass_schedule.h"
#include "tests/core/planning_shapes.h"

#include <QtTest>

#include <cmath>
#include <string_view>

using namespace strata;

namespace {

constexpr std::uint64_t kBytes = 256'000; // of each block, in four tensors

// Feed-forward blocks outside VRAM, one a letter.
Plan planOf(std::string_view letters, std::uint64_t ringBytes) {
    Plan plan;
    plan.usesGpu = true;
    plan.ringBytes = ringBytes;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        PlannedBlock& block = plan.blocks.emplace_back();
        block.kind = BlockKind::FeedForward;
        block.packedBytes = block.hostBytes = block.readBytes = kBytes;
        block.largestTensorBytes = kBytes / 4;
    }
    return plan;
}

// S: streamed; H: by the CPU.
std::vector<Executor> executorsOf(std::string_view letters) {
    std::vector<Executor> executors;
    for (const char letter : letters)
        executors.push_back(letter == 'S' ? Executor::Streamed : Executor::Host);
    return executors;
}

// A block takes ten seconds by either wire, and nothing else takes any time.
MachineProfile tenSecondsABlock() {
    MachineProfile profile;
    profile.gpu = "gpu";
    profile.vramRead = 1e30;
    profile.linkIn = profile.linkInBesideHost = profile.hostRead = profile.hostReadBesideLink = kBytes / 10.0;
    for (MultiplyRates* rates : {&profile.cpuMultiply, &profile.gpuMultiply})
        rates->weightBytesPerSecond.fill(1e30);
    return profile;
}

double secondsOf(std::string_view letters, std::uint64_t ringBytes, const MachineProfile& profile) {
    const Plan plan = planOf(letters, ringBytes);
    return PassTimeline(plan, 1, profile, HeadUse::Computed).seconds(executorsOf(letters));
}

bool isNear(double found, double expected) {
    return std::abs(found - expected) < 1e-6 * expected;
}

} // namespace

class TestPassTimeline : public QObject {
    Q_OBJECT

private slots:
    void aRingHoldsTheLinkBack() {
        const MachineProfile profile = tenSecondsABlock();
        // Of two streamed blocks in a row the second can only be brought once the first is done with: the CPU waits
        // for it, and what comes after both can only be brought while the CPU computes the first of its own.
        QVERIFY(isNear(secondsOf("SSHH", kBytes, profile), 30.0));
        // With room for both each wire is busy all the time.
        QVERIFY(isNear(secondsOf("SSHH", 2 * kBytes, profile), 20.0));
        QVERIFY(isNear(secondsOf("SHSH", kBytes, profile), 20.0));
    }
    void aTensorThatDoesNotFitTheRingsEndBeginsAtItsStart() {
        const MachineProfile profile = tenSecondsABlock();
        // Room for two and a quarter, of which the quarter is of use; less than a tensor's at the end is not.
        QVERIFY(isNear(secondsOf("SSSHHH", 2 * kBytes + kBytes / 4, profile),
            secondsOf("SSSHHH", 2 * kBytes + kBytes / 4 + kBytes / 8, profile)));
        QVERIFY(secondsOf("SSSHHH", 3 * kBytes, profile) < secondsOf("SSSHHH", 2 * kBytes, profile) - 1.0);
    }
    void eachWireIsSlowedDownByWhatTheOtherIsBusyFor() {
        MachineProfile profile = tenSecondsABlock();
        profile.hostReadBesideLink = profile.hostRead / 2.0;
        QVERIFY(isNear(secondsOf("HHHH", kBytes, profile), 40.0)); // nobody uses the link
        const double half = secondsOf("SHHH", kBytes, profile);    // the link is busy for a part of the time
        QVERIFY(half > 31.0 && half < 59.0);
        profile.linkInBesideHost = profile.linkIn / 2.0;
        QVERIFY(isNear(secondsOf("SSSS", kBytes, profile), 40.0));
    }
    void nothingIsFasterThanItsWires() {
        ShapeFolder shapes;
        const Shape& shape = shapes.get("70b", "Q4_K_M");
        for (const char* name : {"reference_h100", "rtx3070_pcie3x8_ddr4"}) {
            const MachineProfile profile = profileNamed(name);
            const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile);
            PassTimeline timeline(plan, 1, profile, HeadUse::Computed);
            const Schedule balanced = balancePass(plan, 1, profile);
            const Schedule arranged = schedulePass(plan, 1, profile);
            const double bound = balanced.cost.seconds;
            const double even = timeline.seconds(balanced.executors);
            const double best = timeline.seconds(arranged.executors);
            qInfo("%s: wires allow %.1f ms, evenly spread %.1f, arranged %.1f", name, bound * 1e3, even * 1e3,
                best * 1e3);
            QVERIFY(best <= even);
            QVERIFY(best > bound * 0.99);
            QVERIFY2(best < bound * 1.06, name);
        }
    }
    // Of a machine whose link and RAM are about as fast: blocks of both kinds, spread evenly by their numbers, come in
    // bursts that the ring can't hold.
    void whatAPassFindsOnItsWayBeatsEvenSpacing() {
        ShapeFolder shapes;
        const Shape& shape = shapes.get("70b", "Q4_K_M");
        MachineProfile profile = profileNamed("reference_h100");
        profile.linkIn = 53.1e9;
        profile.linkInBesideHost = 51.0e9;
        profile.hostRead = 68.5e9;
        profile.hostReadBesideLink = 52.6e9;
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 12'000'000'000, kPlenty), profile);
        PassTimeline timeline(plan, 1, profile, HeadUse::Computed);
        const double even = timeline.seconds(balancePass(plan, 1, profile).executors);
        const double best = timeline.seconds(schedulePass(plan, 1, profile).executors);
        QVERIFY2(best < 0.99 * even, qPrintable(QString("%1 s after %2").arg(best).arg(even)));
    }
};

QTEST_APPLESS_MAIN(TestPassTimeline)
#include "tst_pass_timeline.moc"
