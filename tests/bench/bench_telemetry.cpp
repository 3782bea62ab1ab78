// SPDX-License-Identifier: GPL-3.0-or-later
// What the telemetry dock takes of a processor: bench_telemetry [SECONDS [SPAN [PNG]]]. The window stands idle for so
// long with the dock hidden, then with it shown and SPAN seconds in its plots, which were filled before. All plots are
// there: of a GPU whose figures are made up, and not asked for by way of a driver. Saves a picture of the dock at the
// end.
#include "gui/main_window.h"
#include "gui/settings/setting_keys.h"
#include "gui/telemetry/telemetry_panel.h"
#include "gui/theme.h"

#include "tests/support/fake_sensors.h"
#include "tests/support/remote_device.h"

#include "core/cpu/cpu_backend.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <QTextStream>

#include <cmath>
#include <time.h>

namespace {

double processorSeconds() {
    timespec used = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// Percent of one processor.
double loadFor(int seconds) {
    QElapsedTimer clock;
    clock.start();
    const double before = processorSeconds();
    QTest::qWait(seconds * 1000);
    return 100.0 * (processorSeconds() - before) / (static_cast<double>(clock.nsecsElapsed()) / 1e9);
}

class MadeUpBoard : public strata::DeviceSensors {
public:
    strata::BoardReading read(Depth /*depth*/) override {
        m_moment += 0.1;
        const double wave = 0.5 + 0.5 * std::sin(m_moment / 3);
        strata::BoardReading reading;
        reading.totalBytes = 24'000'000'000;
        reading.usedBytes = static_cast<std::uint64_t>(9e9 + 4e9 * wave);
        reading.ownBytes = 7'000'000'000;
        reading.load = wave;
        reading.bytesPerSecondIn = 11e9 * wave;
        reading.bytesPerSecondOut = 1e9 * (1 - wave);
        reading.celsius = 60 + 12 * wave;
        reading.watts = 120 + 200 * wave;
        reading.wattLimit = 350;
        reading.link = {.generation = 4, .maxGeneration = 4, .width = 8, .maxWidth = 16};
        return reading;
    }

private:
    double m_moment = 0.0;
};

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const int seconds = arguments.size() > 1 ? arguments[1].toInt() : 20;
    const QTemporaryDir folder;
    Settings settings(folder.filePath(QStringLiteral("strata.ini")));
    settings.set(setting::theme, QStringLiteral("light"));
    settings.set(setting::telemetrySpan, arguments.size() > 2 ? arguments[2].toInt() : 60);
    const Theme theme(settings);
    strata::BackendChoice gpu = strata::remoteDevice();
    gpu.openSensors = [] { return std::make_unique<MadeUpBoard>(); };
    EngineController controller({gpu, strata::cpuBackend(1)});
    MainWindow window(controller, settings, QString(), folder.filePath(QStringLiteral("chat.json")));
    window.resize(1280, 1400);
    window.show();
    QTextStream out(stdout);
    QTest::qWait(2000);
    const double hidden = loadFor(seconds);
    auto* dock = window.findChild<QDockWidget*>(QStringLiteral("telemetry"));
    dock->show();
    QTest::qWait(2000);
    loadFor(seconds); // fills the plots
    const double shown = loadFor(seconds);
    out << QStringLiteral("hidden %1 %, shown %2 % of one processor\n").arg(hidden, 0, 'f', 2).arg(shown, 0, 'f', 2);
    return arguments.size() > 3 && !dock->grab().save(arguments[3]) ? 1 : 0;
}
