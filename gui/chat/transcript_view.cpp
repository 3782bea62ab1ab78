// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/transcript_view.h"

#include "gui/chat/transcript_accessibility.h"
#include "gui/focus_ring.h"

#include <QEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextDocument>

#include <algorithm>

namespace {

constexpr int kAtEndSlack = 8;      // pixels from the end that still count as being there
constexpr int kMeasureBudgetMs = 5; // of a frame of 16
constexpr qint64 kCheapRefreshMs = 6;
constexpr qint64 kRestPerRefresh = 3;  // times as long as the refresh took
constexpr int kMeasureIntervalMs = 12; // leaves the rest of the frame to painting and input

} // namespace

TranscriptView::TranscriptView(ChatTranscript& transcript, QWidget* parent)
    : QAbstractScrollArea(parent), m_transcript(transcript), m_layout(transcript) {
    installTranscriptAccessibility();
    setAccessibleName(tr("Conversation"));
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // a bar that came and went would move the text
    setFocusPolicy(Qt::StrongFocus);
    setProperty(kShowsOwnFocus, true); // round the current message
    setFrameShape(QFrame::NoFrame);
    viewport()->setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Base);
    m_measureSoon.setInterval(kMeasureIntervalMs);
    connect(&m_measureSoon, &QTimer::timeout, this, &TranscriptView::measureSome);
    m_refreshSoon.setSingleShot(true);
    connect(&m_refreshSoon, &QTimer::timeout, this, &TranscriptView::refreshGrowing);
    connectTranscript();
    restyle();
    takeReset();
}

void TranscriptView::connectTranscript() {
    connect(&m_transcript, &QAbstractItemModel::rowsInserted, this,
        [this](const QModelIndex&, int first, int last) { takeInserted(first, last); });
    connect(&m_transcript, &QAbstractItemModel::rowsRemoved, this,
        [this](const QModelIndex&, int first, int last) { takeRemoved(first, last); });
    connect(&m_transcript, &QAbstractItemModel::modelReset, this, &TranscriptView::takeReset);
    connect(&m_transcript, &QAbstractItemModel::dataChanged, this,
        [this](const QModelIndex& from, const QModelIndex& to) { takeChanged(from.row(), to.row()); });
    connect(&m_transcript, &ChatTranscript::replyEnded, this, [this](int row) { announceMessage(*this, row); });
}

void TranscriptView::takeInserted(int first, int last) {
    m_layout.insertRows(first, last - first + 1);
    settle(m_anchor, m_isAtEnd);
}

void TranscriptView::takeRemoved(int first, int last) {
    m_layout.removeRows(first, last - first + 1);
    m_focus.marked.reset();
    m_focus.hoveredRow = -1;
    m_focus.hoveredButton = -1;
    m_focus.hoveredCode = -1;
    m_focus.currentRow = std::min(m_focus.currentRow, m_transcript.rowCount() - 1);
    m_focus.rememberedFrom = m_transcript.rememberedFrom();
    settle(m_anchor, m_isAtEnd);
}

void TranscriptView::takeReset() {
    m_layout.removeRows(0, m_layout.messageCount());
    m_layout.insertRows(0, m_transcript.rowCount());
    m_focus = {};
    m_focus.rememberedFrom = m_transcript.rememberedFrom();
    m_anchor.reset();
    m_isAtEnd = true;
    settle(std::nullopt, true);
}

