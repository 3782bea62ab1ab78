// SPDX-License-Identifier: GPL-3.0-or-later
// The telemetry dock and its sampler, driven as a person would.
#include "gui/telemetry/engine_figures.h"
#include "gui/telemetry/live_plot.h"
#include "gui/telemetry/plot_box.h"
#include "gui/telemetry/telemetry_panel.h"
#include "gui/theme.h"
#include "tests/gui/desk.h"
#include "tests/support/fake_sensors.h"
#include "tests/support/remote_device.h"
#include "tests/support/tiny_model.h"

#include "core/cpu/cpu_backend.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>

using strata::BoardReading;
using strata::FakeBoardState;

namespace {

BoardReading figures() {
    BoardReading reading;
    reading.totalBytes = 24'000'000'000;
    reading.usedBytes = 6'000'000'000;
    reading.load = 0.62;
    reading.bytesPerSecondIn = 11e9;
    reading.bytesPerSecondOut = 0.5e9;
    reading.celsius = 71;
    reading.watts = 287;
    reading.wattLimit = 350;
    reading.link = {.generation = 3, .maxGeneration = 4, .width = 8, .maxWidth = 16};
    return reading;
}

// A GPU whose board says what the test wants.
std::vector<strata::BackendChoice> machineWith(const std::shared_ptr<FakeBoardState>& board) {
    strata::BackendChoice gpu = strata::remoteDevice();
    gpu.openSensors = [board] { return std::make_unique<strata::FakeSensors>(board); };
    return {gpu, strata::cpuBackend(1)};
}

} // namespace

class TestTelemetry : public QObject {
    Q_OBJECT

private slots:
    void init();
    void samplerReadsTheBoardOnlyWhileItMatters();
    void samplerTakesAnotherBoard();
    void figuresOfALoadFollowItsPlan();
    void dockIsHiddenAtFirstAndComesBack();
    void keyShowsTheDockAndMenuNamesIt();
    void withoutAGpuPlotsSayWhy();
    void silentBoardsAreNamed();
    void everyCurveHasSourceAndValue();
    void slowLinkIsNoticed();
    void nothingIsDrawnWhileHidden();
    void pausedPlotsStayAndLoseNothing();
    void curvesAreChosenAndRemembered();
    void zoomAndBack();
    void keysReadAndZoom();
    void hoverShowsEarlierValues();
    void valuesAreExportedAndReadBack();
    void pictureIsExported();
    void exportThatFailsIsTold();
    void curvesAreDrawnInTheirColours();

private:
    QString path(const char* name) const { return m_folder->filePath(QLatin1String(name)); }
    static TelemetryPanel* panelOf(const Desk& desk) { return desk.window->findChild<TelemetryPanel*>(); }
    static TelemetryPanel* shownPanel(const Desk& desk);
    static PlotBox* boxOf(const Desk& desk, Plot plot);
    static QToolButton* tool(const Desk& desk, const char* text);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestTelemetry::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(m_folder->path().toStdString(), model);
}

// With a few samples in it.
TelemetryPanel* TestTelemetry::shownPanel(const Desk& desk) {
    desk.dock("telemetry")->show();
    TelemetryPanel* panel = panelOf(desk);
    [&] { QTRY_VERIFY(panel->history().size() >= 5); }();
    return panel;
}

PlotBox* TestTelemetry::boxOf(const Desk& desk, Plot plot) {
    for (PlotBox* box : desk.window->findChildren<PlotBox*>())
        if (box->kind() == plot)
            return box;
    return nullptr;
}

QToolButton* TestTelemetry::tool(const Desk& desk, const char* text) {
    return desk.find<QToolButton>(QLatin1String(text));
}

void TestTelemetry::samplerReadsTheBoardOnlyWhileItMatters() {
    const auto board = std::make_shared<FakeBoardState>();
    TelemetrySampler sampler;
    QCOMPARE(sampler.board(), TelemetrySampler::Board::None);
    sampler.setBoard([board] { return std::make_unique<strata::FakeSensors>(board); });
    QCOMPARE(sampler.board(), TelemetrySampler::Board::Waiting);
    TelemetryHistory history;
    const auto hasSamples = [&] {
        sampler.copyNewer(history);
        return history.size() >= 2;
    };
    QTRY_VERIFY(hasSamples());
    QCOMPARE(board->open + board->quickReads + board->fullReads, 0); // hidden, and no model is on it
    sampler.setPace(TelemetrySampler::Pace::Watched);
    QTRY_VERIFY(board->fullReads > 2);
    QCOMPARE(sampler.board(), TelemetrySampler::Board::Answers);
    QCOMPARE(board->quickReads.load(), 0);
    sampler.setPace(TelemetrySampler::Pace::Hidden);
    QTRY_COMPARE(board->open.load(), 0); // let go, to sleep
    EngineFigures engine;
    engine.usesGpu = true;
    sampler.setEngine(engine);
    QTRY_VERIFY(board->quickReads > 0);
}

