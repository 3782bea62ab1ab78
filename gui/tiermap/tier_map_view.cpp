// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_map_view.h"

#include "gui/format.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_legend.h"
#include "gui/tiermap/tier_palette.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

using strata::BlockKind;

namespace {

constexpr int kMargin = 4; // points, for the line that shows the focus
constexpr QSize kLeast(200, 120);
constexpr QSize kUsual(320, 160);
constexpr int kHighest = 240; // more says no more
constexpr int kGapFrom = 6;   // points: from this width on columns have a line between them
constexpr int kTrailAlpha = 170; // of 255 at the block at work: its colour still shows

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

} // namespace

TierMapView::TierMapView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Tier map"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMaximumHeight(kHighest);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void TierMapView::setModel(const LoadedModel* model) {
    const std::size_t before = blockCount();
    m_plan = model == nullptr ? nullptr : model->plan;
    m_executors = model == nullptr || !model->decode ? std::vector<strata::Executor>() : model->decode->executors;
    m_executors.resize(blockCount(), strata::Executor::Host);
    m_metrics = model == nullptr ? nullptr : model->metrics;
    m_hovered.reset();
    m_atWork.reset();
    m_trail.clear();
    if (blockCount() != before) {
        m_current = m_anchor = 0;
        m_pins.clear();
    }
    place();
    tellChosen();
    update();
}

void TierMapView::setPins(const std::vector<std::optional<strata::Tier>>& pins) {
    m_pins = pins;
    m_pins.resize(blockCount());
    tellChosen();
    update();
}

void TierMapView::showTrail(std::optional<std::size_t> atWork, const std::vector<float>& trail) {
    const bool isOther = m_atWork != atWork || m_trail != trail;
    m_atWork = atWork && *atWork < blockCount() ? atWork : std::nullopt;
    m_trail = trail;
    m_trail.resize(blockCount());
    if (isOther)
        update();
}

std::pair<std::size_t, std::size_t> TierMapView::chosen() const {
    return std::minmax(m_anchor, m_current);
}

int TierMapView::stroke() const {
    return std::max(1, qRound(m_ratio));
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
    const QString words = tr("%1: %2 %3, %4")
                              .arg(blockName(planned), formatBytes(planned.restingBytes()), restsWhere(planned.tier),
                                  executorUse(m_executors[block]));
    return block < m_pins.size() && m_pins[block] ? tr("%1, pinned").arg(words) : words;
}

QString TierMapView::rangeLine() const {
    const auto [first, last] = chosen();
    if (first == last)
        return line(m_current);
    quint64 bytes = 0;
    for (std::size_t i = first; i <= last; ++i)
        bytes += m_plan->blocks[i].restingBytes();
    return tr("%1 blocks, %2: from %3 to %4")
        .arg(formatCount(last - first + 1), formatBytes(bytes), blockName(m_plan->blocks[first]),
            blockName(m_plan->blocks[last]));
}

