// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/engine/engine_controller.h"
#include "gui/models/load_choices.h"
#include "gui/models/model_details_view.h"
#include "gui/models/model_forecast.h"
#include "gui/models/model_manager.h"
#include "gui/settings/setting_keys.h"
#include "tests/core/planning_shapes.h"
#include "tests/support/tiny_model.h"

#include "core/cpu/cpu_backend.h"
#include "core/tier/typical_profile.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using Fit = ModelForecast::Fit;

namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;

PlanningMachine machineWith(std::uint64_t vram, std::uint64_t ram) {
    PlanningMachine machine;
    if (vram > 0)
        machine.gpu = strata::MemoryState{.totalBytes = vram, .freeBytes = vram, .reserveBytes = 0};
    machine.host = {.totalBytes = ram, .freeBytes = ram, .reserveBytes = 0};
    machine.profile = strata::profileNamed(QStringLiteral("reference_h100"));
    return machine;
}

} // namespace

class TestModelForecast : public QObject {
    Q_OBJECT

    strata::ShapeFolder m_shapes;

    ModelShape shape() {
        const strata::Shape& made = m_shapes.get("70b", "Q4_K_M");
        return {made.path, made.spec, made.blocks};
    }

private slots:
    void memoryNeededIsSaid_data();
    void memoryNeededIsSaid();
    void figuresAreThoseOfThePlanner();
    void aFileThatIsNotThereYetIsForetold();
    void withoutAMeasurementNoSpeedIsSaid();
    void aContextThatIsTooLongIsNoMatterOfMemory();
    void whoeverStopsGetsNothing();
    void theListFollowsMachineAndChoices();
};

void TestModelForecast::memoryNeededIsSaid_data() {
    QTest::addColumn<std::uint64_t>("vram");
    QTest::addColumn<std::uint64_t>("ram");
    QTest::addColumn<int>("fit");
    QTest::addColumn<QString>("text");
    QTest::newRow("a large card") << 100 * kGigabyte << 100 * kGigabyte << int(Fit::Vram) << "fits in VRAM";
    QTest::newRow("a small card") << 24 * kGigabyte << 100 * kGigabyte << int(Fit::Ram) << "needs RAM";
    QTest::newRow("a small card, little RAM") << 24 * kGigabyte << 16 * kGigabyte << int(Fit::Disk) << "needs disk";
    QTest::newRow("no card") << std::uint64_t(0) << 100 * kGigabyte << int(Fit::Ram) << "fits in RAM";
    QTest::newRow("hardly anything") << std::uint64_t(0) << 2 * kGigabyte << int(Fit::None) << "does not fit";
}

void TestModelForecast::memoryNeededIsSaid() {
    QFETCH(std::uint64_t, vram);
    QFETCH(std::uint64_t, ram);
    QFETCH(int, fit);
    QFETCH(QString, text);
    const auto forecast = forecastModel(shape(), machineWith(vram, ram), {}, {});
    QVERIFY(forecast.has_value());
    QCOMPARE(int(forecast->fit), fit);
    QCOMPARE(fitText(*forecast), text);
    QCOMPARE(forecast->isPlanned(), forecast->refusal.isEmpty());
    QCOMPARE(speedText(*forecast).isEmpty(), !forecast->isPlanned());
    QVERIFY(!forecastText(*forecast).isEmpty());
}

void TestModelForecast::figuresAreThoseOfThePlanner() {
    LoadCommand wish;
    wish.contextTokens = 4096;
    wish.vramCap = 20 * kGigabyte;
    wish.places = {{strata::BlockIndex(5), strata::BlockIndex(6), strata::Tier::Disk}};
    const PlanningMachine machine = machineWith(24 * kGigabyte, 100 * kGigabyte);
    const ModelForecast forecast = *forecastModel(shape(), machine, wish, {});
    QVERIFY(forecast.plan->budgets.vram->capBytes == wish.vramCap);
    QVERIFY(forecast.plan->blocks[5].tier == strata::Tier::Disk);
    QCOMPARE(forecast.contextTokens, 4096U);
    QCOMPARE(forecast.promptTokens, kForecastPromptTokens);
    QCOMPARE(forecast.decode->executors.size(), forecast.plan->blocks.size());
    const double expected = strata::forecast(*forecast.plan, machine.profile, {.promptTokens = 512}).decodeTokensPerSecond;
    QCOMPARE(forecast.figures.decodeTokensPerSecond, expected);
    QCOMPARE(forecast.firstTokenSeconds(), 512 / forecast.figures.promptTokensPerSecond);
    wish.places.clear();
    const double faster = forecastModel(shape(), machine, wish, {})->figures.decodeTokensPerSecond;
    wish.vramCap = 8 * kGigabyte;
    QVERIFY(forecastModel(shape(), machine, wish, {})->figures.decodeTokensPerSecond < faster);
}

