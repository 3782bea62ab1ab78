// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/telemetry_panel.h"

#include "gui/settings/setting_keys.h"
#include "gui/telemetry/curve_choice.h"
#include "gui/telemetry/engine_figures.h"
#include "gui/telemetry/live_plot.h"
#include "gui/telemetry/plot_area.h"
#include "gui/telemetry/plot_box.h"
#include "gui/text_labels.h"

#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>
#include <time.h>

namespace {

constexpr int kDrawMs = 100;
constexpr unsigned kTicksPerValue = 5; // figures that change more often can't be read
constexpr std::size_t kEnoughSamples = 20;
constexpr double kDrawShare = 0.007; // of a processor; what the window system does with it takes as much again

double threadSeconds() {
    timespec used = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// Whether any of the last samples has a value of the plot, limits aside.
bool isKnown(const TelemetryHistory& history, Plot plot) {
    const std::size_t first = history.size() - std::min(history.size(), kEnoughSamples);
    for (std::size_t i = first; i < history.size(); ++i)
        for (const CurveRow& row : curveRows(plot))
            if (row.drawn != Drawn::Limit && std::isfinite(history.valueAt(i, row.curve)))
                return true;
    return false;
}

} // namespace

TelemetryPanel::TelemetryPanel(const EngineController& controller, Settings& settings, QWidget* parent)
    : QWidget(parent), m_controller(controller), m_settings(settings), m_choice(new CurveChoice(settings, this)),
      m_view(settings.get(setting::telemetrySpan)), m_budget(kDrawShare) {
    auto* area = new PlotArea(makeBoxes());
    connectKeys(*area);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeTools());
    layout->addWidget(area, 1);
    setFocusProxy(area);
    m_drawing.setInterval(kDrawMs);
    m_drawing.setTimerType(Qt::PreciseTimer);
    connect(&m_drawing, &QTimer::timeout, this, &TelemetryPanel::tick);
    m_clock.start();
    connect(m_choice, &CurveChoice::changed, this, &TelemetryPanel::applyCurves);
    connect(&m_controller, &EngineController::stateChanged, this, &TelemetryPanel::followEngine);
    connect(&m_controller, &EngineController::devicesChanged, this, &TelemetryPanel::followEngine);
    applyCurves();
    followEngine();
    showView();
}

TelemetryPanel::~TelemetryPanel() = default;

void TelemetryPanel::setProfile(std::shared_ptr<const strata::MachineProfile> profile) {
    m_profile = std::move(profile);
    followEngine();
}

void TelemetryPanel::followEngine() {
    m_sampler.setEngine(engineFigures(m_controller, m_profile.get()));
    const strata::BackendChoice* board = boardOf(m_controller);
    const QString id = board != nullptr ? QString::fromStdString(board->info.id) : QString();
    if (id != m_boardId) {
        m_boardId = id;
        auto open = board != nullptr ? board->openSensors : nullptr;
        if (board != nullptr && !open)
            open = [] { return nullptr; }; // a device without a board to ask
        m_sampler.setBoard(std::move(open));
    }
    showAbsences();
}

void TelemetryPanel::setDrawing(bool isDrawing) {
    m_sampler.setPace(isDrawing ? TelemetrySampler::Pace::Watched : TelemetrySampler::Pace::Hidden);
    if (!isDrawing) {
        m_drawing.stop();
        return;
    }
    m_drawing.start();
    takeSamples();
    refresh();
    showValues();
}

void TelemetryPanel::tick() {
    takeSamples();
    if (m_budget.allows(static_cast<double>(m_clock.nsecsElapsed()) / 1e9)) {
        const double before = threadSeconds();
        refresh();
        m_budget.spend(threadSeconds() - before);
    }
    if (++m_ticks % kTicksPerValue == 0) {
        showAbsences();
        showValues();
    }
}

void TelemetryPanel::takeSamples() {
    if (!m_isPaused)
        m_sampler.copyNewer(m_history);
}

double TelemetryPanel::now() const {
    return m_history.isEmpty() ? 0.0 : m_history.secondsAt(m_history.size() - 1);
}

void TelemetryPanel::refresh() {
    for (PlotBox* box : m_boxes)
        box->plot().draw(m_history, m_view.end(now()), m_view.span());
}

void TelemetryPanel::showValues() {
    if (m_history.isEmpty())
        return;
    const double moment = m_cursor ? m_view.timeAt(*m_cursor, now()) : m_view.end(now());
    const std::size_t index = m_history.nearest(moment);
    const double before = now() - m_history.secondsAt(index);
    m_moment->setText(before < 0.05 ? (m_isPaused ? tr("Values at the pause") : tr("Values now"))
                                    : tr("Values %1 s ago").arg(QString::number(before, 'f', 1)));
    for (PlotBox* box : m_boxes)
        box->showValues(m_history.sampleAt(index));
}

QString TelemetryPanel::absence(Plot plot) const {
    if (!plotRow(plot).needsGpu)
        return {};
    switch (m_sampler.board()) {
    case TelemetrySampler::Board::None:
        return tr("Not shown: there is no GPU that Strata can compute on.");
    case TelemetrySampler::Board::Silent:
        return tr("Not shown: the GPU's management library (NVML), which comes with its driver, does not answer.");
    case TelemetrySampler::Board::Waiting:
        return {};
    case TelemetrySampler::Board::Answers:
        break;
    }
    const bool isToldAtAll = m_history.size() < kEnoughSamples || isKnown(m_history, plot) || m_isPaused;
    return isToldAtAll ? QString() : tr("Not shown: this GPU does not tell.");
}

// Plots that are not there go behind those that are.
void TelemetryPanel::showAbsences() {
    auto* layout = static_cast<QVBoxLayout*>(m_content->layout());
    int there = 0;
    for (PlotBox* box : m_boxes) {
        box->setHasBoard(!m_boardId.isEmpty());
        box->setAbsence(absence(box->kind()));
        if (box->isPlotShown() && layout->indexOf(box) != there)
            layout->insertWidget(there, box);
        there += box->isPlotShown() ? 1 : 0;
        if (box->kind() == Plot::Link)
            box->setNotice(box->isPlotShown() ? m_sampler.link().sentence() : QString());
    }
}

void TelemetryPanel::applyCurves() {
    for (PlotBox* box : m_boxes) {
        const std::vector<Curve> curves = m_choice->shown(box->kind());
        box->setCurves(curves);
        box->setVisible(!curves.empty());
    }
    refresh();
    showValues();
}

void TelemetryPanel::setPaused(bool isPaused) {
    if (m_isPaused == isPaused)
        return;
    if (isPaused)
        takeSamples();
    m_isPaused = isPaused;
    m_pause->setChecked(isPaused);
    takeSamples();
    refresh();
    showValues();
}

void TelemetryPanel::changeView(const std::function<void(double now)>& change) {
    change(now());
    refresh();
    showValues();
    showView();
}

void TelemetryPanel::setCursorAt(std::optional<double> fraction) {
    m_cursor = fraction;
    for (PlotBox* box : m_boxes)
        box->plot().setCursorAt(fraction);
    showValues();
}

void TelemetryPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    setDrawing(true);
}

void TelemetryPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    setDrawing(false);
}
