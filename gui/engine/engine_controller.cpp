// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/engine/engine_controller.h"

#include "gui/engine/engine_worker.h"

#include <QPromise>
#include <QThreadPool>

#include <algorithm>
#include <memory>
#include <utility>

EngineController::EngineController(std::vector<strata::BackendChoice> devices, QObject* parent)
    : QObject(parent), m_devices(std::move(devices)), m_worker(new EngineWorker) {
    Q_ASSERT(!m_devices.empty());
    m_thread.setObjectName(QStringLiteral("engine"));
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connectWorker();
    connect(&m_listing, &QFutureWatcherBase::finished, this, &EngineController::takeDevices);
    m_thread.start();
}

EngineController::~EngineController() {
    m_stop.request_stop();
    m_thread.quit();
    m_thread.wait();
}

void EngineController::connectWorker() {
    connect(
        m_worker, &EngineWorker::loadProgress, this,
        [this](RequestId id, quint64 doneBytes, quint64 totalBytes) {
            if (isCurrent(id))
                emit loadProgress(doneBytes, totalBytes);
        },
        Qt::QueuedConnection);
    connect(
        m_worker, &EngineWorker::promptProgress, this,
        [this](RequestId id, const strata::PromptProgress& progress) {
            if (isCurrent(id))
                emit promptProgress(progress);
        },
        Qt::QueuedConnection);
    connect(
        m_worker, &EngineWorker::pieceReady, this,
        [this](RequestId id, const QString& piece) {
            if (isCurrent(id))
                emit pieceReady(piece);
        },
        Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::loaded, this, &EngineController::takeLoaded, Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::refused, this, &EngineController::takeRefusal, Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::forecastMade, this, &EngineController::takeForecast, Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::finished, this, &EngineController::takeFinished, Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::failed, this, &EngineController::takeFailure, Qt::QueuedConnection);
    connect(m_worker, &EngineWorker::tokensCounted, this, &EngineController::tokensCounted, Qt::QueuedConnection);
}

std::vector<strata::DeviceInfo> EngineController::devices() const {
    std::vector<strata::DeviceInfo> infos;
    for (const strata::BackendChoice& choice : m_devices)
        infos.push_back(choice.info);
    return infos;
}

bool EngineController::hasDevice(const QString& id) const {
    return std::any_of(m_devices.begin(), m_devices.end(),
        [wanted = id.toStdString()](const strata::BackendChoice& choice) { return choice.info.id == wanted; });
}

void EngineController::refreshDevices() {
    if (!m_source || m_listing.isRunning())
        return;
    const auto promise = std::make_shared<QPromise<std::vector<strata::BackendChoice>>>();
    m_listing.setFuture(promise->future());
    QThreadPool::globalInstance()->start([promise, source = m_source] {
        promise->start();
        promise->addResult(source());
        promise->finish();
    });
}

void EngineController::takeDevices() {
    if (m_listing.future().resultCount() == 0 || m_listing.result().empty())
        return;
    m_devices = m_listing.result();
    emit devicesChanged();
}

std::stop_token EngineController::beginRequest() {
    m_stop.request_stop();
    m_stop = std::stop_source();
    m_currentId = ++m_lastId;
    return m_stop.get_token();
}

void EngineController::load(const LoadCommand& command) {
    const std::string wanted = command.deviceId.toStdString();
    const auto device = std::find_if(m_devices.begin(), m_devices.end(),
        [&](const strata::BackendChoice& choice) { return wanted.empty() || choice.info.id == wanted; });
    const std::stop_token stop = beginRequest();
    const RequestId id = m_currentId;
    m_lastLoad = command;
    leaveModel(State::Loading);
    if (device == m_devices.end()) {
        takeFailure(id, {tr("The device “%1” is not there. Choose another one.").arg(command.deviceId), {}, false});
        return;
    }
    QMetaObject::invokeMethod(
        m_worker,
        [worker = m_worker, id, command, devices = withHost(*device), stop] { worker->load(id, command, devices, stop); },
        Qt::QueuedConnection);
}