void TestModelForecast::aFileThatIsNotThereYetIsForetold() {
    ModelShape there = shape();
    PlanningMachine machine = machineWith(0, 100 * kGigabyte);
    machine.profile.drives = {{"/", 1e9}, {"/fast", 10e9}};
    there.path = "/fast/not/there.gguf"; // where it will be decides how fast it is read
    const double fast = forecastModel(there, machine, {}, {})->figures.loadSeconds;
    there.path = "/slow/not/there.gguf";
    QVERIFY(qFuzzyCompare(forecastModel(there, machine, {}, {})->figures.loadSeconds, 10 * fast));
}

void TestModelForecast::withoutAMeasurementNoSpeedIsSaid() {
    PlanningMachine machine = machineWith(0, 100 * kGigabyte);
    machine.profile = strata::typicalProfile({}, std::nullopt);
    const ModelForecast forecast = *forecastModel(shape(), machine, {}, {});
    QVERIFY(forecast.isPlanned() && !forecast.isMeasured);
    QVERIFY(speedText(forecast).isEmpty());
    QVERIFY(forecastText(forecast).contains(QStringLiteral("Measure this machine")));
    QVERIFY(forecastRows(forecast).last().second.contains(QStringLiteral("measure this machine first")));
}

void TestModelForecast::aContextThatIsTooLongIsNoMatterOfMemory() {
    LoadCommand wish;
    wish.contextTokens = 10'000'000;
    const ModelForecast forecast = *forecastModel(shape(), machineWith(0, 100 * kGigabyte), wish, {});
    QCOMPARE(int(forecast.fit), int(Fit::Refused));
    QVERIFY(forecast.refusal.contains(QStringLiteral("trained for at most")));
}

void TestModelForecast::whoeverStopsGetsNothing() {
    std::stop_source source;
    source.request_stop();
    QVERIFY(!forecastModel(shape(), machineWith(0, 100 * kGigabyte), {}, source.get_token()));
}

void TestModelForecast::theListFollowsMachineAndChoices() {
    const QTemporaryDir folder;
    strata::TinyModel tiny;
    tiny.context = 4096;
    strata::writeTinyModel(folder.path().toStdString(), tiny);
    Settings settings(folder.filePath(QStringLiteral("strata.ini")));
    EngineController controller({strata::cpuBackend(1)});
    LoadChoices choices(settings, controller);
    ModelManager manager(settings, folder.path());
    const QAbstractItemModelTester tester(&manager, QAbstractItemModelTester::FailureReportingMode::Fatal);
    manager.forecastWith(choices);
    const auto cell = [&](ModelManager::Column column, int role = Qt::DisplayRole) {
        return manager.index(0, column).data(role);
    };
    QTRY_COMPARE(manager.rowCount(), 1);
    QTRY_COMPARE(cell(ModelManager::Fit).toString(), QStringLiteral("fits in RAM"));
    QCOMPARE(cell(ModelManager::Speed).toString(), QString());
    QVERIFY(cell(ModelManager::Speed, Qt::ToolTipRole).toString().contains(QStringLiteral("not measured")));

    auto profile = std::make_shared<strata::MachineProfile>(
        strata::typicalProfile(strata::cpuBackend(1).info, std::nullopt));
    profile->date = "2026-01-01";
    choices.setProfile(profile);
    QTRY_VERIFY2(cell(ModelManager::Speed).toString().endsWith(QStringLiteral(" tok/s")),
        qPrintable(cell(ModelManager::Speed).toString()));
    QVERIFY(cell(ModelManager::Speed).toString().startsWith(QLatin1Char('~')));
    QVERIFY(cell(ModelManager::Speed, ModelManager::ValueRole).toDouble() > 0);
    QCOMPARE(cell(ModelManager::Fit, ModelManager::ValueRole).toInt(), int(Fit::Ram));
    QCOMPARE(manager.forecast(0)->contextTokens, 4096U);

    ModelDetailsView details;
    details.showEntry(manager.entry(0), manager.forecast(0));
    QVERIFY(details.toPlainText().contains(QStringLiteral("Forecast for this machine")));
    QVERIFY(details.toPlainText().contains(cell(ModelManager::Speed).toString()));

    settings.set(setting::contextTokens, 1024);
    QTRY_COMPARE(manager.forecast(0)->contextTokens, 1024U);
    settings.set(setting::contextTokens, 100'000); // more than the model was trained for
    QTRY_COMPARE(cell(ModelManager::Fit).toString(), QStringLiteral("can't be loaded so"));
}

QTEST_MAIN(TestModelForecast)
#include "tst_model_forecast.moc"
