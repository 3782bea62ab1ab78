// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"
#include "gui/models/forecast_runner.h"
#include "gui/models/model_entry.h"
#include "gui/tiermap/wire_rates.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class LoadChoices;
class MemoryBars;
class PlanControls;
class QLabel;
class QPushButton;
class ReducedMotion;
class TierLegend;
class TierMapView;
class WireBars;

// Where a model's blocks rest and who computes them, what that means in words, and how busy the wires are. Of a model
// that is not loaded, or whose controls were moved, it shows the plan that a load would be made by, planned in the
// background; of one that is loaded, the truth. Reads the engine's metrics ten times a second while a reply is written
// and someone can see it, and never else.
//
// What a person changes here of a model that is not loaded holds for the next load, however that is begun; of the
// loaded one it holds once it is applied.
class TierMapPanel : public QWidget {
    Q_OBJECT

public:
    TierMapPanel(EngineController& controller, LoadChoices& choices, QWidget* parent = nullptr);

    bool isSampling() const { return m_sampling.isActive(); }

public slots:
    void setSelected(const std::optional<ModelEntry>& entry); // in the list of models; nullopt: none

signals:
    void loadRequested(const QString& path); // of a model that is not there, as the choices have it

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    // The model that is shown.
    struct Subject {
        QString path; // empty: none
        QString name;
        quint32 trainedContext = 0;
        std::shared_ptr<const ModelShape> shape; // null: not known yet
    };

    QWidget* makeContent();
    QWidget* makeButtons();
    void connectParts();
    void followEngine();
    void leaveLoaded();
    void showModel(const LoadedModel* model); // null: none
    void switchSampling();
    void sample();
    void showTrail();
    void showRest(); // what the last token left behind, once nothing moves

    const LoadedModel* loadedSubject() const; // null: another model is loaded, or none
    bool isTruth() const;                     // what is loaded is what is asked for
    void setSubject(const Subject& subject, const LoadCommand& wish);
    void showSubject(); // the truth, or asks for the plan
    void showTruth();   // in words, if the map shows it
    void askForPlan();
    void takeForecast(const ForecastAnswer& answer);
    void takeLoaded(const LoadedModel& model);
    bool isApplied(const LoadCommand& command) const; // it was asked for from here
    void takeRefusal(const QString& sentence);
    void change(const LoadCommand& wish); // by a person
    void pin(std::size_t first, std::size_t last, std::optional<strata::Tier> tier);
    void apply();
    void reset();
    void refreshChoices(); // the settings or the machine have changed
    void showControls();
    void showPins();
    void showWords(const QString& forecast, const QString& refusal);
    void showButtons();

    EngineController& m_controller;
    LoadChoices& m_choices;
    ForecastRunner m_runner;
    Subject m_subject;
    Subject m_selected; // in the list
    LoadCommand m_wish; // for the subject
    std::optional<LoadCommand> m_applied; // asked for from here and not answered yet
    QString m_refusal;       // the planner's, of what is wished; empty: none
    QString m_engineRefusal; // the engine's, of the same
    TierMapView* m_map = nullptr;
    TierLegend* m_legend = nullptr;
    MemoryBars* m_memory = nullptr;
    PlanControls* m_controls = nullptr;
    WireBars* m_wires = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_block = nullptr; // of the one under the mouse or the keys
    QLabel* m_forecast = nullptr;
    QLabel* m_trouble = nullptr; // the refusal
    QLabel* m_bound = nullptr;
    QLabel* m_none = nullptr;
    QPushButton* m_reset = nullptr;
    QPushButton* m_apply = nullptr;
    QWidget* m_content = nullptr;
    bool m_isThere = false; // a model is loaded
    std::shared_ptr<const strata::Metrics> m_metrics;
    std::vector<std::uint64_t> m_times; // of the last pass; scratch
    WireRates m_rates;
    QElapsedTimer m_clock;
    QTimer m_sampling;
    ReducedMotion* m_motion;
};
