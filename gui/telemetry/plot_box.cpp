// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/plot_box.h"

#include "gui/telemetry/live_plot.h"
#include "gui/text_labels.h"

#include <QGridLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <cmath>

namespace {

constexpr QSize kSwatch(18, 12);

// How a curve is drawn, in little.
class CurveSwatch : public QWidget {
public:
    explicit CurveSwatch(Curve curve) : m_row(curveRow(curve)) { setFixedSize(kSwatch); }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        const QColor color = hueColor(m_row.hue, palette());
        switch (m_row.drawn) {
        case Drawn::Area:
            painter.fillRect(rect(), color);
            return;
        case Drawn::Rest:
            painter.setPen(color);
            painter.setBrush(palette().color(QPalette::Base));
            painter.drawRect(rect().adjusted(0, 0, -1, -1));
            return;
        case Drawn::Line:
        case Drawn::Dots:
        case Drawn::Limit:
            break;
        }
        const Qt::PenStyle style = m_row.drawn == Drawn::Line   ? Qt::SolidLine
                                   : m_row.drawn == Drawn::Dots ? Qt::DotLine
                                                                : Qt::DashLine;
        painter.setPen(QPen(color, m_row.drawn == Drawn::Limit ? 1 : 2, style));
        painter.drawLine(0, height() / 2, width(), height() / 2);
    }

private:
    const CurveRow& m_row;
};

// Of all plots, so that their columns stand under one another and nothing jumps.
QString widestValue() {
    return QStringLiteral("8,888 tok/s");
}

QString widestSource() {
    return sourceName(Source::Profile);
}

} // namespace

PlotBox::PlotBox(Plot plot, QWidget* parent)
    : QWidget(parent), m_kind(plot), m_plot(new LivePlot(plot)), m_absence(new SentenceLabel(plotTitle(plot))),
      m_notice(new SentenceLabel(tr("Notice on: %1").arg(plotTitle(plot)))), m_legend(new QWidget),
      m_grid(new QGridLayout(m_legend)) {
    setAccessibleName(plotTitle(plot));
    auto* title = new LineLabel(plotTitle(plot));
    title->setText(plotTitle(plot));
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    m_absence->setForegroundRole(QPalette::PlaceholderText);
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(2);
    m_grid->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(title);
    layout->addWidget(m_absence);
    layout->addWidget(m_notice);
    layout->addWidget(m_plot, 1);
    layout->addWidget(m_legend);
    m_notice->hide();
    arrange();
}

void PlotBox::arrange() {
    m_absence->setVisible(!m_isPlotShown);
    m_plot->setVisible(m_isPlotShown);
    m_legend->setVisible(m_isPlotShown);
}

void PlotBox::setCurves(const std::vector<Curve>& curves) {
    while (QLayoutItem* item = m_grid->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_rows.clear();
    for (const Curve curve : curves)
        addRow(curve);
    m_plot->setCurves(curves);
}

void PlotBox::addRow(Curve curve) {
    const CurveRow& row = curveRow(curve);
    const QString tip = sourceSentence(row.source);
    auto* name = new LineLabel(curveName(curve));
    name->setText(curveName(curve));
    auto* source = new LineLabel(tr("Source of: %1").arg(curveName(curve)));
    source->setText(sourceName(row.source));
    source->setForegroundRole(QPalette::PlaceholderText);
    source->setMinimumWidth(source->fontMetrics().horizontalAdvance(widestSource()));
    auto* value = new LineLabel(tr("%1: %2").arg(plotTitle(m_kind), curveName(curve)));
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    // Of one size, so that a new text does not lay out its surroundings anew.
    value->setFixedSize(value->fontMetrics().horizontalAdvance(widestValue()), value->fontMetrics().height());
    value->setText(unknownText(curve));
    for (QLabel* part : {static_cast<QLabel*>(name), static_cast<QLabel*>(source), static_cast<QLabel*>(value)})
        part->setToolTip(tip);
    const int at = m_grid->rowCount();
    m_grid->addWidget(new CurveSwatch(curve), at, 0, Qt::AlignVCenter);
    m_grid->addWidget(name, at, 1);
    m_grid->addWidget(source, at, 2);
    m_grid->addWidget(value, at, 3);
    m_rows.push_back({curve, value});
}

void PlotBox::setAbsence(const QString& sentence) {
    if (m_absence->text() == sentence)
        return;
    m_absence->setText(sentence);
    m_isPlotShown = sentence.isEmpty();
    arrange();
}

void PlotBox::setNotice(const QString& sentence) {
    if (m_notice->text() == sentence)
        return;
    m_notice->setText(sentence);
    m_notice->setVisible(!sentence.isEmpty());
}

void PlotBox::setHasBoard(bool hasBoard) {
    m_hasBoard = hasBoard;
}

QString PlotBox::unknownText(Curve curve) const {
    switch (curveRow(curve).source) {
    case Source::Board:
        return m_hasBoard ? QStringLiteral("-") : tr("no GPU");
    case Source::Profile:
        return tr("not yet");
    case Source::Machine:
    case Source::Process:
    case Source::Engine:
        break;
    }
    return QStringLiteral("-");
}

void PlotBox::showValues(const Sample& values) {
    const Unit unit = plotRow(m_kind).unit;
    for (const Row& row : m_rows) {
        const float value = values[indexOf(row.curve)];
        const QString text =
            std::isfinite(value) ? valueText(unit, static_cast<double>(value)) : unknownText(row.curve);
        if (row.value->text() != text)
            row.value->setText(text);
    }
}