// A reply whose end is costly to lay out, such as a long table, is shown less often: the window has to answer, too.
void TranscriptView::takeChanged(int first, int last) {
    m_focus.rememberedFrom = m_transcript.rememberedFrom();
    const bool isGrowing = first == last && m_transcript.entry(last).isGrowing;
    const qint64 rest = isGrowing && m_sinceRefresh.isValid() ? m_restMs - m_sinceRefresh.elapsed() : 0;
    if (rest > 0) {
        if (!m_refreshSoon.isActive()) {
            m_refreshSoon.start(static_cast<int>(rest));
        }
        return;
    }
    m_sinceRefresh.start();
    const std::optional<BoxId> tail = isGrowing ? lastBoxOf(last) : std::nullopt;
    const int tailTop = tail ? m_layout.topOf(*tail) - scrollTop() : 0;
    for (int row = first; row <= last; ++row) {
        m_layout.refreshRow(row);
    }
    place(m_anchor, m_isAtEnd);
    // Text that grows within its last line leaves all above it where and as it was.
    const bool isTailInPlace = tail && lastBoxOf(last) >= tail && m_layout.topOf(*tail) - scrollTop() == tailTop;
    viewport()->update(viewport()->rect().adjusted(0, isTailInPlace ? std::max(0, tailTop) : 0, 0, 0));
    const qint64 cost = m_sinceRefresh.restart();
    m_restMs = cost > kCheapRefreshMs ? cost * kRestPerRefresh : 0;
}

// Where a growing reply may change: all before it is as it stays.
std::optional<BoxId> TranscriptView::lastBoxOf(int row) const {
    const int count = static_cast<int>(m_layout.message(row).segments.size());
    return count > 0 ? std::optional<BoxId>({row, count - 1}) : std::nullopt;
}

void TranscriptView::refreshGrowing() {
    const int last = m_transcript.rowCount() - 1;
    if (last >= 0 && m_transcript.entry(last).isGrowing) {
        takeChanged(last, last);
    }
}

void TranscriptView::restyle() {
    m_layout.setStyle(makeMarkdownStyle(font(), palette()), viewport()->width());
    settle(m_anchor, m_isAtEnd);
}

int TranscriptView::scrollTop() const {
    return verticalScrollBar()->value();
}

bool TranscriptView::isAtEnd() const {
    return scrollTop() >= verticalScrollBar()->maximum() - kAtEndSlack;
}

void TranscriptView::scrollToEnd() {
    m_isAtEnd = true;
    settle(std::nullopt, true);
}

std::optional<TranscriptView::Anchor> TranscriptView::anchorAt(int y) const {
    if (m_layout.messageCount() == 0) {
        return std::nullopt;
    }
    const BoxId box = m_layout.boxAt(y);
    if (m_layout.message(box.row).segments.empty()) {
        return std::nullopt;
    }
    return Anchor{box, m_layout.topOf(box) - y};
}

void TranscriptView::settle(const std::optional<Anchor>& anchor, bool followsEnd) {
    place(anchor, followsEnd);
    viewport()->update();
}

// Lays out what the window shows, until no height in it is an estimate, with the anchor (or the end) in its place.
void TranscriptView::place(const std::optional<Anchor>& anchor, bool followsEnd) {
    const int windowHeight = viewport()->height();
    const bool isAnchored = anchor && anchor->box.row < m_layout.messageCount() &&
                            anchor->box.segment < static_cast<int>(m_layout.message(anchor->box.row).segments.size());
    int top = scrollTop();
    bool isExact = false;
    while (!isExact) {
        const int highest = std::max(0, m_layout.height() - windowHeight);
        if (followsEnd) {
            top = highest;
        } else if (isAnchored) {
            top = m_layout.topOf(anchor->box) - anchor->offset;
        }
        top = std::clamp(top, 0, highest);
        isExact = true;
        for (int row = m_layout.messageAt(top); row >= 0 && row < m_layout.messageCount() && isExact; ++row) {
            if (m_layout.message(row).top > top + windowHeight) {
                break;
            }
            const int count = static_cast<int>(m_layout.message(row).segments.size());
            const BoxId first = m_layout.boxAt(top);
            for (int i = first.row == row ? first.segment : 0; i < count && isExact; ++i) {
                const BoxId id{row, i};
                if (m_layout.topOf(id) > top + windowHeight) {
                    break;
                }
                const bool wasExact = m_layout.box(id).isExact;
                m_layout.document(id);
                isExact = wasExact;
            }
        }
    }
    applyScroll(top);
    m_measureSoon.start();
}

