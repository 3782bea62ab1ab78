// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TranscriptView that scrolls long lines of code: by wheel, by the bar under them, by keys, and along with
// a mark that leaves the block.
#include "gui/chat/transcript_view.h"

#include <QWheelEvent>

namespace {

constexpr int kStepChars = 8; // of code, per key press or notch of the wheel
constexpr int kNotch = 120;   // of a wheel, in eighths of a degree

} // namespace

void TranscriptView::wheelEvent(QWheelEvent* event) {
    const bool isShifted = event->modifiers().testFlag(Qt::ShiftModifier);
    const bool isByPixel = !event->pixelDelta().isNull();
    const QPoint turned = isByPixel ? event->pixelDelta() : event->angleDelta();
    const int along = isShifted && turned.x() == 0 ? turned.y() : turned.x();
    const QPoint point = event->position().toPoint() + QPoint(0, scrollTop());
    const bool isSideways = isShifted || std::abs(turned.x()) > std::abs(turned.y());
    const int row = isSideways ? m_layout.messageAt(point.y()) : -1;
    if (row < 0 || m_layout.message(row).segments.empty() || m_layout.mostCodeOffset(m_layout.boxAt(point.y())) == 0) {
        QAbstractScrollArea::wheelEvent(event);
        return;
    }
    const BoxId id = m_layout.boxAt(point.y());
    const int step = kStepChars * QFontMetrics(m_layout.style().codeFont).averageCharWidth();
    m_layout.scrollCode(id, m_layout.codeOffset(id) - (isByPixel ? along : along * step / kNotch));
    viewport()->update();
    event->accept();
}

// Beside the handle, the bar brings it under the mouse first.
bool TranscriptView::beginCodeDrag(const QPoint& position) {
    const QPoint point = position + QPoint(0, scrollTop());
    const int row = m_layout.messageAt(point.y());
    if (row < 0 || m_layout.message(row).segments.empty()) {
        return false;
    }
    const BoxId id = m_layout.boxAt(point.y());
    if (!m_layout.codeBarRect(id).adjusted(0, -3, 0, 3).contains(point)) {
        return false;
    }
    const QRect handle = m_layout.codeHandleRect(id);
    const bool isOnHandle = point.x() >= handle.left() && point.x() <= handle.right();
    m_codeDrag = CodeDrag{id, isOnHandle ? point.x() - handle.left() : handle.width() / 2};
    dragCode(position);
    return true;
}

void TranscriptView::dragCode(const QPoint& position) {
    const QRect bar = m_layout.codeBarRect(m_codeDrag->box);
    const qint64 room = std::max(1, bar.width() - m_layout.codeHandleRect(m_codeDrag->box).width());
    const qint64 at = position.x() - m_codeDrag->grabbed - bar.left();
    m_layout.scrollCode(m_codeDrag->box, static_cast<int>(at * m_layout.mostCodeOffset(m_codeDrag->box) / room));
    viewport()->update();
}

void TranscriptView::followMarkSideways(const QPoint& position) {
    const BoxId id = m_markStart->box;
    const QRect text = m_layout.documentRect(id);
    const int beyond = position.x() < text.left()    ? position.x() - text.left()
                       : position.x() > text.right() ? position.x() - text.right()
                                                     : 0;
    if (beyond != 0 && m_layout.mostCodeOffset(id) > 0) {
        m_layout.scrollCode(id, m_layout.codeOffset(id) + beyond / 2);
    }
}

// All blocks of the current message together: each goes as far as its own lines do.
bool TranscriptView::scrollCodeOfCurrent(int steps) {
    const int row = m_focus.currentRow;
    const int count = row < 0 ? 0 : static_cast<int>(m_layout.message(row).segments.size());
    const int step = steps * kStepChars * QFontMetrics(m_layout.style().codeFont).averageCharWidth();
    bool isAny = false;
    for (int i = 0; i < count; ++i) {
        const BoxId id{row, i};
        if (!m_layout.codeBarRect(id).isNull()) {
            m_layout.scrollCode(id, m_layout.codeOffset(id) + step);
            isAny = true;
        }
    }
    viewport()->update();
    return isAny;
}
