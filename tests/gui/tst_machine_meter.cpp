// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/format.h"
#include "gui/machine/machine_meter.h"
#include "tests/support/tiny_model.h"

#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "core/tier/profile_file.h"
#include "core/tier/typical_profile.h"

#include <QtTest>

#include <atomic>

using namespace Qt::StringLiterals;
using State = EngineController::State;

namespace {

// A measurement that lasts until it is let go on, or stopped.
struct Measuring {
    std::atomic<int> begun = 0;
    std::atomic<int> stopped = 0;
    std::atomic<bool> mayEnd = true;
    std::atomic<bool> fails = false;

    std::optional<strata::MachineMeasurement> run(const strata::MeasureRequest& request, const std::stop_token& stop) {
        ++begun;
        while (!mayEnd && !stop.stop_requested())
            QThread::yieldCurrentThread();
        if (stop.stop_requested()) {
            ++stopped;
            return std::nullopt;
        }
        if (fails)
            strata::fail(strata::ErrorCode::Io, "The drive is gone");
        strata::MachineMeasurement measurement;
        measurement.profile = strata::typicalProfile(request.cpu.info, std::nullopt);
        measurement.profile.date = "2026-01-01";
        return measurement;
    }
};

} // namespace

class TestMachineMeter : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;
    std::unique_ptr<EngineController> m_controller;
    std::shared_ptr<Measuring> m_measuring;

    std::unique_ptr<MachineMeter> meter() {
        auto made = std::make_unique<MachineMeter>(*m_controller, [] { return std::vector<std::filesystem::path>(); });
        made->setIdleDelay(0);
        made->setMeasure([measuring = m_measuring](const strata::MeasureRequest& request, std::stop_token stop) {
            return measuring->run(request, stop);
        });
        return made;
    }
    LoadCommand tiny() {
        LoadCommand command;
        command.path = QString::fromStdString(strata::writeTinyModel(m_home.path().toStdString()).string());
        return command;
    }

private slots:
    void initTestCase() { qputenv("XDG_CONFIG_HOME", m_home.path().toUtf8()); }
    void init() {
        QFile::remove(QString::fromStdString(strata::machineProfilePath().string()));
        m_controller = std::make_unique<EngineController>(std::vector{strata::cpuBackend(1)});
        m_measuring = std::make_shared<Measuring>();
    }

    void figuresAreStoredAndFoundAgain() {
        const auto first = meter();
        QVERIFY(first->profile() == nullptr);
        QSignalSpy told(first.get(), &MachineMeter::told);
        first->measure();
        QTRY_COMPARE(told.size(), 1);
        QVERIFY(told[0][0].toString().contains(u"RAM "_s + formatByteRate(20e9)));
        QVERIFY(first->profile() != nullptr);
        const auto second = meter();
        QCOMPARE(second->profile()->date, std::string("2026-01-01"));
        second->measureIfUnknown();
        QTest::qWait(20);
        QCOMPARE(m_measuring->begun.load(), 1);
    }

    // They serve until better ones are there.
    void figuresOfAnOlderVersionAreMeasuredAgain() {
        strata::MachineProfile old = strata::typicalProfile(m_controller->choices().front().info, std::nullopt);
        old.cpuMultiply.attendsPerSecond = 0.0;
        old.date = "2025-01-01";
        strata::writeProfile(old, strata::machineProfilePath());
        const auto made = meter();
        QVERIFY(made->profile() != nullptr);
        QCOMPARE(made->profile()->date, std::string("2025-01-01"));
        made->measureIfUnknown();
        QTRY_COMPARE(made->profile()->date, std::string("2026-01-01"));
        QCOMPARE(strata::readProfile(strata::machineProfilePath()).date, std::string("2026-01-01"));
    }

    void byItselfItSaysNothing() {
        const auto made = meter();
        QSignalSpy told(made.get(), &MachineMeter::told);
        made->measureIfUnknown();
        QTRY_VERIFY(made->profile() != nullptr);
        QVERIFY(told.isEmpty());
    }

    void aLoadStopsItAndItBeginsAgain() {
        const auto made = meter();
        m_measuring->mayEnd = false;
        made->measure();
        QTRY_COMPARE(m_measuring->begun.load(), 1);
        m_controller->load(tiny());
        QTRY_COMPARE(m_measuring->stopped.load(), 1);
        QTRY_COMPARE(m_controller->state(), State::Ready);
        m_measuring->mayEnd = true;
        QTRY_VERIFY(made->profile() != nullptr);
        QVERIFY(m_measuring->begun >= 2);
    }

    void failureIsASentenceForWhoAsked() {
        m_measuring->fails = true;
        const auto made = meter();
        QSignalSpy told(made.get(), &MachineMeter::told);
        made->measure();
        QTRY_COMPARE(told.size(), 1);
        QVERIFY(told[0][0].toString().contains(u"The drive is gone"_s));
        QVERIFY(made->profile() == nullptr && !made->isMeasuring());
    }

    void closingWhileMeasuringDoesNotWait() {
        m_measuring->mayEnd = false;
        auto made = meter();
        made->measure();
        QTRY_COMPARE(m_measuring->begun.load(), 1);
        made.reset();
        QCOMPARE(m_measuring->stopped.load(), 1);
    }
};

QTEST_MAIN(TestMachineMeter)
#include "tst_machine_meter.moc"
