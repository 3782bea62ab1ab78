// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/message_painter.h"

#include "gui/markdown/code_languages.h"
#include "gui/markdown/markdown_document.h"

#include <QAbstractTextDocumentLayout>
#include <QCoreApplication>
#include <QPainter>
#include <QPalette>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextFrame>
#include <QTextLayout>
#include <QTextTable>

#include <algorithm>

namespace {

constexpr int kStatsGap = 8; // between the line under a reply and the button behind it

constexpr int kRadius = 6;
constexpr double kForgottenOpacity = 0.6;

QFont boldOf(QFont font) {
    font.setWeight(QFont::DemiBold);
    return font;
}

QString codeTitle(const QString& language) {
    const CodeLanguage* row = findCodeLanguage(language);
    if (row != nullptr) {
        return row->title;
    }
    return language.isEmpty() ? QCoreApplication::translate("MessagePainter", "Code") : language;
}

} // namespace

MessagePainter::MessagePainter(QPainter& painter, const QPalette& palette, const ChatTranscript& transcript,
    TranscriptLayout& layout, const TranscriptFocus& focus)
    : m_painter(painter), m_palette(palette), m_transcript(transcript), m_layout(layout), m_focus(focus) {}

void MessagePainter::paint(int row, const QRect& visible) {
    const bool isForgotten = row < m_focus.rememberedFrom;
    const bool isToBeReplaced = m_focus.editedRow >= 0 && row > m_focus.editedRow;
    m_painter.setOpacity(isForgotten || isToBeReplaced ? kForgottenOpacity : 1.0);
    paintBackground(row);
    paintHeader(row);
    const int count = static_cast<int>(m_layout.message(row).segments.size());
    const BoxId first = count > 0 ? m_layout.boxAt(visible.top()) : BoxId{};
    for (int i = first.row == row ? first.segment : 0; i < count; ++i) {
        const BoxId id{row, i};
        if (m_layout.topOf(id) > visible.bottom()) {
            break;
        }
        paintSegment(id, visible);
    }
    if (m_transcript.entry(row).isGrowing && count > 0) {
        paintCaret({row, count - 1});
    }
    paintStats(row);
    paintButtons(row);
    m_painter.setOpacity(1.0);
    if (row == m_focus.rememberedFrom && row > 0) {
        paintForgetLine(row);
    }
}

void MessagePainter::paintBackground(int row) {
    const MarkdownStyle& style = m_layout.style();
    const EntryKind kind = m_transcript.entry(row).kind;
    const QRectF content = QRectF(m_layout.contentRect(row)).adjusted(0.5, 0.5, -0.5, -0.5);
    m_painter.setRenderHint(QPainter::Antialiasing);
    if (kind == EntryKind::Own) {
        m_painter.setPen(row == m_focus.editedRow ? QPen(style.link, 1.5) : QPen(Qt::NoPen));
        m_painter.setBrush(style.ownMessage);
        m_painter.drawRoundedRect(content, kRadius, kRadius);
    } else if (kind == EntryKind::Notice) {
        m_painter.setPen(style.line);
        m_painter.setBrush(style.codeBackground);
        m_painter.drawRoundedRect(content, kRadius, kRadius);
    }
    if (row == m_focus.currentRow) {
        m_painter.setPen(QPen(style.link, 1));
        m_painter.setBrush(Qt::NoBrush);
        const int room = kind == EntryKind::Reply ? 8 : 2;
        m_painter.drawRoundedRect(content.adjusted(-room, -room, room, room), kRadius, kRadius);
    }
}

void MessagePainter::paintHeader(int row) {
    const MarkdownStyle& style = m_layout.style();
    const TranscriptEntry& entry = m_transcript.entry(row);
    const QRect content = m_layout.contentRect(row);
    const int inset = entry.kind == EntryKind::Reply ? 0 : 12;
    const QFont font = boldOf(style.font);
    int right = content.right() - inset;
    if (entry.kind != EntryKind::Notice) {
        for (const ActionButton& button : m_layout.message(row).buttons) {
            if (button.action.kind != MessageAction::Kind::WhySpeed) { // it stands below
                right = std::min(right, button.rect.left() - 8);
            }
        }
    }
    const QRect room(
        content.left() + inset, content.top() + inset, right - content.left() - inset, QFontMetrics(font).height());
    m_painter.setFont(font);
    m_painter.setPen(entry.kind == EntryKind::Own ? style.link : style.text);
    m_painter.drawText(room, Qt::AlignLeft | Qt::AlignTop,
        QFontMetrics(font).elidedText(speakerName(entry), Qt::ElideRight, room.width()));
}

