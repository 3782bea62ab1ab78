// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"
#include "gui/tiermap/wire_rates.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QLabel;
class TierLegend;
class TierMapView;
class WireBars;

// Where the model's blocks rest and who computes them, what that means in words, and how busy the wires are. Reads the
// engine's metrics ten times a second while a reply is written and someone can see it, and never else.
class TierMapPanel : public QWidget {
    Q_OBJECT

public:
    explicit TierMapPanel(const EngineController& controller, QWidget* parent = nullptr);

    void showModel(const LoadedModel* model); // null: none
    bool isSampling() const { return m_sampling.isActive(); }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeContent();
    void followEngine();
    void switchSampling();
    void sample();

    const EngineController& m_controller;
    TierMapView* m_map = nullptr;
    TierLegend* m_legend = nullptr;
    WireBars* m_wires = nullptr;
    QLabel* m_block = nullptr; // of the one under the mouse or the keys
    QLabel* m_bound = nullptr;
    QLabel* m_none = nullptr;
    QWidget* m_content = nullptr;
    std::shared_ptr<const strata::Plan> m_plan; // that is shown
    std::shared_ptr<const strata::Metrics> m_metrics;
    WireRates m_rates;
    QElapsedTimer m_clock;
    QTimer m_sampling;
};