void TestTelemetry::samplerTakesAnotherBoard() {
    const auto first = std::make_shared<FakeBoardState>();
    const auto second = std::make_shared<FakeBoardState>();
    {
        TelemetrySampler sampler;
        sampler.setPace(TelemetrySampler::Pace::Watched);
        sampler.setBoard([first] { return std::make_unique<strata::FakeSensors>(first); });
        QTRY_VERIFY(first->fullReads > 0);
        sampler.setBoard([second] { return std::make_unique<strata::FakeSensors>(second); });
        QTRY_VERIFY(second->fullReads > 0);
        QCOMPARE(first->open.load(), 0);
        sampler.setBoard([] { return nullptr; });
        QTRY_COMPARE(sampler.board(), TelemetrySampler::Board::Silent);
        sampler.setBoard({});
        QCOMPARE(sampler.board(), TelemetrySampler::Board::None);
    }
    QCOMPARE(first->open + second->open, 0);
}

void TestTelemetry::figuresOfALoadFollowItsPlan() {
    EngineController controller(machineWith(std::make_shared<FakeBoardState>()));
    QCOMPARE(engineFigures(controller, nullptr).vramWeights, 0U);
    QVERIFY(!engineFigures(controller, nullptr).usesGpu);
    LoadCommand command;
    command.path = path("tiny.gguf");
    controller.load(command);
    QTRY_COMPARE(controller.state(), EngineController::State::Ready);
    const LoadedModel& loaded = *controller.loadedModel();
    strata::MachineProfile profile;
    profile.linkIn = 12e9;
    const EngineFigures figures = engineFigures(controller, &profile);
    QVERIFY(figures.usesGpu);
    QCOMPARE(figures.vramWeights, loaded.plan->vramBytes());
    QVERIFY(figures.vramWeights > 0);
    QCOMPARE(figures.vramCache, loaded.plan->budgets.vram->cacheBytes);
    QCOMPARE(figures.linkIn, 12e9);
    QCOMPARE(figures.metrics, loaded.metrics);
    QCOMPARE(boardOf(controller)->info.id, loaded.device.id);
}

void TestTelemetry::dockIsHiddenAtFirstAndComesBack() {
    {
        Desk desk(m_folder->path());
        QVERIFY(!desk.dock("telemetry")->isVisible());
        desk.dock("tiermap")->show();
        desk.dock("telemetry")->show();
        QVERIFY(desk.dock("telemetry")->y() > desk.dock("tiermap")->y()); // under the map
        QCOMPARE(desk.window->dockWidgetArea(desk.dock("telemetry")), Qt::RightDockWidgetArea);
        desk.window->close();
    }
    Desk desk(m_folder->path());
    QVERIFY(desk.dock("telemetry")->isVisible());
}

void TestTelemetry::keyShowsTheDockAndMenuNamesIt() {
    Desk desk(m_folder->path());
    desk.press(Qt::Key_5, Qt::ControlModifier);
    QVERIFY(desk.dock("telemetry")->isVisible());
    QCOMPARE(QApplication::focusWidget()->accessibleName(), QStringLiteral("Plots"));
    desk.press(Qt::Key_5, Qt::ControlModifier);
    QVERIFY(!desk.dock("telemetry")->isVisible());
}

void TestTelemetry::withoutAGpuPlotsSayWhy() {
    Desk desk(m_folder->path());
    shownPanel(desk);
    int last = -1;
    for (const Plot plot : {Plot::Ram, Plot::Disk, Plot::Load, Plot::Speed, Plot::Vram, Plot::Link, Plot::Power}) {
        const PlotBox* box = boxOf(desk, plot);
        const auto* why = box->findChild<QLabel*>();
        QVERIFY(why != nullptr);
        QCOMPARE(box->isPlotShown(), !plotRow(plot).needsGpu);
        if (!box->isPlotShown()) {
            bool isSaid = false;
            for (const QLabel* label : box->findChildren<QLabel*>())
                isSaid = isSaid || (!label->isHidden() && label->text().contains(QStringLiteral("no GPU")));
            QVERIFY(isSaid);
        }
        QTRY_VERIFY(box->y() > last); // those that are there come first
        last = box->y();
    }
}

