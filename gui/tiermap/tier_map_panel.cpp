// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_map_panel.h"

#include "gui/column_area.h"
#include "gui/icon.h"
#include "gui/models/load_choices.h"
#include "gui/reduced_motion.h"
#include "gui/text_labels.h"
#include "gui/tiermap/memory_bars.h"
#include "gui/tiermap/plan_controls.h"
#include "gui/tiermap/tier_legend.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/tiermap/token_trail.h"
#include "gui/tiermap/wire_bars.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace {

constexpr int kSampleMs = 100;

} // namespace

TierMapPanel::TierMapPanel(EngineController& controller, LoadChoices& choices, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_choices(choices), m_motion(new ReducedMotion(this)) {
    m_none = makeHint(tr("No model"),
        tr("Shows where every block of a model rests, and who computes it: of one that is loaded, and of one selected "
           "in the list before it is."));
    m_content = new ColumnArea(makeContent());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_none);
    layout->addWidget(m_content, 1);
    setFocusProxy(m_map);
    m_clock.start();
    m_sampling.setInterval(kSampleMs);
    connectParts();
    followEngine();
    if (m_controller.loadedModel())
        takeLoaded(*m_controller.loadedModel());
    else
        showSubject();
}

QWidget* TierMapPanel::makeContent() {
    auto* content = new QWidget;
    m_title = new LineLabel(tr("Which model, and whether it is loaded"));
    m_map = new TierMapView;
    m_block = new LineLabel(tr("Chosen block"));
    m_block->setForegroundRole(QPalette::PlaceholderText);
    m_legend = new TierLegend;
    m_memory = new MemoryBars;
    m_controls = new PlanControls;
    m_forecast = new SentenceLabel(tr("Forecast"));
    m_trouble = new SentenceLabel(tr("Why this plan can't be"));
    m_wires = new WireBars;
    m_bound = new SentenceLabel(tr("What sets the speed"));
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(12, 8, 12, 12);
    layout->setSpacing(4);
    layout->addWidget(m_title);
    layout->addWidget(m_map, 100);
    layout->addWidget(m_block);
    layout->addSpacing(8);
    layout->addWidget(m_legend);
    layout->addSpacing(8);
    layout->addWidget(m_memory);
    layout->addSpacing(8);
    layout->addWidget(m_controls);
    layout->addSpacing(4);
    layout->addWidget(m_forecast);
    layout->addWidget(m_trouble);
    layout->addWidget(makeButtons());
    layout->addSpacing(8);
    layout->addWidget(m_wires);
    layout->addSpacing(4);
    layout->addWidget(m_bound);
    layout->addStretch(1); // once the map is as high as it gets
    return content;
}

QWidget* TierMapPanel::makeButtons() {
    m_reset = new QPushButton(tr("Rese&t"));
    m_apply = new QPushButton(lineIcon(QStringLiteral("load")), tr("Appl&y"));
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addStretch(1);
    layout->addWidget(m_reset);
    layout->addWidget(m_apply);
    return row;
}

void TierMapPanel::connectParts() {
    connect(m_map, &TierMapView::lineChanged, m_block, &QLabel::setText);
    connect(m_map, &TierMapView::pinRequested, this, &TierMapPanel::pin);
    connect(m_controls, &PlanControls::changed, this, &TierMapPanel::change);
    connect(m_reset, &QPushButton::clicked, this, &TierMapPanel::reset);
    connect(m_apply, &QPushButton::clicked, this, &TierMapPanel::apply);
    connect(&m_runner, &ForecastRunner::answered, this, &TierMapPanel::takeForecast);
    connect(&m_sampling, &QTimer::timeout, this, &TierMapPanel::sample);
    connect(&m_choices, &LoadChoices::changed, this, &TierMapPanel::refreshChoices);
    connect(&m_controller, &EngineController::stateChanged, this, &TierMapPanel::followEngine);
    connect(&m_controller, &EngineController::loaded, this, &TierMapPanel::takeLoaded);
    connect(&m_controller, &EngineController::forecastChanged, this, &TierMapPanel::showTruth);
    connect(&m_controller, &EngineController::loadRefused, this,
        [this](const Failure& failure) { takeRefusal(failure.sentence); });
    connect(&m_controller, &EngineController::failed, this, [this](const Failure& failure) {
        if (m_controller.state() == EngineController::State::Failed)
            takeRefusal(failure.sentence);
    });
}

void TierMapPanel::showModel(const LoadedModel* model) {
    const bool isShown = model != nullptr && model->plan && model->decode;
    m_metrics = isShown ? model->metrics : nullptr;
    m_map->setModel(isShown ? model : nullptr);
    if (isShown) {
        m_legend->setModel(*model->plan, *model->decode);
        m_memory->setPlan(*model->plan);
        m_wires->setModel(*model);
        m_bound->setText(boundSentence(*model));
    }
    m_bound->setVisible(isShown && !m_bound->text().isEmpty());
    m_wires->setVisible(isShown && m_metrics != nullptr);
    for (QWidget* part : {static_cast<QWidget*>(m_map), static_cast<QWidget*>(m_block),
             static_cast<QWidget*>(m_legend), static_cast<QWidget*>(m_memory)})
        part->setVisible(isShown);
    switchSampling();
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
        showRest();
    }
}

void TierMapPanel::sample() {
    if (!m_metrics)
        return;
    m_rates.add(m_metrics->snapshot(), static_cast<double>(m_clock.nsecsElapsed()) / 1e9);
    m_wires->showRates(m_rates);
    if (!m_motion->isReduced())
        showTrail();
}

void TierMapPanel::showTrail() {
    const auto atWork = m_metrics->blockAtWork();
    if (!atWork)
        return;
    m_metrics->readBlockTimes(m_times);
    m_map->showTrail(*atWork, tokenTrail(m_map->blockCount(), *atWork, m_times));
}

// What took longest in the last pass: legible without having seen it move.
void TierMapPanel::showRest() {
    if (!m_metrics || m_controller.state() != EngineController::State::Ready)
        return;
    m_metrics->readBlockTimes(m_times);
    if (!m_times.empty())
        m_map->showTrail(slowestBlock(m_times), {});
}

void TierMapPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    switchSampling();
    askForPlan();
}

void TierMapPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    switchSampling();
}
