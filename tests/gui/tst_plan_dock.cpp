// SPDX-License-Identifier: GPL-3.0-or-later
// The tier map as a place to plan: what a person changes there, and what becomes of it.
#include "gui/models/load_choices.h"
#include "gui/models/model_manager.h"
#include "gui/tiermap/block_pins.h"
#include "gui/tiermap/memory_bars.h"
#include "gui/tiermap/tier_map_panel.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/tiermap/value_slider.h"
#include "tests/gui/desk.h"
#include "tests/support/remote_device.h"
#include "tests/support/tiny_model.h"

#include "core/tier/typical_profile.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using strata::Tier;

namespace {

const QString kTrouble = QStringLiteral("Why this plan can't be");

// Figures of this machine, as if it had been measured.
std::shared_ptr<strata::MachineProfile> measured() {
    auto profile =
        std::make_shared<strata::MachineProfile>(strata::typicalProfile(strata::cpuBackend(1).info, std::nullopt));
    profile->date = "2026-01-01";
    return profile;
}

} // namespace

class TestPlanDock : public QObject {
    Q_OBJECT

private slots:
    void init();
    void pinsJoinIntoRuns();
    void memoryPartsAddUp();
    void aValueIsAutomaticUntilItIsMoved();
    void aSelectedModelShowsItsPlanBeforeItIsLoaded();
    void controlsChangeMemoryAndForecast();
    void blocksArePinnedByKeys();
    void blocksArePinnedByMouseAndShift();
    void applyReloadsByTheNewPlan();
    void anImpossiblePlanSaysWhyAndChangesNothing();
    void aRefusedLoadKeepsTheModelAndTheWishes();
    void resetGoesBackToWhatIsLoaded();
    void theNextLoadOfASelectedModelIsAsPlanned();
    void capsAreRememberedForThisMachineAlone();
    void theNewestQuestionWins();

private:
    QString path(const char* name = "tiny.gguf") const { return m_folder->filePath(QLatin1String(name)); }
    static void select(Desk& desk, const QString& name);
    static TierMapView* map(const Desk& desk) { return desk.window->findChild<TierMapView*>(); }
    static LoadChoices* choices(const Desk& desk) { return desk.window->findChild<LoadChoices*>(); }
    static QString textOf(const Desk& desk, const QString& name) { return desk.find<QLabel>(name)->text(); }
    void loadAndShow(Desk& desk) const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestPlanDock::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    model.context = 4096;
    strata::writeTinyModel(m_folder->path().toStdString(), model);
}

void TestPlanDock::select(Desk& desk, const QString& name) {
    auto* manager = desk.window->findChild<ModelManager*>();
    manager->watchFolder(QFileInfo(desk.settings.get(setting::lastFolder)).absoluteFilePath());
    QTRY_VERIFY(desk.table()->model()->rowCount() > 0);
    for (int row = 0; row < desk.table()->model()->rowCount(); ++row) {
        const QModelIndex index = desk.table()->model()->index(row, 0);
        if (index.data().toString().startsWith(name))
            desk.table()->setCurrentIndex(index);
    }
    QVERIFY(desk.table()->currentIndex().isValid());
}

void TestPlanDock::loadAndShow(Desk& desk) const {
    desk.dock("tiermap")->show();
    desk.window->loadModel(path());
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(map(desk)->isVisible());
}

void TestPlanDock::pinsJoinIntoRuns() {
    BlockPins pins(10, {});
    QVERIFY(pins.places().empty());
    pins.set(2, 4, Tier::Vram);
    pins.set(5, 5, Tier::Disk);
    pins.set(6, 6, Tier::Disk);
    pins.set(8, 99, Tier::Ram);
    const auto places = pins.places();
    QCOMPARE(places.size(), std::size_t(3));
    QCOMPARE(places[0].first.value, 2U);
    QCOMPARE(places[0].last.value, 4U);
    QCOMPARE(places[1].first.value, 5U);
    QCOMPARE(places[1].last.value, 6U);
    QCOMPARE(places[2].last.value, 9U);
    QVERIFY(BlockPins(10, places).tiers() == pins.tiers());
    pins.set(0, 9, std::nullopt);
    QVERIFY(pins.places().empty());
}

