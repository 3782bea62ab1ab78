// SPDX-License-Identifier: GPL-3.0-or-later
// The half of TranscriptView that a hand reaches: mouse, keys, menus, the clipboard.
#include "gui/chat/transcript_view.h"

#include "gui/markdown/markdown_document.h"

#include <QAbstractTextDocumentLayout>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextDocumentFragment>
#include <QToolTip>
#include <QUrl>

#include <algorithm>

namespace {

constexpr int kLongestCodeTitle = 40; // characters of a menu's text

} // namespace

// The place in the text under a point of the viewport; with isNearEnough also beside and between the lines.
std::optional<TextPosition> TranscriptView::textAt(const QPoint& position, bool isNearEnough) {
    if (m_layout.messageCount() == 0) {
        return std::nullopt;
    }
    const QPoint point = position + QPoint(0, scrollTop());
    const BoxId id = m_layout.boxAt(point.y());
    if (m_layout.message(id.row).segments.empty()) {
        return std::nullopt;
    }
    const QTextDocument& document = m_layout.document(id);
    const QRect rect = m_layout.documentRect(id);
    if (!isNearEnough && !rect.contains(point)) {
        return std::nullopt;
    }
    const int offset =
        document.documentLayout()->hitTest(point - m_layout.textOrigin(id), isNearEnough ? Qt::FuzzyHit : Qt::ExactHit);
    return offset < 0 ? std::nullopt : std::optional<TextPosition>({id, offset});
}

QString TranscriptView::linkAt(const QPoint& position) {
    const std::optional<TextPosition> text = textAt(position, false);
    if (!text) {
        return {};
    }
    const QPoint point = position + QPoint(0, scrollTop()) - m_layout.textOrigin(text->box);
    return m_layout.document(text->box).documentLayout()->anchorAt(point);
}

QString TranscriptView::markedText() {
    if (!hasMarkedText()) {
        return {};
    }
    const TextRange range = *m_focus.marked;
    QString text;
    for (int row = range.begin.box.row; row <= range.end.box.row; ++row) {
        const int count = static_cast<int>(m_layout.message(row).segments.size());
        for (int i = 0; i < count; ++i) {
            const BoxId id{row, i};
            if (id < range.begin.box || id > range.end.box) {
                continue;
            }
            const QTextDocument& document = m_layout.document(id);
            QTextCursor cursor(const_cast<QTextDocument*>(&document)); // only reads
            const int last = document.characterCount() - 1;
            cursor.setPosition(id == range.begin.box ? std::min(range.begin.offset, last) : 0);
            cursor.setPosition(id == range.end.box ? std::min(range.end.offset, last) : last, QTextCursor::KeepAnchor);
            const bool isFirst = text.isEmpty();
            text += isFirst                                ? QString()
                    : m_layout.box(id).segment.isContinued ? QStringLiteral("\n")
                                                           : QStringLiteral("\n\n");
            text += cursor.selection().toPlainText();
        }
    }
    return text;
}

void TranscriptView::markMessage(int row) {
    const int count = static_cast<int>(m_layout.message(row).segments.size());
    if (count == 0) {
        return;
    }
    const BoxId last{row, count - 1};
    m_focus.marked = TextRange{{{row, 0}, 0}, {last, m_layout.document(last).characterCount() - 1}};
    viewport()->update();
}

void TranscriptView::markWord(const TextPosition& position) {
    QTextCursor cursor(const_cast<QTextDocument*>(&m_layout.document(position.box))); // only reads
    cursor.setPosition(std::min(position.offset, m_layout.document(position.box).characterCount() - 1));
    cursor.select(QTextCursor::WordUnderCursor);
    m_focus.marked = TextRange{{position.box, cursor.selectionStart()}, {position.box, cursor.selectionEnd()}};
    viewport()->update();
}

void TranscriptView::copy() {
    if (hasMarkedText()) {
        QGuiApplication::clipboard()->setText(markedText());
    } else if (m_focus.currentRow >= 0) {
        QGuiApplication::clipboard()->setText(m_transcript.entry(m_focus.currentRow).text);
    }
}

QList<MessageAction> TranscriptView::actionsOf(int row) const {
    QList<MessageAction> actions;
    const MessageBox& message = m_layout.message(row);
    for (const ActionButton& button : message.buttons) {
        actions.append(button.action);
    }
    for (int i = 0; i < static_cast<int>(message.segments.size()); ++i) {
        const ActionButton button = m_layout.codeButton({row, i});
        if (!button.rect.isNull()) {
            actions.append(button.action);
            const QString firstLine = m_layout.copyText({row, i}).trimmed().section(u'\n', 0, 0);
            actions.back().text = tr("Copy code: %1").arg(firstLine.left(kLongestCodeTitle));
        }
    }
    return actions;
}

