// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TelemetryPanel that makes its widgets, and what its tools do.
#include "gui/telemetry/telemetry_panel.h"

#include "gui/settings/setting_keys.h"
#include "gui/telemetry/curve_choice.h"
#include "gui/telemetry/history_csv.h"
#include "gui/telemetry/live_plot.h"
#include "gui/telemetry/plot_area.h"
#include "gui/telemetry/plot_box.h"
#include "gui/text_labels.h"

#include <QComboBox>
#include <QFileDialog>
#include <QMenu>
#include <QPixmap>
#include <QSaveFile>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace {

constexpr int kSpans[] = {10, 30, 60, 120, 300, 600}; // seconds

QString spanText(int seconds) {
    if (seconds < 60)
        return TelemetryPanel::tr("%1 seconds").arg(seconds);
    return seconds == 60 ? TelemetryPanel::tr("1 minute") : TelemetryPanel::tr("%1 minutes").arg(seconds / 60);
}

} // namespace

QToolButton* TelemetryPanel::addTool(QLayout* row, const QString& text, const QString& toolTip) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setToolTip(toolTip);
    button->setAccessibleName(text);
    button->setFocusPolicy(Qt::StrongFocus);
    row->addWidget(button);
    return button;
}

QWidget* TelemetryPanel::makeTools() {
    auto* tools = new QWidget;
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    m_pause = addTool(row, tr("Pause"), tr("Keeps the plots as they are (P); what happens meanwhile is not lost"));
    m_pause->setCheckable(true);
    connect(m_pause, &QToolButton::toggled, this, &TelemetryPanel::setPaused);
    m_span = new QComboBox;
    m_span->setAccessibleName(tr("Time shown"));
    m_span->setToolTip(tr("How much time the plots show"));
    for (const int seconds : kSpans)
        m_span->addItem(spanText(seconds), seconds);
    m_span->setCurrentIndex(std::max(0, m_span->findData(m_settings.get(setting::telemetrySpan))));
    m_view.setUsual(m_span->currentData().toInt());
    connect(m_span, &QComboBox::activated, this, &TelemetryPanel::chooseSpan);
    row->addWidget(m_span);
    m_back = addTool(row, tr("Back"), {});
    connect(m_back, &QToolButton::clicked, this, &TelemetryPanel::goBack);
    QToolButton* curves = addTool(row, tr("Curves"), tr("Which curves are shown"));
    curves->setPopupMode(QToolButton::InstantPopup);
    curves->setMenu(new QMenu(curves));
    m_choice->fillMenu(curves->menu());
    QToolButton* exports = addTool(row, tr("Export"), tr("Saves what is shown"));
    exports->setPopupMode(QToolButton::InstantPopup);
    exports->setMenu(new QMenu(exports));
    exports->menu()->addAction(tr("&Picture (PNG)…"), this,
        [this] { askForFile(tr("Export the picture"), QStringLiteral("png"), &TelemetryPanel::exportPicture); });
    exports->menu()->addAction(tr("&Values (CSV)…"), this,
        [this] { askForFile(tr("Export the values"), QStringLiteral("csv"), &TelemetryPanel::exportValues); });
    row->addStretch(1);
    m_moment = new LineLabel(tr("Moment of the values"));
    m_moment->setForegroundRole(QPalette::PlaceholderText);
    m_moment->setText(tr("Values now"));
    auto* layout = new QVBoxLayout(tools);
    layout->setContentsMargins(12, 8, 12, 4);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(m_moment);
    return tools;
}

QWidget* TelemetryPanel::makeBoxes() {
    m_content = new QWidget;
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(12, 4, 12, 12);
    layout->setSpacing(16);
    for (const PlotRow& row : plotRows()) {
        auto* box = new PlotBox(row.plot);
        m_boxes.push_back(box);
        layout->addWidget(box);
        connectPlot(box->plot());
    }
    layout->addStretch(1);
    return m_content;
}

void TelemetryPanel::connectPlot(LivePlot& plot) {
    connect(&plot, &LivePlot::pointed, this, [this](double fraction) { setCursorAt(fraction); });
    connect(&plot, &LivePlot::pointedAway, this, [this] { setCursorAt(std::nullopt); });
    connect(&plot, &LivePlot::zoomed, this, [this](double factor, double fraction) {
        changeView([this, factor, fraction](double at) { m_view.zoom(factor, fraction, at); });
    });
    connect(&plot, &LivePlot::panned, this, [this](double fraction) {
        changeView([this, fraction](double at) { m_view.pan(fraction * m_view.span(), at); });
    });
    connect(&plot, &LivePlot::resetRequested, this, &TelemetryPanel::goBack);
}

void TelemetryPanel::connectKeys(PlotArea& area) {
    connect(&area, &PlotArea::stepped, this, [this](int direction) {
        const double step = std::max(0.1, m_view.span() / 200); // a sample, or a few pixels
        setCursorAt(std::clamp(m_cursor.value_or(1.0) + direction * step / m_view.span(), 0.0, 1.0));
    });
    connect(&area, &PlotArea::zoomed, this, [this](double factor) {
        changeView([this, factor](double at) { m_view.zoom(factor, m_cursor.value_or(1.0), at); });
    });
    connect(&area, &PlotArea::panned, this,
        [this](double share) { changeView([this, share](double at) { m_view.pan(share * m_view.span(), at); }); });
    connect(&area, &PlotArea::resetRequested, this, &TelemetryPanel::goBack);
    connect(&area, &PlotArea::pauseRequested, this, [this] { setPaused(!m_isPaused); });
}

void TelemetryPanel::goBack() {
    setCursorAt(std::nullopt);
    changeView([this](double) { m_view.reset(); });
}

void TelemetryPanel::chooseSpan(int index) {
    const int seconds = m_span->itemData(index).toInt();
    m_settings.set(setting::telemetrySpan, seconds);
    changeView([this, seconds](double) { m_view.setUsual(seconds); });
}

void TelemetryPanel::showView() {
    m_back->setEnabled(!m_view.isUsual());
    m_back->setToolTip(m_view.isUsual() ? tr("The plots end now and are not zoomed: drag, or turn the wheel with Ctrl.")
                                        : tr("Shows the present again, not zoomed (0)"));
}

void TelemetryPanel::askForFile(
    const QString& title, const QString& suffix, void (TelemetryPanel::*write)(const QString&)) {
    auto* dialog = new QFileDialog(this, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->setNameFilter(QStringLiteral("*.") + suffix);
    dialog->selectFile(QStringLiteral("strata-telemetry.") + suffix);
    connect(dialog, &QFileDialog::fileSelected, this, write);
    dialog->open();
}

void TelemetryPanel::exportPicture(const QString& path) {
    for (PlotBox* box : m_boxes) // also those that are scrolled away
        box->plot().drawAnyway(m_history, m_view.end(now()), m_view.span());
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || !m_content->grab().save(&file, "PNG") || !file.commit())
        emit failed(tr("The picture was not saved to %1: %2").arg(path, file.errorString()));
}

void TelemetryPanel::exportValues(const QString& path) {
    const std::vector<Curve> curves = m_choice->shown();
    const QByteArray text = historyCsv(m_history, curves, m_sampler.zero());
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit())
        emit failed(tr("The values were not saved to %1: %2").arg(path, file.errorString()));
}