void TestPlanDock::memoryPartsAddUp() {
    strata::Plan plan;
    plan.tierBytes = {1000, 2000, 50};
    plan.ringBytes = 200;
    plan.budgets.vram = strata::TierBudget{.freeBytes = 5000, .cacheBytes = 300, .scratchBytes = 40};
    plan.budgets.ram.scratchBytes = 7;
    quint64 vram = 0;
    for (const MemoryPart& part : memoryParts(plan, Tier::Vram))
        vram += part.bytes;
    QCOMPARE(vram, quint64(1000 + 200 + 300 + 40));
    const QList<MemoryPart> ram = memoryParts(plan, Tier::Ram); // no slots, no context: not named
    QCOMPARE(ram.size(), 2);
    QCOMPARE(ram[0].bytes + ram[1].bytes, quint64(2007));
    plan.budgets.vram.reset();
    QVERIFY(memoryParts(plan, Tier::Vram).isEmpty());
}

void TestPlanDock::aValueIsAutomaticUntilItIsMoved() {
    ValueSlider slider(QStringLiteral("&Cap"), QStringLiteral("Cap"), {}, {});
    QSignalSpy changes(&slider, &ValueSlider::changed);
    slider.setScale({.least = 100, .most = 1050, .step = 100, .unit = 100.0, .decimals = 1});
    slider.setValue(std::nullopt, 1050);
    auto* handle = slider.findChild<QSlider*>();
    auto* field = slider.findChild<QDoubleSpinBox*>();
    auto* reset = slider.findChild<QToolButton*>();
    QCOMPARE(changes.count(), 0);
    QCOMPARE(handle->value(), handle->maximum());
    QCOMPARE(field->value(), 10.5);
    QVERIFY(!reset->isEnabled());
    handle->setValue(4);
    QCOMPARE(slider.value(), std::optional<qint64>(500));
    QCOMPARE(field->value(), 5.0);
    field->setValue(7.3);
    QCOMPARE(slider.value(), std::optional<qint64>(730));
    QCOMPARE(changes.count(), 2);
    QTest::mouseClick(reset, Qt::LeftButton);
    QVERIFY(!slider.value());
    QCOMPARE(field->value(), 10.5);
    QCOMPARE(changes.count(), 3);
}

void TestPlanDock::aSelectedModelShowsItsPlanBeforeItIsLoaded() {
    Desk desk(m_folder->path());
    desk.settings.set(setting::lastFolder, m_folder->path());
    desk.dock("tiermap")->show();
    QVERIFY(!map(desk)->isVisible());
    select(desk, QStringLiteral("Tiny"));
    QTRY_VERIFY(map(desk)->isVisible());
    QCOMPARE(desk.controller.state(), State::Empty);
    QCOMPARE(textOf(desk, QStringLiteral("Which model, and whether it is loaded")),
        QStringLiteral("Tiny, not loaded: a plan"));
    QVERIFY(textOf(desk, QStringLiteral("Forecast")).contains(QStringLiteral("not measured")));
    QCOMPARE(map(desk)->blockCount(), std::size_t(6));
    QTest::mouseClick(desk.button(QStringLiteral("Load")), Qt::LeftButton); // of the list: the plan was only looked at
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(textOf(desk, QStringLiteral("Which model, and whether it is loaded")), QStringLiteral("Tiny, as loaded"));
}

void TestPlanDock::controlsChangeMemoryAndForecast() {
    Desk desk(m_folder->path());
    choices(desk)->setProfile(measured());
    loadAndShow(desk);
    const QString memory = QStringLiteral("RAM that the plan takes");
    const QString before = textOf(desk, memory);
    auto* context = desk.find<QSlider>(QStringLiteral("Tokens of context, slider"));
    context->setFocus();
    desk.press(Qt::Key_Home);
    QTRY_VERIFY(textOf(desk, QStringLiteral("Forecast")).startsWith(QStringLiteral("Forecast: about ")));
    const QString small = textOf(desk, memory);
    QVERIFY2(small != before, qPrintable(small));
    QVERIFY(desk.controller.loadedModel()->contextTokens == 4096); // nothing was applied
    desk.press(Qt::Key_End);
    QTRY_VERIFY(textOf(desk, memory) != small);
    const QString wide = textOf(desk, memory);
    auto* format = desk.find<QComboBox>(QStringLiteral("Format of keys and values"));
    format->setFocus();
    desk.press(Qt::Key_Down);
    QTRY_VERIFY(textOf(desk, memory) != wide);
}

