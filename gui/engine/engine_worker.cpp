// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/engine/engine_worker.h"

#include "gui/engine/load_request.h"

#include "core/base/error.h"

#include <QThread>

#include <exception>
#include <new>
#include <utility>

namespace {

constexpr qint64 kPieceIntervalMs = 16;    // one frame at 60 Hz
constexpr qint64 kProgressIntervalMs = 33; // a bar needs no more than 30 Hz

strata::GenerationRequest toRequest(const GenerateCommand& command) {
    strata::GenerationRequest request;
    request.messages = command.messages;
    request.continuesReply = command.continuesReply;
    request.sampling = command.sampling;
    request.maxTokens = command.maxTokens;
    for (const QString& text : command.stopStrings)
        request.stopStrings.push_back(text.toStdString());
    return request;
}

// A device that failed, or memory that ran out half way, leaves an engine that must not be used again.
bool leavesEngineUsable(strata::ErrorCode code) {
    switch (code) {
    case strata::ErrorCode::BadRequest:
    case strata::ErrorCode::Unsupported:
        return true;
    case strata::ErrorCode::BadFile:
    case strata::ErrorCode::NotFound:
    case strata::ErrorCode::Io:
    case strata::ErrorCode::OutOfMemory:
    case strata::ErrorCode::Device:
        return false;
    }
    return false;
}

} // namespace

template <typename Body>
std::optional<Failure> EngineWorker::attempt(const QString& details, Body&& body) {
    Q_ASSERT(QThread::currentThread() == thread());
    Failure failure;
    failure.details = details;
    try {
        body();
        return std::nullopt;
    } catch (const strata::Error& error) {
        failure.sentence = QString::fromUtf8(error.what());
        failure.isEngineUsable = m_engine != nullptr && leavesEngineUsable(error.code());
        failure.isDeviceLost = error.code() == strata::ErrorCode::Device;
        failure.isCpuOffered =
            m_devices.main.info.kind == strata::DeviceKind::Gpu &&
            (error.code() == strata::ErrorCode::Device || error.code() == strata::ErrorCode::OutOfMemory);
    } catch (const std::bad_alloc&) {
        failure.sentence = tr("There is not enough memory (RAM). Close other programs, or load with less context.");
    } catch (const std::exception& error) {
        failure.sentence = tr("The engine met something it does not know: %1").arg(QString::fromUtf8(error.what()));
    }
    return failure;
}

template <typename Body>
bool EngineWorker::guard(RequestId id, const QString& details, Body&& body) {
    const std::optional<Failure> failure = attempt(details, std::forward<Body>(body));
    if (!failure)
        return true;
    emit failed(id, *failure);
    return failure->isEngineUsable;
}

// The model that is there goes only once the next one is known to fit, and before that takes memory.
void EngineWorker::load(
    RequestId id, const LoadCommand& command, const strata::EngineDevices& devices, std::stop_token stop) {
    const QString details =
        tr("File: %1\nDevice: %2\nContext: %3")
            .arg(command.path, QString::fromStdString(devices.main.info.name),
                command.contextTokens == 0 ? tr("automatic") : QString::number(command.contextTokens));
    std::optional<LoadedModel> former; // of the same file: loaded again, it may be
    const strata::EngineDevices formerDevices = m_devices;
    if (m_engine != nullptr) {
        const auto refusal =
            attempt(details, [&] { strata::Engine::checkLoad(loadRequest(command), devices, *m_engine); });
        // An engine whose own device is lost cannot be asked, and is no loss.
        if (refusal && !(refusal->isDeviceLost && devices.main.info.id == formerDevices.main.info.id)) {
            emit refused(id, *refusal, m_model);
            return;
        }
        if (m_model.command.path == command.path)
            former = m_model;
    }
    unload();
    bool isOpen = false;
    const auto failure = attempt(details, [&] { isOpen = openEngine(id, command, devices, stop); });
    if (isOpen)
        emit loaded(id, m_model);
    if (!failure)
        return; // or stopped: whoever asked for that has moved on already
    unload();
    if (former && openAgain(id, *former, formerDevices, stop))
        emit refused(id, *failure, m_model);
    else
        emit failed(id, *failure);
}

