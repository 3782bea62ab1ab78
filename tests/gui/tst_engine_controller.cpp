// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"
#include "gui/engine/engine_controller.h"
#include "tests/support/failing_backend.h"
#include "tests/support/slow_backend.h"
#include "tests/support/tiny_model.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using State = EngineController::State;

// The real controller and the real engine on a tiny model; slowness and failure come from decorated devices.
class TestEngineController : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void loadsGeneratesUnloads();
    void aReplyTeachesTheForecastHowFastWiresAre();
    void ignoresVerbsThatAreNotLegal();
    void answersEachGenerationOnce_data();
    void answersEachGenerationOnce();
    void cancelStopsGenerationAndKeepsTheModel();
    void cancelWhileLoadingGivesEmpty();
    void loadWhileLoadingEndsWithTheSecond();
    void missingFileFailsWithSentence();
    void unknownDeviceFailsWithSentence();
    void brokenFileFailsAndAnotherLoadWorks();
    void deviceFailureWhileGeneratingGivesFailed();
    void memoryRunningOutWhileLoadingGivesFailed();
    void refusedLoadKeepsTheModel_data();
    void refusedLoadKeepsTheModel();
    void reloadThatFailsHalfWayBringsTheModelBack();
    void deviceLostBetweenRepliesMayBeLoadedAgain();
    void gpuTroubleOffersTheCpu();
    void countsTokens();
    void secondTurnReusesTheCache();
    void destructionWhileGeneratingReturns();
    void destructionWhileLoadingReturns();

private:
    LoadCommand tiny() const { return {.path = m_path, .contextTokens = 256, .deviceId = {}}; }
    static GenerateCommand hello(quint32 maxTokens);

    QTemporaryDir m_folder;
    QString m_path;
};

// A controller with everything it says written down.
struct Bench {
    explicit Bench(const strata::BackendChoice& device = strata::cpuBackend(1)) : controller({device}) {}

    bool waitFor(State state) {
        return QTest::qWaitFor([&] { return controller.state() == state; });
    }

    EngineController controller;
    QSignalSpy states{&controller, &EngineController::stateChanged};
    QSignalSpy finished{&controller, &EngineController::finished};
    QSignalSpy failed{&controller, &EngineController::failed};
    QSignalSpy pieces{&controller, &EngineController::pieceReady};
    QSignalSpy counted{&controller, &EngineController::tokensCounted};
};

void TestEngineController::initTestCase() {
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    m_path = QString::fromStdString(strata::writeTinyModel(m_folder.path().toStdString(), model).string());
}

GenerateCommand TestEngineController::hello(quint32 maxTokens) {
    GenerateCommand command;
    command.messages = {{strata::ChatRole::User, "Hello there"}};
    command.sampling.temperature = 0;
    command.maxTokens = maxTokens;
    return command;
}

static strata::GenerationResult lastResult(const QSignalSpy& finished) {
    return finished.last().first().value<strata::GenerationResult>();
}

void TestEngineController::loadsGeneratesUnloads() {
    Bench bench;
    QSignalSpy progress(&bench.controller, &EngineController::loadProgress);
    bench.controller.load(tiny());
    QCOMPARE(bench.controller.state(), State::Loading);
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(!progress.isEmpty());
    QCOMPARE(progress.last()[0], progress.last()[1]);
    QCOMPARE(bench.controller.loadedModel()->contextTokens, 256U);
    QCOMPARE(bench.controller.loadedModel()->summary.name, std::string("Tiny"));

    QVERIFY(bench.controller.generate(hello(12)));
    QCOMPARE(bench.controller.state(), State::Generating);
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.finished.size(), 1);
    QCOMPARE(lastResult(bench.finished).generatedTokens, 12U);
    QVERIFY(!bench.pieces.isEmpty());

    bench.controller.unload();
    QCOMPARE(bench.controller.state(), State::Empty);
    QVERIFY(!bench.controller.loadedModel());
}