void TestPlanDock::blocksArePinnedByKeys() {
    Desk desk(m_folder->path());
    loadAndShow(desk);
    map(desk)->setFocus();
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(map(desk)->chosen(), std::pair(std::size_t(1), std::size_t(3)));
    QVERIFY(textOf(desk, QStringLiteral("Chosen block")).startsWith(QStringLiteral("3 blocks, ")));
    desk.press(Qt::Key_D);
    QTRY_VERIFY(map(desk)->describe(2).contains(QStringLiteral(" on disk")));
    QVERIFY(map(desk)->describe(2).contains(QStringLiteral("Pinned to disk")));
    QVERIFY(!map(desk)->describe(4).contains(QStringLiteral("Pinned")));
    QVERIFY(desk.controller.loadedModel()->command.places.empty()); // nothing was applied
    desk.press(Qt::Key_U);
    QTRY_VERIFY(!map(desk)->describe(2).contains(QStringLiteral(" on disk")));
    map(desk)->setFocus(); // the window may go with the focus there
}

void TestPlanDock::blocksArePinnedByMouseAndShift() {
    Desk desk(m_folder->path());
    loadAndShow(desk);
    QTest::mouseClick(map(desk), Qt::LeftButton, {}, map(desk)->placeOf(1).center());
    QTest::mouseClick(map(desk), Qt::LeftButton, Qt::ShiftModifier, map(desk)->placeOf(4).center());
    QCOMPARE(map(desk)->chosen(), std::pair(std::size_t(1), std::size_t(4)));
    QTest::mousePress(map(desk), Qt::RightButton, {}, map(desk)->placeOf(2).center()); // on what is chosen: it stays
    QCOMPARE(map(desk)->chosen(), std::pair(std::size_t(1), std::size_t(4)));
    QSignalSpy pins(map(desk), &TierMapView::pinRequested);
    QTest::keyClick(map(desk), Qt::Key_R);
    QCOMPARE(pins.count(), 1);
}

void TestPlanDock::applyReloadsByTheNewPlan() {
    Desk desk(m_folder->path(), {strata::remoteDevice(), strata::cpuBackend(1)});
    loadAndShow(desk);
    QVERIFY(!desk.button(QStringLiteral("Apply"))->isEnabled());
    map(desk)->setFocus();
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_R);
    desk.find<QDoubleSpinBox>(QStringLiteral("Tokens of context"))->setValue(1024);
    QTRY_VERIFY(map(desk)->describe(1).contains(QStringLiteral(" in RAM")));
    QVERIFY(desk.button(QStringLiteral("Apply"))->isEnabled());
    QTest::mouseClick(desk.button(QStringLiteral("Apply")), Qt::LeftButton);
    QCOMPARE(desk.controller.state(), State::Loading);
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.controller.loadedModel()->contextTokens, 1024U);
    QVERIFY(desk.controller.loadedModel()->plan->blocks[1].tier == Tier::Ram);
    QVERIFY(desk.controller.loadedModel()->plan->blocks[3].tier == Tier::Vram);
    QVERIFY(!desk.button(QStringLiteral("Apply"))->isEnabled());
    QVERIFY(map(desk)->describe(1).contains(QStringLiteral("Pinned to RAM")));
}

void TestPlanDock::anImpossiblePlanSaysWhyAndChangesNothing() {
    Desk desk(m_folder->path());
    loadAndShow(desk);
    const auto plan = desk.controller.loadedModel()->plan;
    map(desk)->setFocus();
    desk.press(Qt::Key_V);
    QTRY_VERIFY2(textOf(desk, kTrouble).contains(QStringLiteral("no GPU")), qPrintable(textOf(desk, kTrouble)));
    QVERIFY(!desk.button(QStringLiteral("Apply"))->isEnabled());
    QCOMPARE(desk.button(QStringLiteral("Apply"))->toolTip(), textOf(desk, kTrouble));
    QVERIFY(map(desk)->isVisible());
    QCOMPARE(desk.controller.state(), State::Ready);
    QVERIFY(desk.controller.loadedModel()->plan == plan);
    desk.press(Qt::Key_U);
    QTRY_VERIFY(textOf(desk, kTrouble).isEmpty());
}

