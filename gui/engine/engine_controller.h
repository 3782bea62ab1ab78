// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include <QFutureWatcher>
#include <QObject>
#include <QThread>

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

class EngineWorker;
namespace strata {
struct EngineDevices;
}

// The engine as widgets see it: a state, verbs, and signals that carry values. Lives on the GUI thread and owns the
// engine thread. Nothing here waits, save the destructor, which waits for one block at most.
//
//             Empty      Loading            Ready         Generating         Failed
//   load      Loading    cancel, Loading    Loading       cancel, Loading    Loading
//   generate  -          -                  Generating    -                  -
//   cancel    -          Empty              -             Ready, once the    -
//                                                         engine has stopped
//   unload    -          cancel, Empty      Empty         cancel, Empty      Empty
//
// A load that fails before the model that is there had to go leaves that model: loadRefused(), and Ready again.
// A verb that is not legal (-) does nothing. Every accepted generate() is answered by exactly one finished() or
// failed(), also when another verb cuts it short, and by no piece after that.
class EngineController : public QObject {
    Q_OBJECT

public:
    enum class State { Empty, Loading, Ready, Generating, Failed };
    Q_ENUM(State)

    // Best device first; at least one.
    explicit EngineController(std::vector<strata::BackendChoice> devices, QObject* parent = nullptr);
    ~EngineController() override;

    State state() const { return m_state; }
    bool isStopping() const { return m_isStopping; } // cancel() was called; the engine is about to stop
    const std::optional<LoadedModel>& loadedModel() const { return m_loaded; } // in Ready and Generating
    const LoadCommand& lastLoad() const { return m_lastLoad; } // what is or was being loaded; empty path: nothing yet
    const Failure& failure() const { return m_failure; }       // in Failed
    std::vector<strata::DeviceInfo> devices() const;
    const std::vector<strata::BackendChoice>& choices() const { return m_devices; }
    bool hasDevice(const QString& id) const;
    // Lists them anew, with the memory that is free by then; called on another thread.
    void setDeviceSource(std::function<std::vector<strata::BackendChoice>()> source) { m_source = std::move(source); }

public slots:
    void load(const LoadCommand& command);
    void loadAgain(); // what was loaded last; nothing if there was nothing
    void loadOnCpu(); // the same, this time there
    void unload();
    bool generate(const GenerateCommand& command); // false: not legal now
    void cancel();
    void refreshDevices(); // devicesChanged() follows, if there is a source

    // Answered by tokensCounted with the returned id once the engine is free, or never if the model is unloaded before
    // or its template refuses the conversation. nullopt when no model is loaded.
    // The text alone, without template and special tokens.
    std::optional<RequestId> countTokens(const QString& text);
    // The whole prompt that generate() would run, template included: what a context gauge shows.
    std::optional<RequestId> countPromptTokens(const GenerateCommand& command);

signals:
    void stateChanged(EngineController::State state); // before loaded, finished and failed of the same event
    void devicesChanged();                            // or the memory that is free on them
    void stopping();                                  // isStopping() became true
    void loadProgress(quint64 doneBytes, quint64 totalBytes);
    void loaded(const LoadedModel& model);
    void loadRefused(const Failure& failure); // after loaded() with the model that stays, or came back
    void failed(const Failure& failure);
    void promptProgress(const strata::PromptProgress& progress);
    void pieceReady(const QString& piece); // at most one per 16 ms; whole characters
    void forecastChanged(); // of the loaded model: wires have another pace than was measured; before finished()
    void finished(const strata::GenerationResult& result);
    void tokensCounted(RequestId id, quint32 tokenCount);

private:
    void connectWorker();
    void takeDevices();
    std::stop_token beginRequest(); // stops what runs; its answers become stale
    strata::EngineDevices withHost(const strata::BackendChoice& device) const;
    void leaveModel(State next);
    void setState(State state);
    bool isCurrent(RequestId id) const { return id == m_currentId; }
    void takeLoaded(RequestId id, const LoadedModel& model);
    void takeRefusal(RequestId id, const Failure& failure, const LoadedModel& kept);
    void takeForecast(RequestId id, const strata::Forecast& forecast);
    void takeFinished(RequestId id, const strata::GenerationResult& result);
    void takeFailure(RequestId id, const Failure& failure);

    std::vector<strata::BackendChoice> m_devices;
    std::function<std::vector<strata::BackendChoice>()> m_source; // empty: they stay as they are
    QFutureWatcher<std::vector<strata::BackendChoice>> m_listing;
    State m_state = State::Empty;
    bool m_isStopping = false;
    RequestId m_lastId = 0;    // of any request
    RequestId m_currentId = 0; // of the load or generation that may change the state
    std::stop_source m_stop;
    LoadCommand m_lastLoad;
    std::optional<LoadedModel> m_loaded;
    Failure m_failure;
    QThread m_thread;
    EngineWorker* m_worker = nullptr; // lives on m_thread, which deletes it
};