std::optional<QTextCursor> MessagePainter::markedPart(BoxId id, const QTextDocument& document) const {
    if (!m_focus.marked || id < m_focus.marked->begin.box || id > m_focus.marked->end.box) {
        return std::nullopt;
    }
    const TextRange& marked = *m_focus.marked;
    const int last = document.characterCount() - 1;
    QTextCursor cursor(const_cast<QTextDocument*>(&document)); // a cursor reads, but Qt has none for const documents
    cursor.setPosition(id == marked.begin.box ? std::min(marked.begin.offset, last) : 0);
    cursor.setPosition(id == marked.end.box ? std::min(marked.end.offset, last) : last, QTextCursor::KeepAnchor);
    return cursor;
}

void MessagePainter::paintSegment(BoxId id, const QRect& visible) {
    const QTextDocument& document = m_layout.document(id);
    const QRect rect = m_layout.documentRect(id);
    if (m_layout.box(id).isCode()) {
        paintCodeBackground(id);
    }
    const QPoint origin = m_layout.textOrigin(id);
    const QRect inText = rect.translated(-origin);
    m_painter.save();
    m_painter.translate(origin);
    m_painter.setClipRect(inText, Qt::IntersectClip);
    paintUnderText(document, rect);
    paintTableLines(document);
    QAbstractTextDocumentLayout::PaintContext context;
    context.palette = m_palette;
    context.clip = QRectF(visible.translated(-origin)).intersected(inText);
    if (const std::optional<QTextCursor> marked = markedPart(id, document)) {
        QAbstractTextDocumentLayout::Selection selection;
        selection.cursor = *marked;
        selection.format.setBackground(m_palette.highlight());
        selection.format.setForeground(m_palette.highlightedText());
        context.selections.append(selection);
    }
    document.documentLayout()->draw(&m_painter, context);
    m_painter.restore();
    paintCodeBar(id);
}

void MessagePainter::paintCodeBar(BoxId id) {
    const QRect handle = m_layout.codeHandleRect(id);
    if (handle.isNull()) {
        return;
    }
    const MarkdownStyle& style = m_layout.style();
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(style.line);
    m_painter.drawRoundedRect(m_layout.codeBarRect(id), 3, 3);
    m_painter.setBrush(style.mutedText);
    m_painter.drawRoundedRect(handle, 3, 3);
}

void MessagePainter::paintCodeBackground(BoxId id) {
    const MarkdownStyle& style = m_layout.style();
    const SegmentBox& box = m_layout.box(id);
    const QRect text = m_layout.documentRect(id);
    const QRect frame(text.left() - 12, m_layout.topOf(id), text.width() + 24, box.height);
    const bool isCut = id.segment + 1 < static_cast<int>(m_layout.message(id.row).segments.size()) &&
                       m_layout.box({id.row, id.segment + 1}).segment.isContinued;
    // Where the block goes on, the rounded ends lie outside of what is drawn.
    const int above = box.segment.isContinued ? 2 * kRadius : 0;
    const int below = isCut ? 2 * kRadius : 0;
    m_painter.save();
    m_painter.setClipRect(frame, Qt::IntersectClip);
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(style.line);
    m_painter.setBrush(style.codeBackground);
    m_painter.drawRoundedRect(
        QRectF(frame.adjusted(0, -above, 0, below)).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    m_painter.restore();
    const QRect header = m_layout.codeHeaderRect(id);
    if (header.isNull()) {
        return;
    }
    m_painter.setFont(style.font);
    m_painter.setPen(style.mutedText);
    m_painter.drawText(
        header.adjusted(12, 0, -12, 0), Qt::AlignVCenter | Qt::AlignLeft, codeTitle(box.segment.language));
    const ActionButton button = m_layout.codeButton(id);
    const bool isHovered = id.row == m_focus.hoveredRow && id.segment == m_focus.hoveredCode;
    paintButton(button.action, button.rect, isHovered, false);
}

// Bars of quotes and horizontal rules, which a document cannot draw itself.
void MessagePainter::paintUnderText(const QTextDocument& document, const QRect& rect) {
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        const int depth = block.blockFormat().intProperty(kQuoteDepthProperty);
        const bool isRule = block.blockFormat().boolProperty(kRuleProperty);
        if (depth == 0 && !isRule) {
            continue;
        }
        const QRectF place = document.documentLayout()->blockBoundingRect(block);
        const QColor color = m_layout.style().line;
        for (int i = 0; i < depth; ++i) {
            m_painter.fillRect(QRectF(i * kQuoteStep + 1, place.top() - 2, 3, place.height() + 4), color);
        }
        if (isRule) {
            m_painter.fillRect(QRectF(0, std::round(place.center().y()), rect.width(), 1), color);
        }
    }
}

