// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_map_view.h"

#include "gui/format.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_legend.h"
#include "gui/tiermap/tier_palette.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

using strata::BlockKind;
using Step = TierMapGeometry::Step;

namespace {

constexpr int kMargin = 4; // points, for the line that shows the focus
constexpr QSize kLeast(200, 120);
constexpr QSize kUsual(320, 160);
constexpr int kHighest = 240; // more says no more
constexpr int kGapFrom = 6; // points: from this width on columns have a line between them

QString blockName(const strata::PlannedBlock& block) {
    switch (block.kind) {
    case BlockKind::Embedding:
        return TierMapView::tr("Embedding");
    case BlockKind::Attention:
        return TierMapView::tr("Layer %1, attention").arg(block.layer.value);
    case BlockKind::FeedForward:
        return TierMapView::tr("Layer %1, feed-forward").arg(block.layer.value);
    case BlockKind::Head:
        return TierMapView::tr("Head");
    }
    return {};
}

std::optional<Step> stepOf(int key) {
    switch (key) {
    case Qt::Key_Left:
        return Step::Left;
    case Qt::Key_Right:
        return Step::Right;
    case Qt::Key_Up:
        return Step::Up;
    case Qt::Key_Down:
        return Step::Down;
    case Qt::Key_Home:
        return Step::First;
    case Qt::Key_End:
        return Step::Last;
    default:
        return std::nullopt;
    }
}

} // namespace

TierMapView::TierMapView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Tier map"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMaximumHeight(kHighest);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TierMapView::setModel(const LoadedModel* model) {
    m_plan = model == nullptr ? nullptr : model->plan;
    m_executors = model == nullptr || !model->decode ? std::vector<strata::Executor>() : model->decode->executors;
    if (hasModel())
        m_executors.resize(m_plan->blocks.size(), strata::Executor::Host);
    m_metrics = model == nullptr ? nullptr : model->metrics;
    m_hovered.reset();
    m_current = 0;
    place();
    tellChosen();
    update();
}

void TierMapView::place() {
    m_ratio = devicePixelRatioF();
    const QRect inside = rect().adjusted(kMargin, kMargin, -kMargin, -kMargin);
    const QRect pixels(QPoint(qRound(inside.left() * m_ratio), qRound(inside.top() * m_ratio)),
        QSize(qRound(inside.width() * m_ratio), qRound(inside.height() * m_ratio)));
    m_geometry = hasModel() ? TierMapGeometry(*m_plan, pixels) : TierMapGeometry();
}

QRect TierMapView::placeOf(std::size_t block) const {
    const QRect cell = m_geometry.cells().at(block);
    return QRectF(cell.left() / m_ratio, cell.top() / m_ratio, cell.width() / m_ratio, cell.height() / m_ratio)
        .toRect();
}

std::optional<std::size_t> TierMapView::blockAt(const QPointF& point) const {
    return m_geometry.blockAt(
        {static_cast<int>(std::floor(point.x() * m_ratio)), static_cast<int>(std::floor(point.y() * m_ratio))});
}

QString TierMapView::line(std::size_t block) const {
    const strata::PlannedBlock& planned = m_plan->blocks[block];
    return tr("%1: %2 %3, %4")
        .arg(blockName(planned), formatBytes(planned.restingBytes()), restsWhere(planned.tier),
            executorUse(m_executors[block]));
}

QString TierMapView::describe(std::size_t block) const {
    const strata::PlannedBlock& planned = m_plan->blocks[block];
    QStringList lines = {blockName(planned),
        tr("%1 (%2) %3")
            .arg(formatBytes(planned.restingBytes()), formatExactBytes(planned.restingBytes()),
                restsWhere(planned.tier)),
        tr("Computed by: %1").arg(executorLabel(m_executors[block])), tr("Last pass: %1").arg(timeText(block))};
    if (planned.kind == BlockKind::Head && m_plan->isTied)
        lines.append(tr("Shares the matrix of the embedding"));
    return lines.join(QLatin1Char('\n'));
}

// Blocks take microseconds or seconds.
QString TierMapView::timeText(std::size_t block) const {
    std::vector<std::uint64_t> times;
    if (m_metrics)
        m_metrics->readBlockTimes(times);
    if (block >= times.size())
        return QStringLiteral("-");
    const double milliseconds = static_cast<double>(times[block]) / 1e6;
    if (milliseconds >= 95)
        return formatDuration(milliseconds / 1000);
    return tr("%1 ms").arg(milliseconds, 0, 'f', milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : 1);
}

QSize TierMapView::sizeHint() const {
    return kUsual;
}

QSize TierMapView::minimumSizeHint() const {
    return kLeast;
}

