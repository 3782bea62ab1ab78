// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/forecast.h"
#include "tests/core/planning_shapes.h"

#include <QtTest>

#include <cmath>

using namespace strata;

namespace {

constexpr auto kLink = static_cast<std::size_t>(Wire::Link);
constexpr auto kHost = static_cast<std::size_t>(Wire::Host);
constexpr auto kDisk = static_cast<std::size_t>(Wire::Disk);

// A pass that the link and the CPU should be busy with for a second each.
PassCost foretold() {
    PassCost cost;
    cost.bytes[kLink] = 1000;
    cost.bytes[kHost] = 2000;
    cost.busySeconds[kLink] = cost.busySeconds[kHost] = 1.0;
    cost.seconds = 1.2;
    return cost;
}

std::array<WireTotals, kWireCount> carried(std::uint64_t linkBytes, double linkSeconds, double hostSeconds) {
    std::array<WireTotals, kWireCount> totals;
    totals[kLink] = {.bytes = linkBytes, .busyNanoseconds = std::uint64_t(linkSeconds * 1e9)};
    totals[kHost] = {.bytes = 2000, .busyNanoseconds = std::uint64_t(hostSeconds * 1e9)};
    return totals;
}

bool isNear(double found, double expected) {
    return std::abs(found / expected - 1.0) < 1e-6;
}

} // namespace

class TestWirePace : public QObject {
    Q_OBJECT

private slots:
    void isOneBeforeAnythingWasCarried() {
        PaceMeter meter;
        QCOMPARE(meter.pace().factors, WirePace().factors);
        meter.add(foretold(), {}, 1);
        QCOMPARE(meter.pace().factors, WirePace().factors);
    }
    void isLearnedByTheByte() {
        PaceMeter meter;
        meter.add(foretold(), carried(500, 0.6, 1.5), 1); // half of the bytes: the ring was full
        QVERIFY(isNear(meter.pace()[Wire::Link], 1.2));
        QVERIFY(isNear(meter.pace()[Wire::Host], 1.5));
        QCOMPARE(meter.pace()[Wire::Disk], 1.0);
        QCOMPARE(meter.pace()[Wire::Vram], 1.0);
    }
    void aPassThatWasDisturbedDoesNotCount() {
        PaceMeter meter;
        for (const double seconds : {1.1, 1.1, 9.0, 1.1})
            meter.add(foretold(), carried(1000, seconds, 1.0), 1);
        QVERIFY(isNear(meter.pace()[Wire::Link], 1.1));
        QVERIFY(isNear(meter.pace()[Wire::Host], 1.0));
    }
    void whatIsLongAgoIsForgotten() {
        PaceMeter meter;
        for (int i = 0; i < 100; ++i)
            meter.add(foretold(), carried(1000, 3.0, 1.0), 1);
        for (int i = 0; i < 8; ++i)
            meter.add(foretold(), carried(1000, 1.0, 1.0), 1);
        QVERIFY(isNear(meter.pace()[Wire::Link], 1.0));
    }
    void longPassesSayNothingOfRam() {
        PaceMeter meter;
        meter.add(foretold(), carried(1000, 1.3, 40.0), 512);
        QVERIFY(isNear(meter.pace()[Wire::Link], 1.3));
        QCOMPARE(meter.pace()[Wire::Host], 1.0);
    }
    void aWireWithNextToNothingToDoSaysNothing() {
        PassCost cost = foretold();
        cost.busySeconds[kHost] = 1e-3; // a row of the embedding
        PaceMeter meter;
        meter.add(cost, carried(1000, 1.3, 1e-5), 1);
        QVERIFY(isNear(meter.pace()[Wire::Link], 1.3));
        QCOMPARE(meter.pace()[Wire::Host], 1.0);
    }
    void aStandstillIsNoPace() {
        PaceMeter meter;
        meter.add(foretold(), carried(1000, 1e6, 1.0), 1);
        QVERIFY(meter.pace()[Wire::Link] <= 10.0);
    }
    void slowsEveryFigureOfItsWire() {
        const MachineProfile profile = profileNamed("reference_h100");
        WirePace pace;
        pace.factors[kLink] = 2.0;
        pace.factors[kHost] = 4.0;
        pace.factors[kDisk] = 0.5;
        const MachineProfile now = atPace(profile, pace);
        QCOMPARE(now.linkIn, profile.linkIn / 2.0);
        QCOMPARE(now.linkInBesideHost, profile.linkInBesideHost / 2.0);
        QCOMPARE(now.hostRead, profile.hostRead / 4.0);
        QCOMPARE(now.hostReadBesideLink, profile.hostReadBesideLink / 4.0);
        QCOMPARE(now.cpuMultiply.weightBytesPerSecond[0], profile.cpuMultiply.weightBytesPerSecond[0] / 4.0);
        QCOMPARE(now.cpuMultiply.multipliesPerSecond, profile.cpuMultiply.multipliesPerSecond);
        QCOMPARE(now.drives.front().bytesPerSecond, profile.drives.front().bytesPerSecond * 2.0);
        QCOMPARE(now.vramRead, profile.vramRead);
    }
    // A pass that the wires bind takes as much longer as they do, and is scheduled as it was.
    void aForecastFollowsIt() {
        ShapeFolder shapes;
        const Shape& shape = shapes.get("70b", "Q4_K_M");
        const MachineProfile profile = profileNamed("reference_h100");
        const Plan plan = planTiers(shape.model(), budgetsOf(shape, 24'500'000'000, kPlenty), profile);
        const Forecast before = forecast(plan, profile, {});
        WirePace pace;
        pace.factors[kLink] = pace.factors[kHost] = 1.25;
        const Forecast after = forecast(plan, profile, {}, pace);
        QVERIFY(after.decodeTokensPerSecond < before.decodeTokensPerSecond / 1.2);
        QVERIFY(after.decodeTokensPerSecond > before.decodeTokensPerSecond / 1.25);
        QVERIFY(after.promptTokensPerSecond < before.promptTokensPerSecond / 1.2);
        QCOMPARE(after.decode.bytes, before.decode.bytes);
        QCOMPARE(forecast(plan, profile, {}, {}).decodeTokensPerSecond, before.decodeTokensPerSecond);
    }
};

QTEST_APPLESS_MAIN(TestWirePace)
#include "tst_wire_pace.moc"
