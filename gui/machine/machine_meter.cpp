// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/machine/machine_meter.h"

#include "gui/format.h"

#include "core/base/error.h"
#include "core/profile/stored_profile.h"
#include "core/tier/profile_file.h"

#include <QPromise>
#include <QThreadPool>

#include <algorithm>
#include <utility>

using State = EngineController::State;

namespace {

constexpr int kIdleMs = 10'000; // whoever opens the window wants to type first

// Figures that cannot be written are of use all the same, until the program ends.
QString store(const strata::MachineProfile& profile) {
    try {
        strata::writeProfile(profile, strata::machineProfilePath());
    } catch (const strata::Error& error) {
        return QString::fromUtf8(error.what());
    }
    return {};
}

} // namespace

MachineMeter::MachineMeter(EngineController& controller, ModelPaths modelPaths, QObject* parent)
    : QObject(parent), m_controller(controller), m_modelPaths(std::move(modelPaths)),
      m_measure([](const strata::MeasureRequest& request, std::stop_token stop) {
          return strata::measureMachine(request, {}, std::move(stop));
      }) {
    m_idle.setSingleShot(true);
    m_idle.setInterval(kIdleMs);
    connect(&m_idle, &QTimer::timeout, this, &MachineMeter::begin);
    connect(&m_controller, &EngineController::stateChanged, this, &MachineMeter::followEngine);
    connect(&m_watcher, &QFutureWatcherBase::finished, this, &MachineMeter::take);
    const strata::MeasureRequest machine = request();
    const strata::DeviceInfo gpu = machine.gpu ? machine.gpu->info : strata::DeviceInfo();
    if (auto stored = strata::loadMachineProfile(machine.cpu.info.name, gpu.name, gpu.driver))
        m_profile = std::make_shared<const strata::MachineProfile>(std::move(*stored));
}

MachineMeter::~MachineMeter() {
    m_stop.request_stop();
    m_watcher.waitForFinished(); // within 200 ms
}

strata::MeasureRequest MachineMeter::request() const {
    strata::MeasureRequest request;
    for (const strata::BackendChoice& choice : m_controller.choices()) {
        if (choice.info.kind == strata::DeviceKind::Cpu)
            request.cpu = choice;
        else if (!request.gpu)
            request.gpu = choice;
    }
    return request;
}

bool MachineMeter::isIdle() const {
    return m_controller.state() != State::Loading && m_controller.state() != State::Generating;
}

void MachineMeter::measure() {
    m_isAsked = m_isWanted = true;
    if (isIdle() && !isMeasuring())
        begin();
}

void MachineMeter::measureIfUnknown() {
    if ((m_profile != nullptr && m_profile->knowsPrompts()) || m_isWanted)
        return;
    m_isWanted = true;
    if (isIdle())
        m_idle.start();
}

// What the engine does would be measured too, and slowed down.
void MachineMeter::followEngine() {
    if (!m_isWanted)
        return;
    if (isIdle()) {
        m_idle.start();
    } else {
        m_idle.stop();
        m_stop.request_stop();
    }
}

void MachineMeter::begin() {
    if (isMeasuring() || !isIdle())
        return;
    m_idle.stop();
    m_stop = std::stop_source();
    auto promise = std::make_shared<QPromise<std::shared_ptr<Outcome>>>();
    strata::MeasureRequest asked = request();
    asked.modelPaths = m_modelPaths();
    m_watcher.setFuture(promise->future());
    QThreadPool::globalInstance()->start(
        [promise, asked = std::move(asked), measure = m_measure, stop = m_stop.get_token()] {
            promise->start();
            auto outcome = std::make_shared<Outcome>();
            try {
                outcome->measurement = measure(asked, stop);
            } catch (const strata::Error& error) {
                outcome->error = QString::fromUtf8(error.what());
            }
            promise->addResult(std::move(outcome));
            promise->finish();
        });
    emit changed();
}

void MachineMeter::take() {
    const std::shared_ptr<Outcome> outcome = m_watcher.result();
    if (!outcome->measurement && outcome->error.isEmpty()) { // stopped: begins again when the engine is idle
        if (isIdle())
            m_idle.start();
        emit changed();
        return;
    }
    m_isWanted = false;
    const bool isAsked = std::exchange(m_isAsked, false);
    if (!outcome->measurement) {
        if (isAsked)
            emit told(tr("This machine was not measured: %1").arg(outcome->error));
        emit changed();
        return;
    }
    m_profile = std::make_shared<const strata::MachineProfile>(outcome->measurement->profile);
    const QString refusal = store(*m_profile);
    if (isAsked)
        emit told(describe(*m_profile));
    if (isAsked && !refusal.isEmpty())
        emit told(tr("The figures hold until you close Strata: %1").arg(refusal));
    emit changed();
}

QString MachineMeter::describe(const strata::MachineProfile& profile) const {
    QStringList figures = {tr("RAM %1").arg(formatByteRate(profile.hostRead))};
    if (profile.hasGpu()) {
        figures.prepend(tr("graphics memory (VRAM) %1").arg(formatByteRate(profile.vramRead)));
        figures.append(tr("between both %1").arg(formatByteRate(profile.linkIn)));
    }
    for (const strata::DriveRate& drive : profile.drives)
        figures.append(
            tr("drive %1 %2").arg(QString::fromStdString(drive.mountPoint), formatByteRate(drive.bytesPerSecond)));
    return tr("This machine was measured: %1. Models are planned with these figures from the next load on.")
        .arg(figures.join(QStringLiteral(", ")));
}