bool TierMapView::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    if (const auto block = blockAt(help->pos()))
        QToolTip::showText(help->globalPos(), describe(*block), this, placeOf(*block));
    else
        QToolTip::hideText();
    return true;
}

void TierMapView::resizeEvent(QResizeEvent* /*event*/) {
    place();
}

void TierMapView::paintEvent(QPaintEvent* /*event*/) {
    if (!hasModel())
        return;
    if (m_ratio != devicePixelRatioF()) // it came to another screen
        place();
    QPainter painter(this);
    const int stroke = std::max(1, qRound(m_ratio));
    painter.scale(1 / m_ratio, 1 / m_ratio);
    paintCells(painter, m_ratio);
    if (m_hovered)
        paintMark(painter, *m_hovered, stroke);
    if (!hasFocus())
        return;
    paintMark(painter, m_current, stroke);
    const QRect whole(0, 0, qRound(width() * m_ratio), qRound(height() * m_ratio));
    painter.setPen(QPen(themeColors(palette()).accent, 2 * stroke, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(whole.adjusted(stroke, stroke, -stroke, -stroke));
}

// A line of the background parts attention from feed-forward, and columns where they are wide enough for it.
void TierMapView::paintCells(QPainter& painter, double ratio) const {
    const int stroke = std::max(1, qRound(ratio));
    QBrush brushes[strata::kTierCount][3];
    for (std::size_t i = 0; i < m_plan->blocks.size(); ++i) {
        const strata::PlannedBlock& block = m_plan->blocks[i];
        QBrush& brush = brushes[static_cast<std::size_t>(block.tier)][static_cast<std::size_t>(m_executors[i])];
        if (brush.style() == Qt::NoBrush)
            brush = textureBrush(tierColor(block.tier, palette()), m_executors[i], ratio);
        QRect cell = m_geometry.cells()[i];
        if (cell.width() >= kGapFrom * ratio)
            cell.setWidth(cell.width() - stroke);
        if (block.kind == BlockKind::Attention && cell.height() > 4 * stroke)
            cell.setHeight(cell.height() - stroke);
        painter.fillRect(cell, brush);
    }
}

// Round the cell and not in it, for it may be one pixel wide.
void TierMapView::paintMark(QPainter& painter, std::size_t block, int stroke) const {
    const QRect cell = m_geometry.cells()[block];
    const auto frame = [&](int distance, const QColor& color) {
        const QRect outer = cell.adjusted(-distance, -distance, distance, distance);
        painter.fillRect(QRect(outer.left(), outer.top(), outer.width(), stroke), color);
        painter.fillRect(QRect(outer.left(), outer.bottom() + 1 - stroke, outer.width(), stroke), color);
        painter.fillRect(QRect(outer.left(), outer.top(), stroke, outer.height()), color);
        painter.fillRect(QRect(outer.right() + 1 - stroke, outer.top(), stroke, outer.height()), color);
    };
    frame(stroke, palette().color(QPalette::Base));
    frame(2 * stroke, palette().color(QPalette::Text));
}

void TierMapView::setHovered(std::optional<std::size_t> block) {
    if (m_hovered == block)
        return;
    m_hovered = block;
    tellChosen();
    update();
}

void TierMapView::setCurrent(std::size_t block) {
    m_current = block;
    tellChosen();
    update();
}

void TierMapView::tellChosen() {
    const QString totals = hasModel() ? tierTotals(*m_plan).join(QStringLiteral("; ")) : QString();
    const QString description = hasModel() ? QString(totals + QStringLiteral(". ") + line(m_current)) : totals;
    if (description != accessibleDescription()) // said again each time it is set
        setAccessibleDescription(description);
    if (!hasModel())
        emit lineChanged({});
    else if (m_hovered || hasFocus())
        emit lineChanged(line(m_hovered.value_or(m_current)));
    else
        emit lineChanged(tr("%1 layers: attention above, feed-forward below").arg(formatCount(m_plan->layerCount)));
}

void TierMapView::mouseMoveEvent(QMouseEvent* event) {
    setHovered(blockAt(event->position()));
}

void TierMapView::mousePressEvent(QMouseEvent* event) {
    if (const auto block = blockAt(event->position()))
        setCurrent(*block);
}

void TierMapView::leaveEvent(QEvent* /*event*/) {
    setHovered(std::nullopt);
}

void TierMapView::keyPressEvent(QKeyEvent* event) {
    const std::optional<Step> step = stepOf(event->key());
    if (hasModel() && step && (event->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier)
        setCurrent(m_geometry.neighbour(m_current, *step));
    else
        QWidget::keyPressEvent(event);
}

void TierMapView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    tellChosen();
}

void TierMapView::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    tellChosen();
}