void TranscriptView::trigger(int row, const MessageAction& action) {
    if (!action.isEnabled) {
        return;
    }
    switch (action.kind) {
    case MessageAction::Kind::Copy:
        QGuiApplication::clipboard()->setText(m_transcript.entry(row).text);
        return;
    case MessageAction::Kind::CopyCode:
        QGuiApplication::clipboard()->setText(m_layout.copyText({row, action.segment}));
        return;
    case MessageAction::Kind::ToggleDetails:
        m_transcript.setUnfolded(row, !m_transcript.entry(row).isUnfolded);
        return;
    case MessageAction::Kind::Edit:
    case MessageAction::Kind::Regenerate:
    case MessageAction::Kind::Continue:
    case MessageAction::Kind::Choose:
    case MessageAction::Kind::WhySpeed:
        emit actionTriggered(row, action);
        return;
    }
}

std::optional<MessageAction> TranscriptView::hoveredAction() const {
    if (m_focus.hoveredCode >= 0) {
        return m_layout.codeButton({m_focus.hoveredRow, m_focus.hoveredCode}).action;
    }
    if (m_focus.hoveredButton >= 0) {
        return m_layout.message(m_focus.hoveredRow).buttons[m_focus.hoveredButton].action;
    }
    return std::nullopt;
}

void TranscriptView::updateHover(const QPoint& position) {
    const QPoint point = position + QPoint(0, scrollTop());
    const int row = viewport()->rect().contains(position) ? m_layout.messageAt(point.y()) : -1;
    int button = -1;
    int code = -1;
    if (row >= 0) {
        const auto& buttons = m_layout.message(row).buttons;
        const QPoint inMessage = point - QPoint(0, m_layout.message(row).top);
        const auto found = std::find_if(buttons.begin(), buttons.end(),
            [inMessage](const ActionButton& each) { return each.rect.contains(inMessage); });
        button = found == buttons.end() ? -1 : static_cast<int>(found - buttons.begin());
        const BoxId id = m_layout.boxAt(point.y());
        const bool hasCode = !m_layout.message(row).segments.empty() && m_layout.codeButton(id).rect.contains(point);
        code = hasCode ? id.segment : -1;
    }
    if (row != m_focus.hoveredRow || button != m_focus.hoveredButton || code != m_focus.hoveredCode) {
        m_focus.hoveredRow = row;
        m_focus.hoveredButton = button;
        m_focus.hoveredCode = code;
        viewport()->update();
    }
    const bool isClickable = button >= 0 || code >= 0 || !linkAt(position).isEmpty();
    const Qt::CursorShape overText = textAt(position, false) ? Qt::IBeamCursor : Qt::ArrowCursor;
    viewport()->setCursor(isClickable ? Qt::PointingHandCursor : overText);
}

void TranscriptView::mousePressEvent(QMouseEvent* event) {
    const QPoint position = event->position().toPoint();
    updateHover(position);
    if (event->button() != Qt::LeftButton || hoveredAction() || beginCodeDrag(position)) {
        return;
    }
    const std::optional<TextPosition> text = textAt(position, true);
    if (event->modifiers().testFlag(Qt::ShiftModifier) && m_focus.marked && text) {
        m_markStart = m_focus.marked->begin;
        mouseMoveEvent(event);
        return;
    }
    m_markStart = text;
    m_focus.marked.reset();
    m_focus.currentRow = m_layout.messageAt(position.y() + scrollTop());
    viewport()->update();
}

void TranscriptView::mouseMoveEvent(QMouseEvent* event) {
    const QPoint position = event->position().toPoint();
    if (m_codeDrag && event->buttons().testFlag(Qt::LeftButton)) {
        dragCode(position);
        return;
    }
    if (!m_markStart || !event->buttons().testFlag(Qt::LeftButton)) {
        updateHover(position);
        return;
    }
    if (position.y() < 0 || position.y() > viewport()->height()) {
        const int beyond = position.y() < 0 ? position.y() : position.y() - viewport()->height();
        verticalScrollBar()->setValue(scrollTop() + beyond / 2);
    }
    followMarkSideways(position);
    if (const std::optional<TextPosition> text = textAt(position, true)) {
        m_focus.marked = TextRange{std::min(*m_markStart, *text), std::max(*m_markStart, *text)};
        viewport()->update();
    }
}