void TestTelemetry::silentBoardsAreNamed() {
    strata::BackendChoice gpu = strata::remoteDevice(); // says nothing of sensors
    Desk desk(m_folder->path(), std::vector<strata::BackendChoice>{gpu, strata::cpuBackend(1)});
    shownPanel(desk);
    QTRY_VERIFY(!boxOf(desk, Plot::Vram)->isPlotShown());
    QStringList texts;
    for (const QLabel* label : boxOf(desk, Plot::Vram)->findChildren<QLabel*>())
        texts.append(label->text());
    QVERIFY(texts.join(u' ').contains(QStringLiteral("NVML")));
    QVERIFY(boxOf(desk, Plot::Ram)->isPlotShown());
}

void TestTelemetry::everyCurveHasSourceAndValue() {
    const auto board = std::make_shared<FakeBoardState>();
    board->set(figures());
    Desk desk(m_folder->path(), machineWith(board));
    shownPanel(desk);
    const auto value = [&](const char* name) { return desk.find<QLabel>(QLatin1String(name))->text(); };
    QTRY_COMPARE(value("Graphics memory (VRAM): Other programs"), QStringLiteral("6.00 GB"));
    QCOMPARE(value("Graphics memory (VRAM): Free"), QStringLiteral("18.0 GB"));
    QCOMPARE(value("PCIe: To the GPU"), QStringLiteral("11.0 GB/s"));
    QCOMPARE(value("PCIe: Negotiated link"), QStringLiteral("7.88 GB/s"));
    QCOMPARE(value("Load: GPU"), QStringLiteral("62 %"));
    QCOMPARE(value("GPU temperature: Temperature"), QStringLiteral("71 °C"));
    QCOMPARE(value("GPU power: Power"), QStringLiteral("287 W"));
    QCOMPARE(value("GPU power: Power limit"), QStringLiteral("350 W"));
    QCOMPARE(value("Source of: KV cache"), QStringLiteral("engine"));
    QCOMPARE(value("Source of: Power"), QStringLiteral("board"));
    QCOMPARE(value("Source of: CPU, by Strata"), QStringLiteral("process"));
    QTRY_VERIFY(value("RAM: Free").endsWith(QStringLiteral(" GB")));
}

void TestTelemetry::slowLinkIsNoticed() {
    const auto board = std::make_shared<FakeBoardState>();
    board->set(figures());
    Desk desk(m_folder->path(), machineWith(board));
    shownPanel(desk);
    const auto* notice = desk.find<QLabel>(QStringLiteral("Notice on: PCIe"));
    QTRY_VERIFY(!notice->isHidden());
    QVERIFY2(notice->text().contains(QStringLiteral("PCIe 3.0 x8")), qPrintable(notice->text()));
}

void TestTelemetry::nothingIsDrawnWhileHidden() {
    const auto board = std::make_shared<FakeBoardState>();
    Desk desk(m_folder->path(), machineWith(board));
    const TelemetryPanel* panel = panelOf(desk);
    QVERIFY(!panel->isDrawing());
    QCOMPARE(board->open.load(), 0);
    shownPanel(desk);
    QVERIFY(panel->isDrawing());
    desk.dock("telemetry")->hide();
    QVERIFY(!panel->isDrawing());
    QTRY_COMPARE(board->open.load(), 0);
}

void TestTelemetry::pausedPlotsStayAndLoseNothing() {
    Desk desk(m_folder->path());
    TelemetryPanel* panel = shownPanel(desk);
    QTest::mouseClick(tool(desk, "Pause"), Qt::LeftButton);
    const std::size_t count = panel->history().size();
    const double last = panel->history().secondsAt(count - 1);
    TelemetryHistory elsewhere;
    QVERIFY(!QTest::qWaitFor([&] { return panel->history().size() != count; }, 400));
    QTest::mouseClick(tool(desk, "Pause"), Qt::LeftButton);
    QTRY_VERIFY(panel->history().size() > count + 2); // also those of the pause
    QCOMPARE(panel->history().secondsAt(count - 1), last);
    QVERIFY(panel->history().secondsAt(count) - last < 0.35);
    desk.find<QWidget>(QStringLiteral("Plots"))->setFocus();
    desk.press(Qt::Key_P);
    QVERIFY(tool(desk, "Pause")->isChecked());
}