// In the room that is left between cells, and round them.
void MessagePainter::paintTableLines(const QTextDocument& document) {
    const QAbstractTextDocumentLayout& places = *document.documentLayout();
    const QColor color = m_layout.style().line;
    for (QTextFrame* frame : document.rootFrame()->childFrames()) {
        const auto* table = qobject_cast<QTextTable*>(frame);
        if (table == nullptr) {
            continue;
        }
        const auto corner = [&](int row, int column) { // of a cell, with the line at its left and above
            const QTextBlock block = table->cellAt(row, column).firstCursorPosition().block();
            constexpr QPointF kInset(kCellPadding + kTableLine, kCellPadding + kTableLine);
            return places.blockBoundingRect(block).topLeft() - kInset;
        };
        // The place that Qt gives for a table is that of the text in its first cell; the size is right.
        const QRectF outer(corner(0, 0), places.frameBoundingRect(frame).size());
        for (int row = 0; row <= table->rows(); ++row) {
            const double y = row < table->rows() ? corner(row, 0).y() : outer.bottom() - kTableLine;
            m_painter.fillRect(QRectF(outer.left(), y, outer.width(), kTableLine), color);
        }
        for (int column = 0; column <= table->columns(); ++column) {
            const double x = column < table->columns() ? corner(0, column).x() : outer.right() - kTableLine;
            m_painter.fillRect(QRectF(x, outer.top(), kTableLine, outer.height()), color);
        }
    }
}

// A bar behind the last character: where the next piece goes. It does not blink.
void MessagePainter::paintCaret(BoxId id) {
    const QTextDocument& document = m_layout.document(id);
    const QTextBlock block = document.lastBlock();
    const QTextLayout* lines = block.layout();
    if (lines == nullptr || lines->lineCount() == 0) {
        return;
    }
    const QTextLine line = lines->lineAt(lines->lineCount() - 1);
    const QPointF origin = document.documentLayout()->blockBoundingRect(block).topLeft();
    const QPointF at = m_layout.textOrigin(id) + origin + QPointF(line.cursorToX(block.length() - 1) + 2, line.y() + 1);
    if (!m_layout.documentRect(id).adjusted(0, 0, 4, 0).contains(at.toPoint())) {
        return; // beyond the end of a line that is longer than its place
    }
    m_painter.fillRect(QRectF(at, QSizeF(2, QFontMetricsF(m_layout.style().font).height() - 2)), m_layout.style().link);
}

void MessagePainter::paintStats(int row) {
    const TranscriptEntry& entry = m_transcript.entry(row);
    QRect rect = m_layout.statsRect(row);
    if (rect.isNull() || !entry.stats) {
        return;
    }
    for (const ActionButton& button : m_layout.message(row).buttons) {
        if (button.action.kind == MessageAction::Kind::WhySpeed) {
            rect.setRight(button.rect.left() - kStatsGap);
        }
    }
    m_painter.setFont(m_layout.style().font);
    m_painter.setPen(m_layout.style().mutedText);
    const QString line =
        QFontMetrics(m_layout.style().font).elidedText(statsLine(*entry.stats), Qt::ElideRight, rect.width());
    m_painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter, line);
}

void MessagePainter::paintButtons(int row) {
    const MessageBox& message = m_layout.message(row);
    const bool isNotice = m_transcript.entry(row).kind == EntryKind::Notice;
    for (int i = 0; i < static_cast<int>(message.buttons.size()); ++i) {
        const ActionButton& button = message.buttons[i];
        const bool isHovered = row == m_focus.hoveredRow && i == m_focus.hoveredButton;
        paintButton(button.action, button.rect.translated(0, message.top), isHovered, isNotice);
    }
}

void MessagePainter::paintButton(const MessageAction& action, const QRect& place, bool isHovered, bool isFramed) {
    const MarkdownStyle& style = m_layout.style();
    const bool isLit = isHovered && action.isEnabled;
    QBrush fill = isFramed ? m_palette.button() : QBrush(Qt::NoBrush);
    if (isLit) {
        fill = blended(m_palette.color(QPalette::Base), style.text, 0.14);
    }
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(isFramed ? QPen(style.line) : QPen(Qt::NoPen));
    m_painter.setBrush(fill);
    m_painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    const QColor enabled = isFramed || isLit ? style.text : style.mutedText;
    m_painter.setFont(style.font);
    m_painter.setPen(action.isEnabled ? enabled : m_palette.color(QPalette::Disabled, QPalette::Text));
    m_painter.drawText(place, Qt::AlignCenter, action.text);
}

void MessagePainter::paintForgetLine(int row) {
    const MarkdownStyle& style = m_layout.style();
    const QRect content = m_layout.contentRect(row);
    const QString words =
        QCoreApplication::translate("MessagePainter", "The model no longer remembers what is above this line");
    QFont font = style.font;
    font.setPointSizeF(font.pointSizeF() * 0.85);
    const int width = QFontMetrics(font).horizontalAdvance(words) + 24;
    const int y = content.top() - 10;
    m_painter.fillRect(content.left(), y, (content.width() - width) / 2, 1, style.mutedText);
    m_painter.fillRect(
        content.right() - (content.width() - width) / 2, y, (content.width() - width) / 2, 1, style.mutedText);
    m_painter.setFont(font);
    m_painter.setPen(style.mutedText);
    m_painter.drawText(QRect(content.left(), y - 10, content.width(), 20), Qt::AlignCenter, words);
}