void TestEngineController::aReplyTeachesTheForecastHowFastWiresAre() {
    strata::MachineProfile profile; // of RAM that takes no time at all
    profile.date = "2026-01-01";
    profile.hostRead = 1e18;
    profile.cpuMultiply.weightBytesPerSecond.fill(1e18);
    profile.cpuMultiply.multipliesPerSecond = 1e18;
    profile.drives = {{"/", 1e9}};
    LoadCommand command = tiny();
    command.profile = std::make_shared<const strata::MachineProfile>(profile);
    Bench bench;
    bench.controller.load(command);
    QVERIFY(bench.waitFor(State::Ready));
    const double before = bench.controller.loadedModel()->forecast.decodeTokensPerSecond;
    QSignalSpy changed(&bench.controller, &EngineController::forecastChanged);
    QVERIFY(bench.controller.generate(hello(6)));
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(changed.size(), 1);
    QVERIFY(bench.controller.loadedModel()->forecast.decodeTokensPerSecond < before / 5.0);
}

void TestEngineController::ignoresVerbsThatAreNotLegal() {
    Bench bench;
    QVERIFY(!bench.controller.generate(hello(4)));
    bench.controller.cancel();
    bench.controller.unload();
    QVERIFY(!bench.controller.countTokens(QStringLiteral("text")));
    QCOMPARE(bench.controller.state(), State::Empty);
    QVERIFY(bench.states.isEmpty());

    bench.controller.load(tiny());
    QVERIFY(!bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    bench.controller.cancel();
    QCOMPARE(bench.controller.state(), State::Ready);

    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(!bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.finished.size(), 1);
}

void TestEngineController::answersEachGenerationOnce_data() {
    QTest::addColumn<bool>("loadsAgain");
    QTest::addColumn<State>("expected");
    QTest::newRow("unload while generating") << false << State::Empty;
    QTest::newRow("load while generating") << true << State::Ready;
}

void TestEngineController::answersEachGenerationOnce() {
    QFETCH(const bool, loadsAgain);
    QFETCH(const State, expected);
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    gates->verbs.close();
    QVERIFY(bench.controller.generate(hello(100)));
    gates->verbs.waitForVisitor();

    if (loadsAgain)
        bench.controller.load(tiny());
    else
        bench.controller.unload();
    QCOMPARE(bench.finished.size(), 1); // at once, not when the engine has noticed
    QCOMPARE(lastResult(bench.finished).reason, strata::StopReason::Cancelled);
    gates->verbs.open();
    QVERIFY(bench.waitFor(expected));

    // What the first engine still had to say is stale: a full turn of the new one shows that it is through.
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.finished.size(), 1);
    QCOMPARE(bench.pieces.size(), 0);
    QCOMPARE(bench.failed.size(), 0);
}

void TestEngineController::cancelStopsGenerationAndKeepsTheModel() {
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    QSignalSpy stopping(&bench.controller, &EngineController::stopping);
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    gates->verbs.close();
    QVERIFY(bench.controller.generate(hello(100)));
    gates->verbs.waitForVisitor();
    bench.controller.cancel();
    bench.controller.cancel();
    QVERIFY(bench.controller.isStopping());
    QCOMPARE(stopping.size(), 1);
    gates->verbs.open();
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(!bench.controller.isStopping());
    QCOMPARE(bench.finished.size(), 1);
    QCOMPARE(lastResult(bench.finished).reason, strata::StopReason::Cancelled);

    QVERIFY(bench.controller.generate(hello(5)));
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(lastResult(bench.finished).generatedTokens, 5U);
}

void TestEngineController::cancelWhileLoadingGivesEmpty() {
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    gates->allocations.close();
    bench.controller.load(tiny());
    gates->allocations.waitForVisitor();
    bench.controller.cancel();
    QCOMPARE(bench.controller.state(), State::Empty);
    gates->allocations.open();
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.failed.size(), 0);
}

