// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include "core/engine/engine.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

// Runs the controller's verbs on strata::Engine and turns exceptions into one failed signal. Lives on the engine
// thread; EngineController makes it and calls its functions through queued calls only. Keeps one session per loaded
// model, so that each turn computes only what is new.
class EngineWorker : public QObject {
    Q_OBJECT

public:
    void load(RequestId id, const LoadCommand& command, const strata::EngineDevices& devices, std::stop_token stop);
    void unload();
    void generate(RequestId id, const GenerateCommand& command, std::stop_token stop);
    void countTokens(RequestId id, const QString& text);
    void countPromptTokens(RequestId id, const GenerateCommand& command);

signals:
    void loadProgress(RequestId id, quint64 doneBytes, quint64 totalBytes);
    void loaded(RequestId id, const LoadedModel& model);
    void failed(RequestId id, const Failure& failure);
    // The load failed, and the model that was there before it still is, or is again.
    void refused(RequestId id, const Failure& failure, const LoadedModel& kept);
    void promptProgress(RequestId id, const strata::PromptProgress& progress);
    void pieceReady(RequestId id, const QString& piece);
    void forecastMade(RequestId id, const strata::Forecast& forecast); // of the loaded model, before finished()
    void finished(RequestId id, const strata::GenerationResult& result);
    void tokensCounted(RequestId id, quint32 tokenCount);

private:
    bool openEngine( // false: stopped
        RequestId id, const LoadCommand& command, const strata::EngineDevices& devices, std::stop_token stop);
    bool openAgain(RequestId id, const LoadedModel& former, const strata::EngineDevices& devices, std::stop_token stop);
    void runGeneration(RequestId id, const GenerateCommand& command, std::stop_token stop);
    void joinPiece(RequestId id, std::string_view piece);
    void flushPieces(RequestId id);
    // Of what the body threw; nullopt: nothing.
    template <typename Body>
    std::optional<Failure> attempt(const QString& details, Body&& body);
    // False: the body threw, failed was emitted, and the engine can't be used again.
    template <typename Body>
    bool guard(RequestId id, const QString& details, Body&& body);

    LoadedModel m_model;            // while there is an engine
    strata::EngineDevices m_devices; // of the last load
    std::unique_ptr<strata::Engine> m_engine;
    std::optional<strata::Session> m_session; // destroyed before the engine whose memory it uses
    std::string m_joined;                     // pieces not sent yet
    QElapsedTimer m_sinceSent;
};
