// SPDX-License-Identifier: GPL-3.0-or-later
// Histories, rates, views, axes, notices and files of telemetry: plain arithmetic.
#include "gui/telemetry/draw_budget.h"
#include "gui/telemetry/history_csv.h"
#include "gui/telemetry/link_notice.h"
#include "gui/telemetry/telemetry_history.h"
#include "gui/telemetry/telemetry_reader.h"
#include "gui/telemetry/time_view.h"
#include "gui/telemetry/value_axis.h"
#include "gui/theme.h"
#include "tests/support/fake_sensors.h"

#include <QSet>
#include <QTest>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>

using strata::BoardReading;
using strata::HostReading;

namespace {

std::atomic<int> g_allocations = 0;

Sample sampleOf(Curve curve, float value) {
    Sample sample;
    sample.fill(kUnknown);
    sample[indexOf(curve)] = value;
    return sample;
}

float valueOf(const Sample& sample, Curve curve) {
    return sample[indexOf(curve)];
}

HostReading host(std::uint64_t busy, std::uint64_t all, double processSeconds, std::uint64_t reads) {
    HostReading reading;
    reading.busyTicks = busy;
    reading.allTicks = all;
    reading.processSeconds = processSeconds;
    reading.processors = 4;
    reading.ramBytes = 32'000'000'000;
    reading.availableBytes = 20'000'000'000;
    reading.residentBytes = 5'000'000'000;
    reading.processDiskReadBytes = reads;
    reading.diskReadBytes = 2 * reads;
    return reading;
}

} // namespace

// Counts what is allocated by the functions under test.
void* operator new(std::size_t size) {
    ++g_allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size))
        return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

class TestTelemetryFigures : public QObject {
    Q_OBJECT

private slots:
    void everyCurveHasItsRow();
    void coloursStandOutFromTheGround_data();
    void coloursStandOutFromTheGround();
    void historyKeepsTheLastSamples();
    void historyDropsWhatIsOlderThanTenMinutes();
    void historyTakesOnlyWhatIsNewer();
    void nearestSampleIsFound();
    void ratesAreMeansOfTheLastSecond();
    void ratesBeginAnewWithAnotherLoad();
    void whatNobodySaysIsUnknown();
    void ramAddsUpToTheMachine();
    void vramAddsUpToTheBoard_data();
    void vramAddsUpToTheBoard();
    void samplingAllocatesNothing();
    void liveViewGoesWithTheTime();
    void zoomKeepsTheMomentInPlace();
    void viewsStayInTheHistory();
    void axesEndAtRoundNumbers_data();
    void axesEndAtRoundNumbers();
    void axesDoNotJump();
    void timeLabels();
    void slowLinksAreNamed_data();
    void slowLinksAreNamed();
    void generationIsJudgedAtWorkOnly();
    void csvHoldsEverySample();
    void dearDrawingIsDoneLessOften();
};

void TestTelemetryFigures::everyCurveHasItsRow() {
    QCOMPARE(plotRows().size(), kPlotCount);
    QCOMPARE(curveRows().size(), kCurveCount);
    std::size_t count = 0;
    QSet<QString> ids;
    for (const PlotRow& plot : plotRows()) {
        QVERIFY(!curveRows(plot.plot).empty());
        count += curveRows(plot.plot).size();
        for (const CurveRow& row : curveRows(plot.plot)) {
            ids.insert(QLatin1String(row.id));
            QVERIFY(!curveName(row.curve).isEmpty());
            QVERIFY(!sourceName(row.source).isEmpty() && !sourceSentence(row.source).isEmpty());
        }
    }
    QCOMPARE(count, kCurveCount); // plots share none
    QCOMPARE(static_cast<std::size_t>(ids.size()), kCurveCount);
}