void TestTelemetry::curvesAreChosenAndRemembered() {
    {
        Desk desk(m_folder->path());
        shownPanel(desk);
        QVERIFY(desk.find<QLabel>(QStringLiteral("Load: CPU")) != nullptr);
        const auto choose = [&](const QString& menuTitle, const QString& text) {
            for (QAction* menu : tool(desk, "Curves")->menu()->actions())
                if (menu->text() == menuTitle)
                    for (QAction* action : menu->menu()->actions())
                        if (action->text().startsWith(text))
                            action->trigger();
        };
        choose(QStringLiteral("Load"), QStringLiteral("CPU (machine)"));
        QVERIFY(desk.find<QLabel>(QStringLiteral("Load: CPU")) == nullptr);
        choose(QStringLiteral("Tokens per second"), QStringLiteral("Reply"));
        QVERIFY(boxOf(desk, Plot::Speed)->isHidden()); // nothing of it is left
        choose(QStringLiteral("Tokens per second"), QStringLiteral("Prompt"));
        QVERIFY(!boxOf(desk, Plot::Speed)->isHidden());
        desk.window->close();
    }
    Desk desk(m_folder->path());
    QVERIFY(desk.find<QLabel>(QStringLiteral("Load: CPU")) == nullptr);
    QVERIFY(desk.find<QLabel>(QStringLiteral("Tokens per second: Prompt")) != nullptr);
}

void TestTelemetry::zoomAndBack() {
    Desk desk(m_folder->path());
    shownPanel(desk);
    LivePlot& plot = boxOf(desk, Plot::Ram)->plot();
    QVERIFY(!tool(desk, "Back")->isEnabled());
    QVERIFY(!tool(desk, "Back")->toolTip().isEmpty());
    const QPointF middle = plot.rect().center();
    QWheelEvent wheel(
        middle, plot.mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::ControlModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&plot, &wheel);
    QVERIFY(wheel.isAccepted());
    QVERIFY(tool(desk, "Back")->isEnabled());
    QTest::mouseClick(tool(desk, "Back"), Qt::LeftButton);
    QVERIFY(!tool(desk, "Back")->isEnabled());
    QSignalSpy panned(&plot, &LivePlot::panned);
    QTest::mousePress(&plot, Qt::LeftButton, {}, middle.toPoint());
    QTest::mouseMove(&plot, middle.toPoint() + QPoint(40, 0));
    QMouseEvent drag(QEvent::MouseMove, middle + QPointF(60, 0), plot.mapToGlobal(middle + QPointF(60, 0)),
        Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&plot, &drag);
    QVERIFY(!panned.isEmpty());
    QVERIFY(panned.last().first().toDouble() < 0); // to the right: earlier moments
    QVERIFY(tool(desk, "Back")->isEnabled());
    auto* span = desk.find<QComboBox>(QStringLiteral("Time shown"));
    span->setFocus();
    QTest::keyClick(span, Qt::Key_End);
    QCOMPARE(desk.settings.get(setting::telemetrySpan), 600);
    QVERIFY(!tool(desk, "Back")->isEnabled());
}

void TestTelemetry::keysReadAndZoom() {
    Desk desk(m_folder->path());
    shownPanel(desk);
    const auto* moment = desk.find<QLabel>(QStringLiteral("Moment of the values"));
    desk.find<QWidget>(QStringLiteral("Plots"))->setFocus();
    QCOMPARE(moment->text(), QStringLiteral("Values now"));
    desk.press(Qt::Key_Left);
    QTRY_VERIFY2(moment->text().endsWith(QStringLiteral("s ago")), qPrintable(moment->text()));
    desk.press(Qt::Key_Plus);
    QVERIFY(tool(desk, "Back")->isEnabled());
    desk.press(Qt::Key_0);
    QVERIFY(!tool(desk, "Back")->isEnabled());
    QCOMPARE(moment->text(), QStringLiteral("Values now"));
    desk.press(Qt::Key_Left, Qt::ShiftModifier);
    QVERIFY(tool(desk, "Back")->isEnabled());
}