void TestEngineController::loadWhileLoadingEndsWithTheSecond() {
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    QSignalSpy loaded(&bench.controller, &EngineController::loaded);
    gates->allocations.close();
    bench.controller.load(tiny());
    gates->allocations.waitForVisitor();
    LoadCommand second = tiny();
    second.contextTokens = 128;
    bench.controller.load(second);
    gates->allocations.open();
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.controller.loadedModel()->contextTokens, 128U);
    QCOMPARE(loaded.size(), 1);
}

void TestEngineController::missingFileFailsWithSentence() {
    Bench bench;
    bench.controller.load(
        {.path = m_folder.filePath(QStringLiteral("missing.gguf")), .contextTokens = 0, .deviceId = {}});
    QVERIFY(bench.waitFor(State::Failed));
    QCOMPARE(bench.failed.size(), 1);
    QVERIFY(bench.controller.failure().sentence.contains(QStringLiteral("missing.gguf")));
    QVERIFY(!bench.controller.generate(hello(4)));
    bench.controller.unload();
    QCOMPARE(bench.controller.state(), State::Empty);
}

void TestEngineController::unknownDeviceFailsWithSentence() {
    Bench bench;
    LoadCommand command = tiny();
    command.deviceId = QStringLiteral("cuda:7");
    bench.controller.load(command);
    QCOMPARE(bench.controller.state(), State::Failed);
    QVERIFY(bench.controller.failure().sentence.contains(QStringLiteral("cuda:7")));
}

void TestEngineController::brokenFileFailsAndAnotherLoadWorks() {
    QFile broken(m_folder.filePath(QStringLiteral("broken.gguf")));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("GGUF and then nothing that makes sense");
    broken.close();
    Bench bench;
    bench.controller.load({.path = broken.fileName(), .contextTokens = 0, .deviceId = {}});
    QVERIFY(bench.waitFor(State::Failed));
    QVERIFY(bench.controller.failure().sentence.contains(QStringLiteral("broken.gguf")));
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
}

void TestEngineController::deviceFailureWhileGeneratingGivesFailed() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    Bench bench(strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan));
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    plan->verbsLeft = 40;
    QVERIFY(bench.controller.generate(hello(100)));
    QVERIFY(bench.waitFor(State::Failed));
    QCOMPARE(bench.failed.size(), 1);
    QCOMPARE(bench.finished.size(), 0);
    QVERIFY(!bench.controller.loadedModel());
    QVERIFY(bench.controller.failure().sentence.contains(QStringLiteral("as planned")));
}

void TestEngineController::memoryRunningOutWhileLoadingGivesFailed() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    plan->allocationsLeft = 2;
    Bench bench(strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan));
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Failed));
    QVERIFY(bench.controller.failure().sentence.contains(QStringLiteral("out of memory")));
}

void TestEngineController::refusedLoadKeepsTheModel_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<quint32>("context");
    QTest::addColumn<QString>("named");
    QTest::newRow("no such file") << QStringLiteral("missing.gguf") << 0U << QStringLiteral("missing.gguf");
    QTest::newRow("more context than it has") << QStringLiteral("tiny.gguf") << 512U << QStringLiteral("512");
    QTest::newRow("more memory than there is")
        << QStringLiteral("endless.gguf") << 268'435'456U << QStringLiteral("RAM");
}

void TestEngineController::refusedLoadKeepsTheModel() {
    QFETCH(const QString, file);
    QFETCH(const quint32, context);
    QFETCH(const QString, named);
    strata::writeTinyModel(
        m_folder.path().toStdString(), {.layerCount = 32, .context = 268'435'456, .stem = "endless"});
    Bench bench;
    QSignalSpy refused(&bench.controller, &EngineController::loadRefused);
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    bench.controller.load({.path = m_folder.filePath(file), .contextTokens = context, .deviceId = {}});
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(refused.size(), 1);
    const QString sentence = refused.first().first().value<Failure>().sentence;
    QVERIFY2(sentence.contains(named), qPrintable(sentence));
    QCOMPARE(bench.failed.size(), 0);
    QCOMPARE(bench.controller.loadedModel()->contextTokens, 256U);
    QCOMPARE(bench.controller.lastLoad().path, m_path);
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(lastResult(bench.finished).cachedTokens > 0); // the very model, with its conversation
}

