// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"
#include "gui/telemetry/draw_budget.h"
#include "gui/telemetry/telemetry_sampler.h"
#include "gui/telemetry/time_view.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class CurveChoice;
class LivePlot;
class PlotArea;
class PlotBox;
class QComboBox;
class QLabel;
class QToolButton;
class Settings;

// The telemetry dock: what graphics memory, link, RAM, drives, processors and replies did in the last ten minutes.
// Draws up to ten times a second while someone can see it, and never else; the sampler goes on behind it.
class TelemetryPanel : public QWidget {
    Q_OBJECT

public:
    TelemetryPanel(const EngineController& controller, Settings& settings, QWidget* parent = nullptr);
    ~TelemetryPanel() override;

    // Where measured peaks come from; null: not measured.
    void setProfile(std::shared_ptr<const strata::MachineProfile> profile);

    bool isDrawing() const { return m_drawing.isActive(); }
    const TelemetryHistory& history() const { return m_history; } // that is shown: of a paused panel, as it was then

public slots:
    void setPaused(bool isPaused);
    void goBack();                           // to the present, not zoomed
    void exportPicture(const QString& path); // PNG: all plots that there are, in view or not
    void exportValues(const QString& path);  // CSV: the history of all curves that are shown

signals:
    void failed(const QString& sentence);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeTools();
    QWidget* makeBoxes();
    QToolButton* addTool(QLayout* row, const QString& text, const QString& toolTip);
    void connectPlot(LivePlot& plot);
    void connectKeys(PlotArea& area);
    void askForFile(const QString& title, const QString& suffix, void (TelemetryPanel::*write)(const QString&));
    void chooseSpan(int index);

    void followEngine();
    void setDrawing(bool isDrawing);
    void takeSamples();
    void tick();
    void refresh(); // plots
    void showValues();
    void showAbsences();
    void showView(); // of the tools
    void applyCurves();
    QString absence(Plot plot) const;
    void changeView(const std::function<void(double now)>& change);
    void setCursorAt(std::optional<double> fraction);
    double now() const; // the end of the history

    const EngineController& m_controller;
    Settings& m_settings;
    CurveChoice* m_choice;
    std::shared_ptr<const strata::MachineProfile> m_profile;
    QString m_boardId; // of the device whose board is asked; empty: none
    TelemetrySampler m_sampler;
    TelemetryHistory m_history;
    TimeView m_view;
    std::optional<double> m_cursor; // share of the width
    bool m_isPaused = false;
    unsigned m_ticks = 0;
    DrawBudget m_budget;
    QElapsedTimer m_clock;
    QTimer m_drawing;
    std::vector<PlotBox*> m_boxes;
    QWidget* m_content = nullptr;
    QToolButton* m_pause = nullptr;
    QToolButton* m_back = nullptr;
    QComboBox* m_span = nullptr;
    QLabel* m_moment = nullptr; // of the values in the legends
};