// True: the former model is back.
bool EngineWorker::openAgain(
    RequestId id, const LoadedModel& former, const strata::EngineDevices& devices, std::stop_token stop) {
    bool isOpen = false;
    const auto failure = attempt({}, [&] { isOpen = openEngine(id, former.command, devices, stop); });
    if (failure)
        unload();
    return isOpen;
}

bool EngineWorker::openEngine(
    RequestId id, const LoadCommand& command, const strata::EngineDevices& devices, std::stop_token stop) {
    QElapsedTimer clock;
    clock.start();
    QElapsedTimer sinceReport;
    const auto report = [&](const strata::LoadProgress& progress) {
        if (sinceReport.isValid() && sinceReport.elapsed() < kProgressIntervalMs &&
            progress.doneBytes < progress.totalBytes)
            return;
        sinceReport.start();
        emit loadProgress(id, progress.doneBytes, progress.totalBytes);
    };
    m_devices = devices;
    m_engine = strata::Engine::load(loadRequest(command), devices, report, stop);
    if (m_engine == nullptr)
        return false;
    m_session.emplace(m_engine->newSession());
    m_model.command = command;
    m_model.summary = strata::summarize(m_engine->model()->file());
    m_model.device = m_engine->device();
    m_model.contextTokens = m_engine->contextTokens();
    strata::WeightStore& weights = m_engine->weights();
    m_model.weightBytes = weights.residentBytes();
    m_model.plan = std::make_shared<const strata::Plan>(weights.plan());
    m_model.decode = std::make_shared<const strata::Schedule>(weights.scheduleFor(1));
    m_model.isMeasured = !weights.profile().date.empty();
    m_model.forecast = m_engine->forecast(0);
    m_model.notices.clear();
    for (const std::string& notice : weights.notices())
        m_model.notices.append(QString::fromStdString(notice));
    m_model.loadSeconds = static_cast<double>(clock.nsecsElapsed()) * 1e-9;
    m_model.metrics = m_engine->metrics();
    return true;
}

void EngineWorker::unload() {
    m_session.reset();
    m_engine.reset();
}

void EngineWorker::generate(RequestId id, const GenerateCommand& command, std::stop_token stop) {
    if (m_engine == nullptr)
        return; // unloaded since: the controller has answered
    const QString details = tr("Messages: %1").arg(command.messages.size());
    if (!guard(id, details, [&] { runGeneration(id, command, stop); }))
        unload();
}

void EngineWorker::runGeneration(RequestId id, const GenerateCommand& command, std::stop_token stop) {
    m_joined.clear();
    m_sinceSent.invalidate();
    strata::GenerationSinks sinks;
    sinks.progress = [&](const strata::PromptProgress& progress) { emit promptProgress(id, progress); };
    sinks.piece = [&](std::string_view piece) { joinPiece(id, piece); };
    const strata::GenerationResult result = m_engine->generate(*m_session, toRequest(command), sinks, stop);
    flushPieces(id);
    m_model.forecast = m_engine->forecast(0); // with wires as fast as they were just now
    emit forecastMade(id, m_model.forecast);
    emit finished(id, result);
}

void EngineWorker::joinPiece(RequestId id, std::string_view piece) {
    m_joined += piece;
    if (!m_sinceSent.isValid() || m_sinceSent.elapsed() >= kPieceIntervalMs)
        flushPieces(id);
}

void EngineWorker::flushPieces(RequestId id) {
    if (m_joined.empty())
        return;
    emit pieceReady(id, QString::fromStdString(m_joined));
    m_joined.clear();
    m_sinceSent.start();
}

void EngineWorker::countTokens(RequestId id, const QString& text) {
    if (m_engine == nullptr)
        return;
    guard(id, tr("Counting tokens"), [&] {
        const auto typed = strata::PromptText::fromPerson(text.toStdString());
        emit tokensCounted(id, static_cast<quint32>(m_engine->model()->tokenizer().encode(typed).size()));
    });
}

void EngineWorker::countPromptTokens(RequestId id, const GenerateCommand& command) {
    if (m_engine == nullptr)
        return;
    guard(id, tr("Counting tokens"),
        [&] { emit tokensCounted(id, static_cast<quint32>(m_engine->promptTokens(toRequest(command)).size())); });
}