void TestEngineController::reloadThatFailsHalfWayBringsTheModelBack() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    Bench bench(strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan));
    QSignalSpy refused(&bench.controller, &EngineController::loadRefused);
    LoadCommand small = tiny();
    small.contextTokens = 128;
    bench.controller.load(small);
    QVERIFY(bench.waitFor(State::Ready));
    plan->allocationsLeft = 2;
    plan->isOnce = true;
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(refused.size(), 1);
    QVERIFY(refused.first().first().value<Failure>().sentence.contains(QStringLiteral("out of memory")));
    QCOMPARE(bench.controller.loadedModel()->contextTokens, 128U);
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
}

void TestEngineController::deviceLostBetweenRepliesMayBeLoadedAgain() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    strata::BackendChoice device = strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan);
    device.open = [open = device.open, plan] {
        plan->isLost = false; // opened anew, it works
        return open();
    };
    Bench bench(device);
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    plan->isLost = true;
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(bench.failed.size(), 0);
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    QCOMPARE(lastResult(bench.finished).generatedTokens, 4U);
}

void TestEngineController::gpuTroubleOffersTheCpu() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    strata::BackendChoice gpu = strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan);
    gpu.info.id = "cuda:0";
    gpu.info.kind = strata::DeviceKind::Gpu;
    EngineController controller({gpu, strata::cpuBackend(1)});
    const auto waitFor = [&](State state) { return QTest::qWaitFor([&] { return controller.state() == state; }); };
    plan->allocationsLeft = 1;
    controller.load(tiny());
    QVERIFY(waitFor(State::Failed));
    QVERIFY(controller.failure().isCpuOffered);
    controller.loadOnCpu();
    QVERIFY(waitFor(State::Ready));
    QCOMPARE(controller.loadedModel()->device.kind, strata::DeviceKind::Cpu);
}

void TestEngineController::countsTokens() {
    Bench bench;
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    const auto text = bench.controller.countTokens(QStringLiteral("Hello there"));
    const auto prompt = bench.controller.countPromptTokens(hello(1));
    QVERIFY(text && prompt);
    QVERIFY(QTest::qWaitFor([&] { return bench.counted.size() == 2; }));
    QCOMPARE(bench.counted[0][0].value<RequestId>(), *text);
    QCOMPARE(bench.counted[1][0].value<RequestId>(), *prompt);
    QVERIFY(bench.counted[0][1].toUInt() > 0);
    QVERIFY(bench.counted[1][1].toUInt() > bench.counted[0][1].toUInt()); // the template's words come on top
}

void TestEngineController::secondTurnReusesTheCache() {
    Bench bench;
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(bench.controller.generate(hello(4)));
    QVERIFY(bench.waitFor(State::Ready));
    QVERIFY(lastResult(bench.finished).cachedTokens > 0);
}

void TestEngineController::destructionWhileGeneratingReturns() {
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    bench.controller.load(tiny());
    QVERIFY(bench.waitFor(State::Ready));
    gates->verbs.close();
    QVERIFY(bench.controller.generate(hello(0)));
    gates->verbs.waitForVisitor();
    gates->verbs.open(); // and the destructor stops the reply that is under way
}

void TestEngineController::destructionWhileLoadingReturns() {
    const auto gates = std::make_shared<strata::Gates>();
    Bench bench(strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    gates->allocations.close();
    bench.controller.load(tiny());
    gates->allocations.waitForVisitor();
    gates->allocations.open();
}

QTEST_MAIN(TestEngineController)
#include "tst_engine_controller.moc"