void TestPlanDock::aRefusedLoadKeepsTheModelAndTheWishes() {
    Desk desk(m_folder->path());
    loadAndShow(desk);
    map(desk)->setFocus();
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_D);
    QTRY_VERIFY(map(desk)->describe(1).contains(QStringLiteral(" on disk")));
    QVERIFY(QFile::remove(path()));
    QTest::mouseClick(desk.button(QStringLiteral("Apply")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
    QTRY_VERIFY2(textOf(desk, kTrouble).contains(QStringLiteral("tiny.gguf")), qPrintable(textOf(desk, kTrouble)));
    QVERIFY(desk.controller.loadedModel().has_value());
    QVERIFY(desk.controller.loadedModel()->command.places.empty());
    QVERIFY(map(desk)->describe(1).contains(QStringLiteral("Pinned to disk")));
}

void TestPlanDock::resetGoesBackToWhatIsLoaded() {
    Desk desk(m_folder->path());
    loadAndShow(desk);
    QVERIFY(!desk.button(QStringLiteral("Reset"))->isEnabled());
    map(desk)->setFocus();
    desk.press(Qt::Key_D, Qt::NoModifier); // the embedding can't rest there
    auto* field = desk.find<QDoubleSpinBox>(QStringLiteral("Tokens of context"));
    field->setValue(512);
    QTRY_VERIFY(!textOf(desk, kTrouble).isEmpty());
    QTest::mouseClick(desk.button(QStringLiteral("Reset")), Qt::LeftButton);
    QVERIFY(textOf(desk, kTrouble).isEmpty());
    QCOMPARE(field->value(), 4096.0);
    QVERIFY(!map(desk)->describe(0).contains(QStringLiteral("Pinned")));
    QCOMPARE(textOf(desk, QStringLiteral("Which model, and whether it is loaded")), QStringLiteral("Tiny, as loaded"));
    QVERIFY(!desk.button(QStringLiteral("Reset"))->isEnabled());
}

void TestPlanDock::theNextLoadOfASelectedModelIsAsPlanned() {
    Desk desk(m_folder->path());
    desk.settings.set(setting::lastFolder, m_folder->path());
    desk.dock("tiermap")->show();
    select(desk, QStringLiteral("Tiny"));
    QTRY_VERIFY(map(desk)->isVisible());
    map(desk)->setFocus();
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_D);
    desk.find<QDoubleSpinBox>(QStringLiteral("Tokens of context"))->setValue(768);
    desk.window->loadModel(path()); // however it is begun
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.controller.loadedModel()->contextTokens, 768U);
    QVERIFY(desk.controller.loadedModel()->plan->blocks[1].tier == Tier::Disk);
    QCOMPARE(textOf(desk, QStringLiteral("Which model, and whether it is loaded")), QStringLiteral("Tiny, as loaded"));
}

void TestPlanDock::capsAreRememberedForThisMachineAlone() {
    Settings settings(m_folder->filePath(QStringLiteral("caps.ini")));
    const QString other = QStringLiteral("another@ 5 6");
    settings.set(setting::memoryCaps, QStringList(other));
    EngineController controller({strata::remoteDevice(), strata::cpuBackend(1)});
    LoadChoices first(settings, controller);
    QSignalSpy changes(&first, &LoadChoices::changed);
    LoadCommand command = first.command(path());
    QVERIFY(!command.vramCap && !command.ramCap);
    command.vramCap = 3'000'000'000;
    command.contextTokens = 2048;
    first.keep(command);
    QCOMPARE(changes.count(), 1);
    first.keep(command);
    QCOMPARE(changes.count(), 1); // nothing is new
    const LoadChoices second(settings, controller);
    QCOMPARE(second.command(path()).vramCap, std::optional<quint64>(3'000'000'000));
    QVERIFY(!second.command(path()).ramCap);
    QVERIFY(settings.get(setting::memoryCaps).contains(other));
    EngineController onCpu({strata::cpuBackend(1)});
    QVERIFY(!LoadChoices(settings, onCpu).command(path()).vramCap); // which an engine without a GPU would refuse
}

void TestPlanDock::theNewestQuestionWins() {
    EngineController controller({strata::cpuBackend(1)});
    const PlanningMachine machine = planningMachine(controller.devices(), {}, nullptr, std::nullopt);
    ForecastRunner runner;
    QList<ForecastAnswer> answers;
    connect(&runner, &ForecastRunner::answered, this, [&](const ForecastAnswer& answer) { answers.append(answer); });
    LoadCommand wish;
    for (wish.contextTokens = 256; wish.contextTokens <= 2048; wish.contextTokens += 256)
        runner.ask({{path(), nullptr, machine, wish}});
    QTRY_VERIFY(!runner.isRunning() && !answers.isEmpty());
    QCOMPARE(answers.size(), 1);
    QCOMPARE(answers[0].forecast.contextTokens, 2048U);
    QVERIFY(answers[0].shape != nullptr);
    runner.ask({{path("nowhere.gguf"), nullptr, machine, {}}});
    QTRY_COMPARE(answers.size(), 2);
    QVERIFY(answers[1].shape == nullptr && answers[1].forecast.refusal.contains(QStringLiteral("nowhere.gguf")));
    runner.ask({{path(), answers[0].shape, machine, {}}});
    runner.ask({});
    QTRY_VERIFY(!runner.isRunning());
    QCOMPARE(answers.size(), 2); // it was not wanted any more
}

QTEST_MAIN(TestPlanDock)
#include "tst_plan_dock.moc"