void TestTelemetry::hoverShowsEarlierValues() {
    Desk desk(m_folder->path());
    shownPanel(desk);
    const auto* moment = desk.find<QLabel>(QStringLiteral("Moment of the values"));
    LivePlot& plot = boxOf(desk, Plot::Ram)->plot();
    emit plot.pointed(0.0); // the left edge: the oldest sample is nearest
    QVERIFY2(moment->text().endsWith(QStringLiteral("s ago")), qPrintable(moment->text()));
    emit plot.pointedAway();
    QCOMPARE(moment->text(), QStringLiteral("Values now"));
}

void TestTelemetry::valuesAreExportedAndReadBack() {
    Desk desk(m_folder->path());
    TelemetryPanel* panel = shownPanel(desk);
    panel->setPaused(true);
    panel->exportValues(path("values.csv"));
    QFile file(path("values.csv"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> lines = file.readAll().split('\n');
    QCOMPARE(static_cast<std::size_t>(lines.size()), panel->history().size() + 2);
    const QList<QByteArray> titles = lines[0].trimmed().split('"');
    const auto isTitle = [](const QByteArray& title) { return title.startsWith("RAM: Free ("); };
    const auto title = std::find_if(titles.begin(), titles.end(), isTitle);
    QVERIFY(title != titles.end());
    const auto column = 2 + (title - titles.begin()) / 2; // behind the times; between quotes there are commas
    const std::size_t row = panel->history().size() - 1;
    const QList<QByteArray> cells = lines[static_cast<qsizetype>(row) + 1].trimmed().split(',');
    QCOMPARE(cells[1].toDouble(), std::round(panel->history().secondsAt(row) * 1000) / 1000);
    QCOMPARE(cells[column].toFloat(), panel->history().valueAt(row, Curve::RamFree));
    QVERIFY(QDateTime::fromString(QString::fromLatin1(cells[0]), Qt::ISODateWithMs).isValid());
}

void TestTelemetry::pictureIsExported() {
    const auto board = std::make_shared<FakeBoardState>();
    board->set(figures());
    Desk desk(m_folder->path(), machineWith(board));
    TelemetryPanel* panel = shownPanel(desk);
    LivePlot& last = boxOf(desk, Plot::Power)->plot();
    QVERIFY(last.visibleRegion().isEmpty()); // scrolled away, and so not drawn
    const QImage before = last.grab().toImage();
    panel->exportPicture(path("plots.png"));
    QVERIFY(last.grab().toImage() != before);
    const QImage picture(path("plots.png"));
    QVERIFY(picture.height() > desk.window->height());
}

void TestTelemetry::exportThatFailsIsTold() {
    Desk desk(m_folder->path());
    TelemetryPanel* panel = shownPanel(desk);
    QSignalSpy failed(panel, &TelemetryPanel::failed);
    panel->exportValues(path("nowhere/values.csv"));
    panel->exportPicture(path("nowhere/plots.png"));
    QCOMPARE(failed.size(), 2);
    QVERIFY(failed.first().first().toString().contains(QStringLiteral("nowhere/values.csv: ")));
}

void TestTelemetry::curvesAreDrawnInTheirColours() {
    LivePlot plot(Plot::Vram);
    plot.setPalette(darkPalette());
    std::vector<Curve> curves;
    for (const CurveRow& row : curveRows(Plot::Vram))
        curves.push_back(row.curve);
    plot.setCurves(curves);
    plot.resize(400, 200);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    TelemetryHistory history;
    for (int i = 0; i <= 100; ++i) {
        Sample sample;
        sample.fill(kUnknown);
        sample[indexOf(Curve::VramWeights)] = 12e9F;
        sample[indexOf(Curve::VramCache)] = 6e9F;
        sample[indexOf(Curve::VramScratch)] = 0;
        sample[indexOf(Curve::VramOthers)] = 0;
        sample[indexOf(Curve::VramFree)] = 6e9F;
        history.add(i * 0.1, sample);
    }
    plot.draw(history, 10.0, 10.0);
    const QImage picture = plot.grab().toImage();
    const int x = picture.width() / 2;
    int weights = 0;
    int cache = 0;
    for (int y = 0; y < picture.height(); ++y) {
        const QColor color = picture.pixelColor(x, y);
        weights += color == hueColor(Hue::Blue, plot.palette()) ? 1 : 0;
        cache += color == hueColor(Hue::SkyBlue, plot.palette()) ? 1 : 0;
    }
    QVERIFY2(cache > 20, qPrintable(QString::number(cache)));
    QVERIFY2(std::abs(weights - 2 * cache) <= 4, qPrintable(QString::number(weights))); // twice as much
}

QTEST_MAIN(TestTelemetry)
#include "tst_telemetry.moc"