// A GPU is helped by the CPU where its memory does not suffice.
strata::EngineDevices EngineController::withHost(const strata::BackendChoice& device) const {
    strata::EngineDevices devices(device);
    const auto cpu = std::find_if(m_devices.begin(), m_devices.end(),
        [](const strata::BackendChoice& choice) { return choice.info.kind == strata::DeviceKind::Cpu; });
    if (device.info.kind == strata::DeviceKind::Gpu && cpu != m_devices.end())
        devices.host = *cpu;
    return devices;
}

void EngineController::loadAgain() {
    if (!m_lastLoad.path.isEmpty())
        load(LoadCommand(m_lastLoad));
}

void EngineController::loadOnCpu() {
    const auto cpu = std::find_if(m_devices.begin(), m_devices.end(),
        [](const strata::BackendChoice& choice) { return choice.info.kind == strata::DeviceKind::Cpu; });
    if (cpu == m_devices.end() || m_lastLoad.path.isEmpty())
        return;
    LoadCommand command = m_lastLoad;
    command.deviceId = QString::fromStdString(cpu->info.id);
    load(command);
}

void EngineController::unload() {
    if (m_state == State::Empty)
        return;
    beginRequest();
    QMetaObject::invokeMethod(m_worker, &EngineWorker::unload, Qt::QueuedConnection);
    leaveModel(State::Empty);
}

bool EngineController::generate(const GenerateCommand& command) {
    if (m_state != State::Ready)
        return false;
    const std::stop_token stop = beginRequest();
    setState(State::Generating);
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, id = m_currentId, command, stop] { worker->generate(id, command, stop); },
        Qt::QueuedConnection);
    return true;
}

// The stop token acts at once; a queued message would wait behind the very work it should stop.
void EngineController::cancel() {
    if (m_state == State::Loading) {
        unload();
        return;
    }
    if (m_state != State::Generating || m_isStopping)
        return;
    m_stop.request_stop();
    m_isStopping = true;
    emit stopping();
}

std::optional<RequestId> EngineController::countTokens(const QString& text) {
    if (!m_loaded)
        return std::nullopt;
    const RequestId id = ++m_lastId;
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, id, text] { worker->countTokens(id, text); }, Qt::QueuedConnection);
    return id;
}

std::optional<RequestId> EngineController::countPromptTokens(const GenerateCommand& command) {
    if (!m_loaded)
        return std::nullopt;
    const RequestId id = ++m_lastId;
    QMetaObject::invokeMethod(
        m_worker, [worker = m_worker, id, command] { worker->countPromptTokens(id, command); }, Qt::QueuedConnection);
    return id;
}

// A generation that another verb cuts short is answered here, since the worker's own answer will be stale.
void EngineController::leaveModel(State next) {
    const bool wasGenerating = m_state == State::Generating;
    m_loaded.reset();
    setState(next);
    if (!wasGenerating)
        return;
    strata::GenerationResult result;
    result.reason = strata::StopReason::Cancelled;
    emit finished(result);
}

void EngineController::setState(State state) {
    m_isStopping = false;
    m_state = state;
    emit stateChanged(state);
}

void EngineController::takeLoaded(RequestId id, const LoadedModel& model) {
    if (!isCurrent(id))
        return;
    m_loaded = model;
    setState(State::Ready);
    emit loaded(model);
}

void EngineController::takeRefusal(RequestId id, const Failure& failure, const LoadedModel& kept) {
    if (!isCurrent(id))
        return;
    m_lastLoad = kept.command;
    takeLoaded(id, kept);
    emit loadRefused(failure);
}

void EngineController::takeForecast(RequestId id, const strata::Forecast& forecast) {
    if (!isCurrent(id) || !m_loaded)
        return;
    m_loaded->forecast = forecast;
    emit forecastChanged();
}

void EngineController::takeFinished(RequestId id, const strata::GenerationResult& result) {
    if (!isCurrent(id))
        return;
    setState(State::Ready);
    emit finished(result);
}

void EngineController::takeFailure(RequestId id, const Failure& failure) {
    if (!isCurrent(id))
        return;
    m_failure = failure;
    if (!failure.isEngineUsable)
        m_loaded.reset();
    setState(failure.isEngineUsable ? State::Ready : State::Failed);
    emit failed(failure);
}
