// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/context_gauge.h"

#include "gui/format.h"
#include "gui/theme.h"

#include <QPainter>

#include <algorithm>

namespace {

constexpr int kBarWidth = 72;
constexpr double kNearlyFull = 0.9; // from here on the bar warns

} // namespace

ContextGauge::ContextGauge(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setTokens(0, 0);
}

void ContextGauge::setTokens(quint32 used, quint32 capacity) {
    m_used = used;
    m_capacity = capacity;
    const quint32 left = capacity - std::min(used, capacity);
    setToolTip(capacity == 0 ? tr("No model is loaded, so there is no context to fill.")
               : used > capacity
                   ? tr("Context: the conversation takes %1 tokens, more than the %2 that the model can keep in mind.")
                         .arg(formatCount(used), formatCount(capacity))
                   : tr("Context: the conversation takes %1 of the %2 tokens that the model can keep in mind; "
                        "%3 are left for what comes.")
                         .arg(formatCount(used), formatCount(capacity), formatCount(left)));
    setAccessibleName(capacity == 0 ? tr("Context") : tr("Context %1").arg(text()));
    update();
}

QString ContextGauge::text() const {
    return m_capacity == 0 ? QString() : formatContext(m_used, m_capacity);
}

QSize ContextGauge::sizeHint() const {
    const QFontMetrics metrics(font());
    return {metrics.horizontalAdvance(formatContext(131072, 131072)) + kBarWidth + 12, metrics.height() + 4};
}

void ContextGauge::paintEvent(QPaintEvent* /*event*/) {
    if (m_capacity == 0) {
        return;
    }
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors colors = themeColors(palette());
    const double share = std::min(1.0, static_cast<double>(m_used) / m_capacity);
    const QRectF bar(width() - kBarWidth, (height() - 6) / 2.0, kBarWidth, 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.hairline);
    painter.drawRoundedRect(bar, 3, 3);
    painter.setBrush(share > kNearlyFull ? colors.errorText : colors.accent);
    painter.setClipRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()));
    painter.drawRoundedRect(bar, 3, 3);
    painter.setClipping(false);
    painter.setPen(colors.subtleText);
    painter.drawText(rect().adjusted(0, 0, -kBarWidth - 8, 0), Qt::AlignRight | Qt::AlignVCenter, text());
}
