// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"

#include "core/profile/machine_measurement.h"

#include <QFutureWatcher>
#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

// The figures of this machine that models larger than one memory are planned from: those stored, or measured in the
// background while the engine has nothing to do. A load or a reply stops a measurement, which begins again once the
// engine has been idle for a while. GUI thread; measuring runs on another.
class MachineMeter : public QObject {
    Q_OBJECT

public:
    using Measure = std::function<std::optional<strata::MachineMeasurement>(
        const strata::MeasureRequest&, std::stop_token)>; // as strata::measureMachine; tests put their own here
    using ModelPaths = std::function<std::vector<std::filesystem::path>()>;

    MachineMeter(EngineController& controller, ModelPaths modelPaths, QObject* parent = nullptr);
    ~MachineMeter() override;

    void setMeasure(Measure measure) { m_measure = std::move(measure); }
    void setIdleDelay(int milliseconds) { m_idle.setInterval(milliseconds); } // before it begins by itself

    std::shared_ptr<const strata::MachineProfile> profile() const { return m_profile; } // null: not known
    bool isMeasuring() const { return m_watcher.isRunning(); }

public slots:
    void measure();          // asked for by a person: as soon as the engine is idle, and the outcome is told
    void measureIfUnknown(); // or only in part; after some time without work, and nothing is told

signals:
    void changed();                       // profile() or isMeasuring()
    void told(const QString& sentence);   // the outcome of measure(), good or bad

private:
    struct Outcome {
        std::optional<strata::MachineMeasurement> measurement; // nullopt: stopped, or failed
        QString error;
    };
    bool isIdle() const;
    void followEngine();
    void begin();
    void take();
    strata::MeasureRequest request() const;
    QString describe(const strata::MachineProfile& profile) const;

    EngineController& m_controller;
    ModelPaths m_modelPaths;
    Measure m_measure;
    std::shared_ptr<const strata::MachineProfile> m_profile;
    QTimer m_idle;
    bool m_isWanted = false;  // to be begun, or begun and not finished
    bool m_isAsked = false;   // by a person
    std::stop_source m_stop;
    QFutureWatcher<std::shared_ptr<Outcome>> m_watcher;
};