void TranscriptView::applyScroll(int top) {
    m_isSettling = true;
    const int windowHeight = viewport()->height();
    verticalScrollBar()->setRange(0, std::max(0, m_layout.height() - windowHeight));
    verticalScrollBar()->setPageStep(windowHeight);
    verticalScrollBar()->setSingleStep(QFontMetrics(font()).lineSpacing() * 2);
    verticalScrollBar()->setValue(top);
    m_isSettling = false;
    m_anchor = anchorAt(scrollTop());
    m_layout.dropDocumentsOutside(top - 2 * windowHeight, top + 3 * windowHeight);
}

// A person moves by dy: what they saw moves by exactly that, though what comes into view was only estimated.
void TranscriptView::scrollContentsBy(int /*dx*/, int dy) {
    if (m_isSettling) {
        return;
    }
    m_isAtEnd = isAtEnd();
    std::optional<Anchor> anchor = m_anchor;
    if (anchor && std::abs(dy) < viewport()->height()) {
        anchor->offset += dy;
    } else {
        anchor = anchorAt(scrollTop());
    }
    settle(anchor, m_isAtEnd && dy < 0);
    updateHover(viewport()->mapFromGlobal(QCursor::pos()));
}

void TranscriptView::measureSome() {
    QElapsedTimer watch;
    watch.start();
    bool isMore = m_layout.measureOne();
    if (!isMore) { // nothing has moved, so there is nothing to paint either
        m_measureSoon.stop();
        return;
    }
    while (isMore && watch.elapsed() < kMeasureBudgetMs) {
        isMore = m_layout.measureOne();
    }
    if (!isMore) {
        m_measureSoon.stop();
    }
    const bool wasRunning = m_measureSoon.isActive();
    settle(m_anchor, m_isAtEnd);
    if (!wasRunning) {
        m_measureSoon.stop();
    }
}

void TranscriptView::setReplying(bool isReplying) {
    m_layout.setReplying(isReplying);
    viewport()->update();
}

void TranscriptView::setEditedRow(int row) {
    m_focus.editedRow = row;
    viewport()->update();
}

void TranscriptView::setCurrentRow(int row) {
    m_focus.currentRow = std::clamp(row, -1, m_layout.messageCount() - 1);
    if (m_focus.currentRow >= 0) {
        const MessageBox& message = m_layout.message(m_focus.currentRow);
        const int top = scrollTop();
        const int windowHeight = viewport()->height();
        const bool isBelow = message.top + message.height > top + windowHeight;
        if (message.top < top || (isBelow && message.height >= windowHeight)) {
            verticalScrollBar()->setValue(message.top);
        } else if (isBelow) {
            verticalScrollBar()->setValue(message.top + message.height - windowHeight);
        }
    }
    viewport()->update();
    emit currentRowChanged(m_focus.currentRow);
    focusMessage(*this, m_focus.currentRow);
}

QRect TranscriptView::messageRect(int row) const {
    return m_layout.contentRect(row).translated(0, -scrollTop());
}

void TranscriptView::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.translate(0, -scrollTop());
    const QRect visible = event->rect().translated(0, scrollTop());
    TranscriptFocus focus = m_focus;
    focus.currentRow = hasFocus() ? m_focus.currentRow : -1;
    MessagePainter messages(painter, palette(), m_transcript, m_layout, focus);
    for (int row = m_layout.messageAt(visible.top()); row >= 0 && row < m_layout.messageCount(); ++row) {
        if (m_layout.message(row).top > visible.bottom()) {
            break;
        }
        messages.paint(row, visible);
    }
}

void TranscriptView::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    restyle();
}

void TranscriptView::changeEvent(QEvent* event) {
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange) {
        restyle();
    }
}
