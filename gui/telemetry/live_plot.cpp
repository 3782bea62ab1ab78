// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/live_plot.h"

#include "gui/theme.h"

#include <QEvent>
#include <QMouseEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <qcustomplot.h>

namespace {

constexpr int kHeight = 96;
constexpr double kGapSeconds = 3.0; // without a sample: nothing is drawn across
constexpr double kLineWidth = 1.4;
constexpr int kRightMargin = 16; // half of the last label

bool isStacked(Drawn drawn) {
    return drawn == Drawn::Area || drawn == Drawn::Rest;
}

Qt::PenStyle penStyle(Drawn drawn) {
    switch (drawn) {
    case Drawn::Area:
    case Drawn::Line:
        return Qt::SolidLine;
    case Drawn::Dots:
        return Qt::DotLine;
    case Drawn::Limit:
        return Qt::DashLine;
    case Drawn::Rest:
        return Qt::NoPen;
    }
    return Qt::NoPen;
}

} // namespace

LivePlot::LivePlot(Plot plot, QWidget* parent) : QWidget(parent), m_kind(plot), m_plot(new QCustomPlot) {
    setMouseTracking(true);
    setAccessibleName(tr("Plot of: %1").arg(plotTitle(plot)));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    setMinimumHeight(kHeight);
    makePlot();
    style();
}

QSize LivePlot::sizeHint() const {
    return {320, kHeight};
}

void LivePlot::makePlot() {
    m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setMinimumSize(1, 1);
    m_plot->setNotAntialiasedElements(QCP::aeFills | QCP::aeGrid | QCP::aeAxes | QCP::aeItems);
    m_plot->setPlottingHint(QCP::phFastPolylines);
    m_plot->axisRect()->setAutoMargins(QCP::msNone);
    // Two pictures laid over each other, which costs more than the curves do: what stands still, and what moves.
    QCPLayer* moving = m_plot->layer(QStringLiteral("main"));
    for (const char* name : {"axes", "legend", "overlay"})
        m_plot->moveLayer(m_plot->layer(QLatin1String(name)), moving, QCustomPlot::limBelow);
    m_plot->layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmLogical);
    moving->setMode(QCPLayer::lmBuffered);
    m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
    m_plot->yAxis->setTicker(QSharedPointer<QCPAxisTickerText>::create());
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setTickLength(0);
        axis->setSubTicks(false);
    }
    m_cursor = new QCPItemStraightLine(m_plot);
    m_cursor->setLayer(moving);
    m_cursor->setVisible(false);
}