void TestTelemetryFigures::coloursStandOutFromTheGround_data() {
    QTest::addColumn<bool>("isDark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

// Lines need 3:1 to be seen, save where the name beside them has it; areas have edges.
void TestTelemetryFigures::coloursStandOutFromTheGround() {
    QFETCH(const bool, isDark);
    const QPalette palette = isDark ? darkPalette() : lightPalette();
    const auto luminance = [](const QColor& color) {
        const auto linear = [](double channel) {
            return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    for (const CurveRow& row : curveRows()) {
        const double color = luminance(hueColor(row.hue, palette));
        const double ground = luminance(palette.color(QPalette::Base));
        const double contrast = (std::max(color, ground) + 0.05) / (std::min(color, ground) + 0.05);
        QVERIFY2(contrast >= (row.drawn == Drawn::Area ? 1.9 : 2.8), row.id);
    }
}

void TestTelemetryFigures::historyKeepsTheLastSamples() {
    TelemetryHistory history(4);
    QVERIFY(history.isEmpty());
    for (int i = 0; i < 10; ++i)
        history.add(i * 0.1, sampleOf(Curve::LoadCpu, static_cast<float>(i)));
    QCOMPARE(history.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        QCOMPARE(history.valueAt(i, Curve::LoadCpu), static_cast<float>(6 + i));
        QVERIFY(std::abs(history.secondsAt(i) - 0.1 * static_cast<double>(6 + i)) < 1e-9);
    }
    QCOMPARE(history.firstFrom(0.75), 2U);
    QCOMPARE(history.firstFrom(0), 0U);
    QCOMPARE(history.firstFrom(5), 4U);
}

void TestTelemetryFigures::historyDropsWhatIsOlderThanTenMinutes() {
    TelemetryHistory history;
    for (int i = 0; i < 700; ++i) // one a second, as while nobody watches
        history.add(i, sampleOf(Curve::LoadCpu, 0));
    QCOMPARE(history.secondsAt(0), 99.0);
    QCOMPARE(history.size(), 601U);
    TelemetryHistory quick;
    for (int i = 0; i < 7000; ++i)
        quick.add(i * 0.1, sampleOf(Curve::LoadCpu, 0));
    QCOMPARE(quick.size(), kHistoryCapacity);
    QVERIFY(quick.secondsAt(quick.size() - 1) - quick.secondsAt(0) > 599.8);
}

void TestTelemetryFigures::historyTakesOnlyWhatIsNewer() {
    TelemetryHistory source(8);
    TelemetryHistory shown(8);
    for (int i = 0; i < 3; ++i)
        source.add(i, sampleOf(Curve::LoadCpu, static_cast<float>(i)));
    shown.addNewer(source);
    QCOMPARE(shown.size(), 3U);
    shown.addNewer(source);
    QCOMPARE(shown.size(), 3U);
    source.add(3, sampleOf(Curve::LoadCpu, 3));
    shown.addNewer(source);
    QCOMPARE(shown.size(), 4U);
    QCOMPARE(shown.valueAt(3, Curve::LoadCpu), 3.0F);
}

void TestTelemetryFigures::nearestSampleIsFound() {
    TelemetryHistory history(8);
    for (const double seconds : {1.0, 2.0, 4.0})
        history.add(seconds, sampleOf(Curve::LoadCpu, 0));
    QCOMPARE(history.nearest(0), 0U);
    QCOMPARE(history.nearest(1.4), 0U);
    QCOMPARE(history.nearest(1.6), 1U);
    QCOMPARE(history.nearest(3.2), 2U);
    QCOMPARE(history.nearest(9), 2U);
}

void TestTelemetryFigures::ratesAreMeansOfTheLastSecond() {
    TelemetryReader reader;
    EngineFigures engine;
    auto metrics = std::make_shared<strata::Metrics>();
    engine.metrics = metrics;
    Sample sample = reader.read(10.0, host(0, 0, 0, 0), nullptr, engine);
    QVERIFY(std::isnan(valueOf(sample, Curve::LoadCpu)));
    QVERIFY(std::isnan(valueOf(sample, Curve::SpeedReply)));
    for (int i = 1; i <= 30; ++i) { // of four processors, a quarter is busy, half of that by Strata
        metrics->add({.generatedTokens = i % 5 == 0 ? 10U : 0U}); // ten at a time, twice a second
        const auto ticks = static_cast<std::uint64_t>(i);
        sample =
            reader.read(10.0 + i * 0.1, host(10 * ticks, 40 * ticks, 0.05 * i, 1'000'000 * ticks), nullptr, engine);
    }
    const auto isNear = [](float value, double expected) {
        return std::abs(static_cast<double>(value) / expected - 1) < 1e-3;
    };
    QVERIFY(isNear(valueOf(sample, Curve::LoadCpu), 0.25));
    QVERIFY(isNear(valueOf(sample, Curve::LoadStrata), 0.125));
    QVERIFY(isNear(valueOf(sample, Curve::DiskStrata), 10e6));
    QVERIFY(isNear(valueOf(sample, Curve::DiskMachine), 20e6));
    QVERIFY(isNear(valueOf(sample, Curve::SpeedReply), 20));
    QCOMPARE(valueOf(sample, Curve::SpeedPrompt), 0.0F);
}

void TestTelemetryFigures::ratesBeginAnewWithAnotherLoad() {
    TelemetryReader reader;
    EngineFigures engine;
    auto first = std::make_shared<strata::Metrics>();
    first->add({.generatedTokens = 100'000});
    engine.metrics = first;
    reader.read(1.0, host(0, 0, 0, 0), nullptr, engine);
    engine.metrics = std::make_shared<strata::Metrics>();
    Sample sample = reader.read(1.1, host(0, 0, 0, 0), nullptr, engine);
    QVERIFY(std::isnan(valueOf(sample, Curve::SpeedReply))); // and not a million tokens a second backwards
    sample = reader.read(1.2, host(0, 0, 0, 0), nullptr, engine);
    QCOMPARE(valueOf(sample, Curve::SpeedReply), 0.0F);
}

void TestTelemetryFigures::whatNobodySaysIsUnknown() {
    TelemetryReader reader;
    reader.read(1.0, HostReading(), nullptr, EngineFigures());
    const BoardReading silent;
    const Sample sample = reader.read(1.1, HostReading(), &silent, EngineFigures());
    for (const Curve curve :
        {Curve::VramWeights, Curve::VramFree, Curve::LinkIn, Curve::LinkNegotiated, Curve::LinkMeasuredIn,
            Curve::RamOthers, Curve::DiskStrata, Curve::LoadGpu, Curve::LoadCpu, Curve::Temperature, Curve::Power})
        QVERIFY2(std::isnan(valueOf(sample, curve)), curveRow(curve).id);
}

void TestTelemetryFigures::ramAddsUpToTheMachine() {
    TelemetryReader reader;
    EngineFigures engine;
    auto metrics = std::make_shared<strata::Metrics>();
    metrics->setPinned(3'000'000'000);
    engine.metrics = metrics;
    const Sample sample = reader.read(1.0, host(0, 0, 0, 0), nullptr, engine);
    QCOMPARE(valueOf(sample, Curve::RamPinned), 3e9F);
    QCOMPARE(valueOf(sample, Curve::RamStrata), 2e9F);
    QCOMPARE(valueOf(sample, Curve::RamOthers), 7e9F);
    QCOMPARE(valueOf(sample, Curve::RamFree), 20e9F);
}

void TestTelemetryFigures::vramAddsUpToTheBoard_data() {
    QTest::addColumn<double>("used");
    QTest::addColumn<double>("own"); // 0: the board does not say
    QTest::addColumn<bool>("isLoading");
    QTest::addColumn<QList<double>>("shares"); // weights, cache, scratch, others
    QTest::newRow("process known: the context counts as scratch")
        << 20e9 << 14e9 << false << QList{10e9, 2e9, 2e9, 6e9};
    QTest::newRow("process not known: as planned") << 20e9 << 0.0 << false << QList{10e9, 2e9, 1e9, 7e9};
    QTest::newRow("less in use than planned") << 11e9 << 0.0 << false << QList{10e9, 1e9, 0.0, 0.0};
    QTest::newRow("weights on their way") << 20e9 << 16e9 << true << QList{14e9, 2e9, 0.0, 4e9};
}

void TestTelemetryFigures::vramAddsUpToTheBoard() {
    QFETCH(const double, used);
    QFETCH(const double, own);
    QFETCH(const bool, isLoading);
    QFETCH(const QList<double>, shares);
    BoardReading board;
    board.totalBytes = 24'000'000'000;
    board.usedBytes = static_cast<std::uint64_t>(used);
    if (own > 0)
        board.ownBytes = static_cast<std::uint64_t>(own);
    EngineFigures engine;
    engine.isLoading = isLoading;
    engine.vramWeights = 10'000'000'000;
    engine.vramCache = 2'000'000'000;
    engine.vramScratch = isLoading ? 0 : 1'000'000'000;
    const VramShares parts = shareVram(board, engine);
    QCOMPARE(QList({parts.weights, parts.cache, parts.scratch, parts.others}), shares);
    QCOMPARE(parts.weights + parts.cache + parts.scratch + parts.others + parts.free, 24e9);
}

void TestTelemetryFigures::samplingAllocatesNothing() {
    strata::HostCounters counters;
    TelemetryReader reader;
    TelemetryHistory history;
    TelemetryHistory shown;
    EngineFigures engine;
    engine.metrics = std::make_shared<strata::Metrics>();
    const auto state = std::make_shared<strata::FakeBoardState>();
    const std::unique_ptr<strata::DeviceSensors> sensors = std::make_unique<strata::FakeSensors>(state);
    const int before = g_allocations;
    for (int i = 0; i < 6500; ++i) { // past the end of the ring
        const BoardReading board = sensors->read(strata::DeviceSensors::Depth::Full);
        const HostReading reading = i % 100 == 0 ? counters.read() : HostReading();
        history.add(i * 0.1, reader.read(i * 0.1, reading, &board, engine));
        if (i % 10 == 0)
            shown.addNewer(history);
    }
    QCOMPARE(g_allocations.load(), before);
    const auto* proof = new int(1); // that they are counted
    QVERIFY(g_allocations > before);
    delete proof;
}

void TestTelemetryFigures::liveViewGoesWithTheTime() {
    TimeView view(60);
    QVERIFY(view.isLive() && view.isUsual());
    QCOMPARE(view.end(100), 100.0);
    QCOMPARE(view.begin(130), 70.0);
    view.pan(-20, 130);
    QVERIFY(!view.isLive());
    QCOMPARE(view.end(130), 110.0);
    QCOMPARE(view.end(140), 110.0); // looks back
    view.pan(40, 140);
    QVERIFY(view.isLive());
    view.zoom(2, 1.0, 140);
    QVERIFY(view.isLive() && !view.isUsual());
    QCOMPARE(view.span(), 30.0);
    view.reset();
    QVERIFY(view.isUsual());
    view.setUsual(300);
    QCOMPARE(view.span(), 300.0);
}

void TestTelemetryFigures::zoomKeepsTheMomentInPlace() {
    TimeView view(100);
    const double moment = view.timeAt(0.25, 1000);
    view.zoom(4, 0.25, 1000);
    QCOMPARE(view.span(), 25.0);
    QVERIFY(!view.isLive());
    QCOMPARE(view.timeAt(0.25, 1000), moment);
    view.zoom(0.25, 0.25, 1000);
    QCOMPARE(view.span(), 100.0);
    QVERIFY(view.isLive()); // as it was
}

void TestTelemetryFigures::viewsStayInTheHistory() {
    TimeView view(60);
    view.pan(-5000, 1000);
    QCOMPARE(view.begin(1000), 400.0);
    view.zoom(1000, 0.5, 1000);
    QCOMPARE(view.span(), TimeView::kShortest);
    for (int i = 0; i < 20; ++i)
        view.zoom(0.5, 0.5, 1000);
    QCOMPARE(view.span(), TimeView::kLongest);
    QVERIFY(view.end(1000) <= 1000 && view.begin(1000) >= 400 - 1e-6);
    TimeView young(60);
    young.pan(-30, 5); // before the program began: nothing was there
    QVERIFY(young.end(5) <= 5);
}

void TestTelemetryFigures::axesEndAtRoundNumbers_data() {
    QTest::addColumn<int>("unit");
    QTest::addColumn<double>("most");
    QTest::addColumn<double>("top");
    QTest::addColumn<double>("step");
    const auto row = [](const char* name, Unit unit, double most, double top, double step) {
        QTest::newRow(name) << static_cast<int>(unit) << most << top << step;
    };
    row("shares end at 1", Unit::Share, 0.3, 1, 0.5);
    row("rate", Unit::ByteRate, 26e9, 30e9, 10e9);
    row("at the step", Unit::TokenRate, 38, 40, 20);
    row("just above a round one", Unit::TokenRate, 99, 150, 50);
    row("at rest", Unit::ByteRate, 0, 1e6, 0.5e6);
    row("not a number", Unit::Watts, std::nan(""), 100, 50);
}

void TestTelemetryFigures::axesEndAtRoundNumbers() {
    QFETCH(const int, unit);
    QFETCH(const double, most);
    QFETCH(const double, top);
    QFETCH(const double, step);
    const ValueAxis axis = axisFor(static_cast<Unit>(unit), most);
    QCOMPARE(axis.top, top);
    QCOMPARE(axis.step, step);
    QVERIFY(!(most > axis.top));
}

void TestTelemetryFigures::axesDoNotJump() {
    const ValueAxis drawn = axisFor(Unit::ByteRate, 26e9);
    QCOMPARE(settled(drawn, axisFor(Unit::ByteRate, 20e9)), drawn);
    QCOMPARE(settled(drawn, axisFor(Unit::ByteRate, 40e9)), axisFor(Unit::ByteRate, 40e9));
    QCOMPARE(settled(drawn, axisFor(Unit::ByteRate, 2e9)), axisFor(Unit::ByteRate, 2e9));
    QCOMPARE(settledTotal(axisOfTotal(24e9), axisOfTotal(24e9 + 1000)), axisOfTotal(24e9)); // sums of rounded parts
    QCOMPARE(settledTotal(axisOfTotal(24e9), axisOfTotal(12e9)), axisOfTotal(12e9));
    QCOMPARE(axisOfTotal(24e9).top, 24e9); // all of a memory
    QCOMPARE(axisOfTotal(24e9).step, 10e9);
}

void TestTelemetryFigures::timeLabels() {
    QCOMPARE(timeLabel(0), QStringLiteral("now"));
    QCOMPARE(timeLabel(-20), QStringLiteral("-20 s"));
    QCOMPARE(timeLabel(-0.5), QStringLiteral("-0.5 s"));
    QCOMPARE(timeLabel(-90), QStringLiteral("-90 s"));
    QCOMPARE(timeLabel(-120), QStringLiteral("-2 min"));
    for (const double span : {2.0, 10.0, 60.0, 300.0, 600.0}) {
        QVERIFY(span / timeStep(span) >= 1.9);
        QVERIFY(span / timeStep(span) <= 5);
    }
}

void TestTelemetryFigures::slowLinksAreNamed_data() {
    QTest::addColumn<QList<unsigned>>("link"); // generation, most, width, most
    QTest::addColumn<double>("load");
    QTest::addColumn<QStringList>("words");
    using Link = QList<unsigned>;
    QTest::newRow("as it should be") << Link{4, 4, 16, 16} << 0.9 << QStringList();
    QTest::newRow("idle, at a lower generation") << Link{1, 4, 16, 16} << 0.0 << QStringList();
    QTest::newRow("narrow, though idle") << Link{1, 4, 8, 16} << 0.0
                                         << QStringList({QStringLiteral("8 PCIe lanes"), QStringLiteral("do 16"),
                                                QStringLiteral("up to 2 times")});
    QTest::newRow("narrow and old, at work") << Link{3, 4, 8, 16} << 0.9
                                             << QStringList({QStringLiteral("PCIe 3.0 x8"),
                                                    QStringLiteral("PCIe 4.0 x16"), QStringLiteral("up to 4 times")});
    QTest::newRow("not known") << Link{0, 0, 0, 0} << 0.9 << QStringList();
    QTest::newRow("newer than anyone knows") << Link{9, 9, 16, 16} << 0.9 << QStringList();
}

void TestTelemetryFigures::slowLinksAreNamed() {
    QFETCH(const QList<unsigned>, link);
    QFETCH(const double, load);
    QFETCH(const QStringList, words);
    LinkJudge judge;
    BoardReading reading;
    reading.load = load;
    reading.link = {.generation = link[0], .maxGeneration = link[1], .width = link[2], .maxWidth = link[3]};
    judge.add(reading);
    QCOMPARE(judge.sentence().isEmpty(), words.isEmpty());
    for (const QString& word : words)
        QVERIFY2(judge.sentence().contains(word), qPrintable(judge.sentence()));
}

void TestTelemetryFigures::generationIsJudgedAtWorkOnly() {
    LinkJudge judge;
    BoardReading reading;
    reading.link = {.generation = 4, .maxGeneration = 4, .width = 16, .maxWidth = 16};
    reading.bytesPerSecondIn = 5e9; // at work, by its traffic
    judge.add(reading);
    reading.bytesPerSecondIn = 0;
    reading.link.generation = 1;
    judge.add(reading);
    QCOMPARE(judge.sentence(), QString()); // what was seen at work holds
    LinkJudge old;
    reading.load = 1.0;
    reading.link.generation = 3;
    old.add(reading);
    QVERIFY(old.sentence().contains(QStringLiteral("PCIe 3.0 x16")));
}

void TestTelemetryFigures::csvHoldsEverySample() {
    TelemetryHistory history(8);
    Sample sample = sampleOf(Curve::RamFree, 20e9F);
    sample[indexOf(Curve::LoadCpu)] = 0.25F;
    history.add(0.5, sample);
    history.add(0.6, sampleOf(Curve::LoadCpu, 0.5F));
    const QDateTime zero(QDate(2026, 1, 2), QTime(3, 4, 5), Qt::UTC);
    const std::array<Curve, 2> curves = {Curve::RamFree, Curve::LoadCpu};
    const QList<QByteArray> lines = historyCsv(history, curves, zero).split('\n');
    QCOMPARE(lines.size(), 4); // the last is empty
    QCOMPARE(lines[0], QByteArray("time,seconds,\"RAM: Free (machine, bytes)\",\"Load: CPU (machine, share of 1)\"\r"));
    QCOMPARE(lines[1], QByteArray("2026-01-02T03:04:05.500Z,0.500,2e+10,0.25\r"));
    QCOMPARE(lines[2], QByteArray("2026-01-02T03:04:05.600Z,0.600,,0.5\r"));
}

void TestTelemetryFigures::dearDrawingIsDoneLessOften() {
    const auto turnsIn = [](double seconds, double cost) {
        DrawBudget budget(0.01);
        int turns = 0;
        for (int i = 0; i < seconds * 10; ++i) {
            if (!budget.allows(i * 0.1))
                continue;
            ++turns;
            budget.spend(cost);
        }
        return turns;
    };
    QCOMPARE(turnsIn(60, 0.0005), 600);
    QCOMPARE(turnsIn(60, 0.01), 60); // 1 % of a minute
}

QTEST_APPLESS_MAIN(TestTelemetryFigures)
#include "tst_telemetry_figures.moc"