QString TierMapView::describe(std::size_t block) const {
    const strata::PlannedBlock& planned = m_plan->blocks[block];
    QStringList lines = {blockName(planned),
        tr("%1 (%2) %3")
            .arg(formatBytes(planned.restingBytes()), formatExactBytes(planned.restingBytes()),
                restsWhere(planned.tier)),
        tr("Computed by: %1").arg(executorLabel(m_executors[block]))};
    if (planned.kind == BlockKind::Head && m_plan->isTied)
        lines.append(tr("Shares the matrix of the embedding"));
    if (block < m_pins.size() && m_pins[block])
        lines.append(tr("Pinned to %1").arg(tierLabel(*m_pins[block])));
    lines.append(tr("Last pass: %1").arg(timeText(block)));
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

void TierMapView::tellChosen() {
    const QString totals = hasModel() ? tierTotals(*m_plan).join(QStringLiteral("; ")) : QString();
    const QString description = hasModel() ? QString(totals + QStringLiteral(". ") + rangeLine()) : totals;
    if (description != accessibleDescription()) // said again each time it is set
        setAccessibleDescription(description);
    if (!hasModel())
        emit lineChanged({});
    else if (m_hovered)
        emit lineChanged(line(*m_hovered));
    else if (hasFocus() || m_anchor != m_current)
        emit lineChanged(rangeLine());
    else
        emit lineChanged(tr("%1 layers: attention above, feed-forward below").arg(formatCount(m_plan->layerCount)));
}

QSize TierMapView::sizeHint() const {
    return kUsual;
}

QSize TierMapView::minimumSizeHint() const {
    return kLeast;
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
    painter.scale(1 / m_ratio, 1 / m_ratio);
    paintCells(painter);
    paintTrail(painter);
    paintOutlines(painter);
    paintPins(painter);
    const QColor ink = palette().color(QPalette::Text);
    if (m_atWork)
        paintMark(painter, m_geometry.cells()[*m_atWork], themeColors(palette()).accent, stroke());
    if (m_hovered)
        paintMark(painter, m_geometry.cells()[*m_hovered], ink, stroke());
    const auto [first, last] = chosen();
    if (!hasFocus() && first == last)
        return;
    for (std::size_t i = first; i <= last; ++i)
        paintMark(painter, m_geometry.cells()[i], ink, stroke());
    if (!hasFocus())
        return;
    const QRect whole(0, 0, qRound(width() * m_ratio), qRound(height() * m_ratio));
    painter.setPen(QPen(themeColors(palette()).accent, 2 * stroke(), Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(whole.adjusted(stroke(), stroke(), -stroke(), -stroke()));
}

// A line of the background parts attention from feed-forward, and columns where they are wide enough for it.
QRect TierMapView::cellOf(std::size_t block) const {
    QRect cell = m_geometry.cells()[block];
    if (cell.width() >= kGapFrom * m_ratio)
        cell.setWidth(cell.width() - stroke());
    if (m_plan->blocks[block].kind == BlockKind::Attention && cell.height() > 4 * stroke())
        cell.setHeight(cell.height() - stroke());
    return cell;
}

void TierMapView::paintCells(QPainter& painter) const {
    QBrush brushes[strata::kTierCount][3];
    for (std::size_t i = 0; i < m_plan->blocks.size(); ++i) {
        const strata::Tier tier = m_plan->blocks[i].tier;
        QBrush& brush = brushes[static_cast<std::size_t>(tier)][static_cast<std::size_t>(m_executors[i])];
        if (brush.style() == Qt::NoBrush)
            brush = textureBrush(tierColor(tier, palette()), m_executors[i], m_ratio);
        painter.fillRect(cellOf(i), brush);
    }
}

// Round each cell where there is room for it, else above and below, and where the map ends: colours of tiers alone do
// not stand out enough from the ground.
void TierMapView::paintOutlines(QPainter& painter) const {
    const QColor color = cellOutline(palette());
    const int line = stroke();
    for (std::size_t i = 0; i < m_plan->blocks.size(); ++i) {
        const QRect cell = cellOf(i);
        const bool isWide = m_geometry.cells()[i].width() >= kGapFrom * m_ratio;
        if (cell.isEmpty())
            continue;
        painter.fillRect(cell.left(), cell.top(), cell.width(), line, color);
        painter.fillRect(cell.left(), cell.bottom() + 1 - line, cell.width(), line, color);
        if (isWide || i == 0)
            painter.fillRect(cell.left(), cell.top(), line, cell.height(), color);
        if (isWide || i + 1 == m_plan->blocks.size())
            painter.fillRect(cell.right() + 1 - line, cell.top(), line, cell.height(), color);
    }
}

void TierMapView::paintTrail(QPainter& painter) const {
    for (std::size_t i = 0; m_atWork && i < m_trail.size(); ++i) {
        if (m_trail[i] <= 0.0F)
            continue;
        QColor veil(Qt::white); // light falls on it, on either ground
        veil.setAlpha(qRound(static_cast<float>(kTrailAlpha) * m_trail[i]));
        painter.fillRect(cellOf(i), veil);
    }
}

// A notch in the upper left corner, as wide as the cell where that is narrow.
void TierMapView::paintPins(QPainter& painter) const {
    const int most = 6 * stroke();
    for (std::size_t i = 0; i < m_pins.size(); ++i) {
        if (!m_pins[i])
            continue;
        const QRect cell = cellOf(i);
        const int side = std::min({most, cell.width(), cell.height()});
        for (int y = 0; y < side; ++y)
            painter.fillRect(cell.left(), cell.top() + y, side - y, 1, palette().color(QPalette::Text));
    }
}

// Round the cell and not in it, for it may be one pixel wide.
void TierMapView::paintMark(QPainter& painter, const QRect& cell, const QColor& color, int stroke) const {
    const auto frame = [&](int distance, const QColor& ink) {
        const QRect outer = cell.adjusted(-distance, -distance, distance, distance);
        painter.fillRect(QRect(outer.left(), outer.top(), outer.width(), stroke), ink);
        painter.fillRect(QRect(outer.left(), outer.bottom() + 1 - stroke, outer.width(), stroke), ink);
        painter.fillRect(QRect(outer.left(), outer.top(), stroke, outer.height()), ink);
        painter.fillRect(QRect(outer.right() + 1 - stroke, outer.top(), stroke, outer.height()), ink);
    };
    frame(stroke, palette().color(QPalette::Base));
    frame(2 * stroke, color);
}