void LivePlot::style() {
    const ThemeColors colors = themeColors(palette());
    m_plot->setBackground(palette().color(QPalette::Window));
    m_plot->axisRect()->setBackground(palette().color(QPalette::Base));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    const QFontMetrics metrics(small);
    m_plot->axisRect()->setMargins(QMargins(metrics.horizontalAdvance(QStringLiteral("888 MB/s")) + 8,
        metrics.height() / 2 + 1, kRightMargin, metrics.height() + 4));
    for (QCPAxis* axis : {m_plot->xAxis, m_plot->yAxis}) {
        axis->setTickLabelFont(small);
        axis->setTickLabelColor(colors.subtleText);
        axis->setBasePen(QPen(colors.hairline));
        axis->setTickPen(QPen(Qt::NoPen));
        axis->grid()->setPen(QPen(colors.hairline, 1, Qt::SolidLine));
        axis->grid()->setZeroLinePen(QPen(Qt::NoPen));
    }
    m_cursor->setPen(QPen(palette().color(QPalette::WindowText)));
    for (const DrawnCurve& drawn : m_curves) {
        const CurveRow& row = curveRow(drawn.curve);
        const QColor color = hueColor(row.hue, palette());
        const bool isArea = row.drawn == Drawn::Area;
        // The ground shows between areas, which are then told apart without their colours too.
        drawn.graph->setPen(isArea ? QPen(palette().color(QPalette::Base), 1)
                                   : QPen(color, row.drawn == Drawn::Limit ? 1.0 : kLineWidth, penStyle(row.drawn)));
        drawn.graph->setBrush(isArea ? QBrush(color) : QBrush(Qt::NoBrush));
        drawn.graph->setAntialiased(row.drawn == Drawn::Line || row.drawn == Drawn::Dots);
    }
    m_isStale = true;
    labelAxes();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void LivePlot::setCurves(const std::vector<Curve>& curves) {
    m_plot->clearGraphs();
    m_curves.clear();
    for (auto curve = curves.rbegin(); curve != curves.rend(); ++curve) // the lowest area is drawn over those above it
        if (curveRow(*curve).drawn != Drawn::Rest)
            m_curves.push_back({*curve, m_plot->addGraph()});
    style();
}

double LivePlot::pixels() const {
    return std::max(1.0, m_plot->axisRect()->width() * devicePixelRatioF());
}

double LivePlot::fractionAt(double x) const {
    const QCPAxisRect* area = m_plot->axisRect();
    return std::clamp((x - m_plot->x() - area->left()) / std::max(1, area->width()), 0.0, 1.0);
}

bool LivePlot::isDue(double end, double span) const {
    return m_isStale || span != m_span || std::abs(end - m_drawnEnd) >= span / pixels();
}

void LivePlot::draw(const TelemetryHistory& history, double end, double span) {
    if (isDue(end, span) && !m_plot->visibleRegion().isEmpty())
        drawAnyway(history, end, span);
}

void LivePlot::drawAnyway(const TelemetryHistory& history, double end, double span) {
    const Stretch stretch = stretchOf(history, end, span);
    fill(history, stretch, end);
    m_drawnEnd = end;
    const bool isWhole = setAxes(history, stretch, span) || m_isStale;
    m_isStale = false;
    if (isWhole)
        m_plot->replot();
    else
        m_plot->layer(QStringLiteral("main"))->replot();
}

// With one sample more at each end, so that curves reach the edges.
LivePlot::Stretch LivePlot::stretchOf(const TelemetryHistory& history, double end, double span) const {
    const std::size_t first = history.firstFrom(end - span);
    const std::size_t last = history.firstFrom(end);
    return {first > 0 ? first - 1 : 0, std::min(last + 1, history.size())};
}

void LivePlot::fill(const TelemetryHistory& history, const Stretch& stretch, double end) {
    for (const DrawnCurve& drawn : m_curves) {
        const bool isArea = curveRow(drawn.curve).drawn == Drawn::Area;
        QVector<QCPGraphData> points;
        points.reserve(static_cast<int>(stretch.end - stretch.first) + 8);
        for (std::size_t i = stretch.first; i < stretch.end; ++i) {
            const double seconds = history.secondsAt(i);
            if (i > stretch.first && seconds - history.secondsAt(i - 1) > kGapSeconds)
                points.append(QCPGraphData(history.secondsAt(i - 1) - end, qQNaN()));
            double value = static_cast<double>(history.valueAt(i, drawn.curve));
            if (isArea) // stands on those below, which come later in the list
                for (auto below = m_curves.rbegin(); below->curve != drawn.curve; ++below)
                    value += static_cast<double>(history.valueAt(i, below->curve));
            points.append(QCPGraphData(seconds - end, value));
        }
        drawn.graph->data()->set(points, true);
    }
}

bool LivePlot::setAxes(const TelemetryHistory& history, const Stretch& stretch, double span) {
    double most = 0.0;
    double total = 0.0;
    for (std::size_t i = stretch.first; i < stretch.end; ++i) {
        double sum = 0.0;
        for (const CurveRow& row : curveRows(m_kind))
            if (isStacked(row.drawn))
                sum += static_cast<double>(history.valueAt(i, row.curve));
        if (sum > total)
            total = sum;
        for (const DrawnCurve& drawn : m_curves)
            if (const auto value = static_cast<double>(history.valueAt(i, drawn.curve)); value > most)
                most = value;
    }
    const ValueAxis wanted = total > 0 ? axisOfTotal(total) : axisFor(plotRow(m_kind).unit, most);
    const ValueAxis kept = total > 0 ? settledTotal(m_axis, wanted) : settled(m_axis, wanted);
    const ValueAxis axis = m_span > 0.0 ? kept : wanted;
    if (axis == m_axis && span == m_span)
        return false;
    m_axis = axis;
    m_span = span;
    labelAxes();
    return true;
}

void LivePlot::labelAxes() {
    const auto values = m_plot->yAxis->ticker().staticCast<QCPAxisTickerText>();
    values->clear();
    const Unit unit = plotRow(m_kind).unit;
    for (int i = 0; i * m_axis.step <= m_axis.top * (1 + 1e-9); ++i)
        values->addTick(i * m_axis.step, axisLabel(unit, i * m_axis.step));
    m_plot->yAxis->setRange(0, m_axis.top * 1.02); // a line at the top is inside
    const auto times = m_plot->xAxis->ticker().staticCast<QCPAxisTickerText>();
    times->clear();
    const double step = timeStep(m_span);
    for (int i = 0; i * step <= m_span; ++i)
        times->addTick(-i * step, timeLabel(-i * step));
    m_plot->xAxis->setRange(-m_span, 0);
}

void LivePlot::setCursorAt(std::optional<double> fraction) {
    if (!fraction && !m_cursor->visible())
        return;
    m_cursor->setVisible(fraction.has_value());
    if (fraction) {
        const double key = -m_span * (1.0 - *fraction);
        m_cursor->point1->setCoords(key, 0);
        m_cursor->point2->setCoords(key, 1);
    }
    m_plot->layer(QStringLiteral("main"))->replot();
}

void LivePlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        style();
}

void LivePlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_isStale = true;
}

void LivePlot::mouseMoveEvent(QMouseEvent* event) {
    const double fraction = fractionAt(event->position().x());
    if (m_dragFrom && event->buttons().testFlag(Qt::LeftButton)) {
        emit panned(*m_dragFrom - fraction);
        m_dragFrom = fraction;
    }
    emit pointed(fraction);
}

void LivePlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton)
        m_dragFrom = fractionAt(event->position().x());
}

void LivePlot::mouseDoubleClickEvent(QMouseEvent* /*event*/) {
    m_dragFrom.reset();
    emit resetRequested();
}

void LivePlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    m_dragFrom.reset();
    emit pointedAway();
}

// With Ctrl: the wheel alone scrolls the list of plots.
void LivePlot::wheelEvent(QWheelEvent* event) {
    if (!event->modifiers().testFlag(Qt::ControlModifier) || event->angleDelta().y() == 0) {
        event->ignore();
        return;
    }
    emit zoomed(std::pow(2.0, event->angleDelta().y() / 240.0), fractionAt(event->position().x()));
    event->accept();
}