void TranscriptView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        return;
    }
    const QPoint position = event->position().toPoint();
    if (m_codeDrag) {
        m_codeDrag.reset();
        return;
    }
    const bool hasPressedText = m_markStart.has_value();
    m_markStart.reset();
    updateHover(position);
    if (const std::optional<MessageAction> action = hoveredAction(); action && !hasPressedText) {
        trigger(m_focus.hoveredRow, *action);
        return;
    }
    const QString link = hasMarkedText() ? QString() : linkAt(position);
    if (isSafeLink(link)) {
        QDesktopServices::openUrl(QUrl(link));
    }
    if (hasMarkedText() && QGuiApplication::clipboard()->supportsSelection()) {
        QGuiApplication::clipboard()->setText(markedText(), QClipboard::Selection);
    }
}

void TranscriptView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const std::optional<TextPosition> text = textAt(event->position().toPoint(), false)) {
        markWord(*text);
    }
}

void TranscriptView::contextMenuEvent(QContextMenuEvent* event) {
    const bool isKey = event->reason() == QContextMenuEvent::Keyboard;
    const int row = isKey ? m_focus.currentRow : m_layout.messageAt(event->pos().y() + scrollTop());
    if (row < 0) {
        return;
    }
    const QPoint place =
        isKey ? viewport()->mapToGlobal(messageRect(row).topLeft() + QPoint(20, 20)) : event->globalPos();
    showMenu(row, place);
}

void TranscriptView::showMenu(int row, const QPoint& globalPosition) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const QString link = linkAt(viewport()->mapFromGlobal(globalPosition));
    if (hasMarkedText()) {
        menu->addAction(tr("Copy marked text"), this, &TranscriptView::copy);
    }
    if (!link.isEmpty()) {
        menu->addAction(tr("Copy link"), this, [link] { QGuiApplication::clipboard()->setText(link); });
    }
    for (const MessageAction& action : actionsOf(row)) {
        QAction* item = menu->addAction(action.text, this, [this, row, action] { trigger(row, action); });
        item->setEnabled(action.isEnabled);
        item->setToolTip(action.hint);
    }
    menu->addAction(tr("Mark whole message"), this, [this, row] { markMessage(row); });
    menu->popup(globalPosition);
    menu->setActiveAction(menu->actions().constFirst());
}

void TranscriptView::moveCurrent(int step) {
    const int last = m_layout.messageCount() - 1;
    setCurrentRow(std::clamp(m_focus.currentRow + step, 0, last));
}

bool TranscriptView::scrollByKey(int key) {
    QScrollBar* bar = verticalScrollBar();
    switch (key) {
    case Qt::Key_PageUp:
        bar->triggerAction(QAbstractSlider::SliderPageStepSub);
        return true;
    case Qt::Key_PageDown:
    case Qt::Key_Space:
        bar->triggerAction(QAbstractSlider::SliderPageStepAdd);
        return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
        moveCurrent(key == Qt::Key_Up ? -1 : 1);
        return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
        return scrollCodeOfCurrent(key == Qt::Key_Left ? -1 : 1);
    case Qt::Key_Home:
        setCurrentRow(0);
        return true;
    case Qt::Key_End:
        setCurrentRow(m_layout.messageCount() - 1);
        scrollToEnd();
        return true;
    default:
        return false;
    }
}

void TranscriptView::keyPressEvent(QKeyEvent* event) {
    const int row = m_focus.currentRow;
    if (event->matches(QKeySequence::Copy)) {
        copy();
    } else if (event->matches(QKeySequence::SelectAll) && row >= 0) {
        markMessage(row);
    } else if (m_layout.messageCount() > 0 && scrollByKey(event->key())) {
        return;
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && row >= 0) {
        showMenu(row, viewport()->mapToGlobal(messageRect(row).topLeft() + QPoint(20, 20)));
    } else {
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void TranscriptView::focusInEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusInEvent(event);
    const bool isByKey = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (isByKey && m_focus.currentRow < 0 && m_layout.messageCount() > 0) {
        setCurrentRow(m_layout.messageCount() - 1);
    }
    viewport()->update();
}

void TranscriptView::focusOutEvent(QFocusEvent* event) {
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void TranscriptView::showToolTip(const QPoint& position, const QPoint& globalPosition) {
    const QPoint point = position + QPoint(0, scrollTop());
    updateHover(position);
    const int row = m_focus.hoveredRow;
    QString words = linkAt(position);
    if (const std::optional<MessageAction> action = hoveredAction(); words.isEmpty() && action) {
        words = action->hint;
    }
    if (words.isEmpty() && row >= 0 && m_layout.statsRect(row).contains(point) && m_transcript.entry(row).stats) {
        words = statsToolTip(*m_transcript.entry(row).stats);
    }
    QToolTip::showText(globalPosition, words.toHtmlEscaped(), this);
}

bool TranscriptView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        showToolTip(help->pos(), help->globalPos());
        return true;
    }
    if (event->type() == QEvent::Leave) {
        updateHover(QPoint(-1, -1));
    }
    return QAbstractScrollArea::viewportEvent(event);
}
