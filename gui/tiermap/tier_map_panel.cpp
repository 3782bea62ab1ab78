// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_map_panel.h"

#include "gui/text_labels.h"
#include "gui/tiermap/tier_legend.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/tiermap/wire_bars.h"

#include <QScrollArea>
#include <QVBoxLayout>

namespace {

constexpr int kSampleMs = 100;

} // namespace

TierMapPanel::TierMapPanel(const EngineController& controller, QWidget* parent)
    : QWidget(parent), m_controller(controller) {
    m_none = new SentenceLabel(tr("No model"));
    m_none->setText(tr("Shows where every block of a model rests, and who computes it, once one is loaded."));
    m_none->setForegroundRole(QPalette::PlaceholderText);
    m_none->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_none->setContentsMargins(12, 12, 12, 12);
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus); // the map takes the focus
    area->setWidget(makeContent());
    m_content = area;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_none);
    layout->addWidget(m_content, 1);
    setFocusProxy(m_map);
    m_clock.start();
    m_sampling.setInterval(kSampleMs);
    connect(&m_sampling, &QTimer::timeout, this, &TierMapPanel::sample);
    connect(&m_controller, &EngineController::stateChanged, this, &TierMapPanel::followEngine);
    showModel(nullptr);
    followEngine();
}

QWidget* TierMapPanel::makeContent() {
    auto* content = new QWidget;
    m_map = new TierMapView;
    m_block = new LineLabel(tr("Chosen block"));
    connect(m_map, &TierMapView::lineChanged, m_block, &QLabel::setText);
    m_block->setForegroundRole(QPalette::PlaceholderText);
    m_legend = new TierLegend;
    m_wires = new WireBars;
    m_bound = new SentenceLabel(tr("What sets the speed"));
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(12, 8, 12, 12);
    layout->setSpacing(4);
    layout->addWidget(m_map, 100);
    layout->addWidget(m_block);
    layout->addSpacing(8);
    layout->addWidget(m_legend);
    layout->addSpacing(12);
    layout->addWidget(m_wires);
    layout->addSpacing(8);
    layout->addWidget(m_bound);
    layout->addStretch(1); // once the map is as high as it gets
    return content;
}

void TierMapPanel::followEngine() {
    const auto& loaded = m_controller.loadedModel();
    if ((loaded ? loaded->plan : nullptr) != m_plan)
        showModel(loaded ? &*loaded : nullptr);
    switchSampling();
}

void TierMapPanel::showModel(const LoadedModel* model) {
    const bool isShown = model != nullptr && model->plan && model->decode;
    m_plan = isShown ? model->plan : nullptr;
    m_metrics = isShown ? model->metrics : nullptr;
    m_map->setModel(isShown ? model : nullptr);
    if (isShown) {
        m_legend->setModel(*m_plan, *model->decode);
        m_wires->setModel(*model);
        m_bound->setText(boundSentence(*model));
    }
    m_bound->setVisible(isShown && !m_bound->text().isEmpty());
    m_none->setVisible(!isShown);
    m_content->setVisible(isShown);
}

void TierMapPanel::switchSampling() {
    const bool isWanted = isVisible() && m_metrics && m_controller.state() == EngineController::State::Generating;
    if (isWanted == m_sampling.isActive())
        return;
    m_rates.clear();
    m_wires->showIdle();
    if (isWanted) {
        sample();
        m_sampling.start();
    } else {
        m_sampling.stop();
    }
}

void TierMapPanel::sample() {
    m_rates.add(m_metrics->snapshot(), static_cast<double>(m_clock.nsecsElapsed()) / 1e9);
    m_wires->showRates(m_rates);
}

void TierMapPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    switchSampling();
}

void TierMapPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    switchSampling();
}
