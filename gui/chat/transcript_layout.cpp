// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/transcript_layout.h"

#include "gui/markdown/display_text.h"
#include "gui/markdown/markdown_document.h"

#include <QFontMetrics>
#include <QTextDocument>
#include <QTextOption>

#include <algorithm>
#include <cmath>

namespace {

// Pixels, on a grid of four.
constexpr int kSideMargin = 20;
constexpr int kMessageGap = 20;
constexpr int kOwnPadding = 12;
constexpr int kSegmentGap = 8;
constexpr int kCodePadding = 12;
constexpr int kButtonGap = 4;
constexpr int kButtonPadding = 8;
constexpr int kLineChars = 96; // the longest line that is still easy to read

// Lines as long as they are; what is longer still than a person would scroll breaks there. Returns the longest's width.
int layOutUnwrapped(QTextDocument& document, int place) {
    constexpr int kLongestLine = 2000; // characters
    const double most = kLongestLine * QFontMetricsF(document.defaultFont()).averageCharWidth();
    QTextOption option = document.defaultTextOption();
    option.setWrapMode(QTextOption::NoWrap);
    document.setDefaultTextOption(option);
    document.setTextWidth(place);
    const double ideal = document.idealWidth();
    if (ideal > place) {
        option.setWrapMode(ideal > most ? QTextOption::WrapAnywhere : QTextOption::NoWrap);
        document.setDefaultTextOption(option);
        document.setTextWidth(std::ceil(std::min(ideal, most)));
    }
    return static_cast<int>(std::ceil(std::min(ideal, most)));
}

} // namespace

TranscriptLayout::~TranscriptLayout() = default;

void TranscriptLayout::setStyle(const MarkdownStyle& style, int width) {
    if (m_style == style && m_width == width) {
        return;
    }
    m_style = style;
    m_width = width;
    m_lineHeight = QFontMetrics(style.font).height();
    m_averageCharWidth = QFontMetrics(style.font).averageCharWidth();
    m_withDocument.clear();
    for (int row = 0; row < messageCount(); ++row) {
        for (SegmentBox& box : m_messages[row]->segments) {
            box.document.reset();
            box.isExact = false;
            box.height = estimatedHeight(box, row);
        }
        placeSegments(row);
    }
    stackFrom(0);
}

void TranscriptLayout::insertRows(int first, int count) {
    for (int row = first; row < first + count; ++row) {
        auto message = std::make_unique<MessageBox>();
        const bool isMarkdown = m_transcript.entry(row).kind == EntryKind::Reply;
        message->segmenter =
            MarkdownSegmenter(isMarkdown ? MarkdownDialect::Markdown : MarkdownDialect::PlainWithFences);
        m_messages.insert(m_messages.begin() + row, std::move(message));
        rebuildSegments(row);
    }
    for (int row = 0; row < messageCount(); ++row) {
        placeButtons(row); // what used to be the last reply is it no more
    }
    stackFrom(first);
}

void TranscriptLayout::removeRows(int first, int count) {
    m_messages.erase(m_messages.begin() + first, m_messages.begin() + first + count);
    std::erase_if(m_withDocument, [first, count](BoxId id) { return id.row >= first && id.row < first + count; });
    for (BoxId& id : m_withDocument) {
        id.row -= id.row >= first ? count : 0;
    }
    for (int row = 0; row < messageCount(); ++row) {
        placeButtons(row);
    }
    stackFrom(first);
}

void TranscriptLayout::refreshRow(int row) {
    rebuildSegments(row);
    stackFrom(row);
}

void TranscriptLayout::setReplying(bool isReplying) {
    m_isReplying = isReplying;
    for (int row = 0; row < messageCount(); ++row) {
        placeButtons(row);
    }
}

// Brings the segments up to the text: those that did not change keep their measures and documents.
void TranscriptLayout::rebuildSegments(int row) {
    MessageBox& message = *m_messages[row];
    const TranscriptEntry& entry = m_transcript.entry(row);
    const QString text =
        entry.isUnfolded ? QString(entry.text + QStringLiteral("\n~~~~~~~~ details\n") + entry.details) : entry.text;
    MarkdownSegmenter& segmenter = message.segmenter;
    if (!text.startsWith(segmenter.text())) {
        const bool isMarkdown = entry.kind == EntryKind::Reply;
        segmenter = MarkdownSegmenter(isMarkdown ? MarkdownDialect::Markdown : MarkdownDialect::PlainWithFences);
        message.segments.clear();
        std::erase_if(m_withDocument, [row](BoxId id) { return id.row == row; });
    }
    segmenter.append(QStringView(text).mid(segmenter.text().size()));
    const auto& segments = segmenter.segments();
    const qsizetype count = segments.size();
    std::erase_if(m_withDocument, [row, count](BoxId id) { return id.row == row && id.segment >= count; });
    message.segments.resize(count);
    for (qsizetype i = 0; i < count; ++i) {
        SegmentBox& box = message.segments[i];
        const bool isOpen = entry.isGrowing && i + 1 == count;
        if (box.segment == segments[i] && box.isOpen == isOpen && box.height > 0) {
            continue;
        }
        box.segment = segments[i];
        box.isOpen = isOpen;
        box.isExact = false;
        if (box.isCode() && box.segment.isContinued) {
            const SegmentBox& before = message.segments[i - 1];
            const CodeLanguage* language = findCodeLanguage(box.segment.language);
            box.highlightState = language == nullptr ? 0
                                                     : highlightStateAfter(*language, segmenter.source(before.segment),
                                                           before.highlightState);
        }
        if (box.document != nullptr) {
            render({row, static_cast<int>(i)});
        } else {
            box.height = estimatedHeight(box, row);
        }
    }
    placeSegments(row);
}

int TranscriptLayout::padding(int row) const {
    return m_transcript.entry(row).kind == EntryKind::Reply ? 0 : kOwnPadding;
}

QRect TranscriptLayout::contentRect(int row) const {
    const int longest = kLineChars * m_averageCharWidth;
    const int width = std::max(120, std::min(m_width - 2 * kSideMargin, longest));
    const MessageBox& box = message(row);
    return {(m_width - width) / 2, box.top + kMessageGap, width, box.height - kMessageGap};
}

int TranscriptLayout::textWidth(const SegmentBox& box, int row) const {
    const int codePadding = box.isCode() ? kCodePadding : 0;
    const int indent = box.segment.indent * 8;
    return std::max(80, contentRect(row).width() - 2 * padding(row) - 2 * codePadding - std::min(indent, 160));
}

QRect TranscriptLayout::documentRect(BoxId id) const {
    const SegmentBox& segment = box(id);
    const QRect content = contentRect(id.row);
    const int codePadding = segment.isCode() ? kCodePadding : 0;
    const int width = textWidth(segment, id.row);
    const int left = content.right() + 1 - padding(id.row) - codePadding - width;
    const int headerRoom = segment.isCode() && !segment.segment.isContinued ? rowHeight() + kCodePadding / 2 : 0;
    return {left, topOf(id) + headerRoom, width, segment.height - headerRoom};
}

QRect TranscriptLayout::codeHeaderRect(BoxId id) const {
    const SegmentBox& segment = box(id);
    if (!segment.isCode() || segment.segment.isContinued) {
        return {};
    }
    const QRect text = documentRect(id);
    return {text.left() - kCodePadding, topOf(id), text.width() + 2 * kCodePadding, rowHeight()};
}

QRect TranscriptLayout::statsRect(int row) const {
    if (m_transcript.entry(row).kind != EntryKind::Reply) {
        return {};
    }
    const QRect content = contentRect(row);
    return {content.left(), content.bottom() + 1 - rowHeight(), content.width(), rowHeight()};
}

QString TranscriptLayout::copyText(BoxId id) const {
    const MessageBox& owner = message(id.row);
    QString text = owner.segmenter.source(owner.segments[id.segment].segment);
    for (std::size_t i = id.segment + 1; i < owner.segments.size() && owner.segments[i].segment.isContinued; ++i) {
        text += u'\n' + owner.segmenter.source(owner.segments[i].segment);
    }
    return text;
}

int TranscriptLayout::estimatedHeight(const SegmentBox& box, int row) const {
    const QFontMetrics metrics(box.isCode() ? m_style.codeFont : m_style.font);
    const qsizetype chars = box.segment.end - box.segment.begin;
    const qsizetype perLine = std::max(1, textWidth(box, row) / std::max(1, metrics.averageCharWidth()));
    const QStringView text = QStringView(message(row).segmenter.text()).mid(box.segment.begin, chars);
    const qsizetype wrapped = box.isCode() ? 0 : chars / perLine;
    const qsizetype lines = std::max(wrapped, text.count(u'\n')) + 1;
    return static_cast<int>(lines) * metrics.lineSpacing() +
           (box.isCode() ? 2 * kCodePadding + (box.segment.isContinued ? 0 : rowHeight()) : 0);
}

void TranscriptLayout::placeSegments(int row) {
    MessageBox& message = *m_messages[row];
    int y = kMessageGap + padding(row) + rowHeight();
    bool isFirst = true;
    for (SegmentBox& box : message.segments) {
        y += isFirst || box.segment.isContinued ? 0 : kSegmentGap;
        box.top = y;
        y += box.height;
        isFirst = false;
    }
    const TranscriptEntry& entry = m_transcript.entry(row);
    const bool hasButtonRow = entry.kind == EntryKind::Notice && !(entry.choices.isEmpty() && entry.details.isEmpty());
    if (entry.kind == EntryKind::Reply || hasButtonRow) {
        y += rowHeight() +
             (hasButtonRow ? kSegmentGap : kButtonGap); // there from the beginning: nothing moves when a reply ends
    }
    message.height = y + padding(row);
    placeButtons(row);
}

void TranscriptLayout::placeButtons(int row) {
    MessageBox& message = *m_messages[row];
    message.buttons.clear();
    const QFontMetrics metrics(m_style.font);
    const QRect content = contentRect(row).translated(0, -message.top);
    const bool isNotice = m_transcript.entry(row).kind == EntryKind::Notice;
    const int inset = padding(row);
    int right = content.right() - inset + kButtonPadding; // the words, not the padding, end where the text does
    int left = content.left() + inset;
    QList<MessageAction> actions = messageActions(m_transcript, row, m_isReplying);
    for (qsizetype i = 0; i < actions.size(); ++i) {
        // From the left under a notice; from the right, last first, in the header of a message.
        const MessageAction& action = isNotice ? actions[i] : actions[actions.size() - 1 - i];
        const int width = metrics.horizontalAdvance(action.text) + (isNotice ? 3 : 2) * kButtonPadding;
        if (action.kind == MessageAction::Kind::WhySpeed) { // asks about the statistics, and stands behind them
            const int end = content.right() - inset + kButtonPadding;
            message.buttons.append({action,
                QRect(end - width, message.height - inset - rowHeight(), width, rowHeight() - 2)});
            continue;
        }
        const int y = isNotice ? message.height - inset - rowHeight() : content.top() + inset - 2;
        const QRect rect(isNotice ? left : right - width, y, width, rowHeight() - 2);
        message.buttons.append({action, rect});
        left += width + 2 * kButtonGap;
        right -= width + kButtonGap;
    }
}

ActionButton TranscriptLayout::codeButton(BoxId id) const {
    const QRect header = codeHeaderRect(id);
    if (header.isNull()) {
        return {};
    }
    MessageAction action;
    action.kind = MessageAction::Kind::CopyCode;
    action.segment = id.segment;
    action.text = ChatTranscript::tr("Copy code");
    action.hint = ChatTranscript::tr("Copy this block of code.");
    const int width = QFontMetrics(m_style.font).horizontalAdvance(action.text) + 2 * kButtonPadding;
    return {action, {header.right() - width, header.top(), width, header.height()}};
}

void TranscriptLayout::stackFrom(int row) {
    int y = row > 0 ? message(row - 1).top + message(row - 1).height : 0;
    for (; row < messageCount(); ++row) {
        m_messages[row]->top = y;
        y += m_messages[row]->height;
    }
}

int TranscriptLayout::height() const {
    return m_messages.empty() ? 0 : m_messages.back()->top + m_messages.back()->height + kMessageGap;
}

int TranscriptLayout::messageAt(int y) const {
    const auto above = [](int value, const auto& message) { return value < message->top; };
    const auto after = std::upper_bound(m_messages.begin(), m_messages.end(), y, above);
    return m_messages.empty() ? -1 : std::max(0, static_cast<int>(after - m_messages.begin()) - 1);
}

BoxId TranscriptLayout::boxAt(int y) const {
    const int row = messageAt(y);
    const auto& segments = message(row).segments;
    const int inMessage = y - message(row).top;
    const auto above = [](int value, const SegmentBox& box) { return value < box.top; };
    const auto after = std::upper_bound(segments.begin(), segments.end(), inMessage, above);
    return {row, std::max(0, static_cast<int>(after - segments.begin()) - 1)};
}

const QTextDocument& TranscriptLayout::document(BoxId id) {
    if (box(id).document == nullptr || !box(id).isExact) {
        measure(id);
    }
    return *box(id).document;
}

void TranscriptLayout::render(BoxId id) {
    MessageBox& owner = *m_messages[id.row];
    SegmentBox& box = owner.segments[id.segment];
    if (box.document == nullptr) {
        m_withDocument.push_back(id);
    }
    // A document that was laid out before would be laid out with each change to it; a fresh one is laid out once.
    box.document = std::make_unique<QTextDocument>();
    QTextDocument& document = *box.document;
    const QString source = owner.segmenter.source(box.segment);
    if (box.isCode()) {
        renderCode(document, source, box.segment.language, box.highlightState, m_style);
    } else if (m_transcript.entry(id.row).kind == EntryKind::Reply) {
        renderMarkdown(document, box.isOpen ? withOpenSpansClosed(source) : source, m_style);
    } else {
        renderPlainText(document, source, m_style);
    }
    const int place = textWidth(box, id.row);
    box.lineWidth = box.isCode() && !wrapsLines(id) ? layOutUnwrapped(document, place) : place;
    if (wrapsLines(id) || !box.isCode()) {
        document.setTextWidth(place);
    }
    int height = static_cast<int>(std::ceil(document.size().height()));
    if (box.isCode()) {
        height += box.segment.isContinued ? 0 : rowHeight() + kCodePadding / 2;
        height += isLastOfCode(id) ? kCodePadding : 0;
    }
    box.height = std::max(height, 1);
    box.isExact = true;
}

void TranscriptLayout::measure(BoxId id) {
    const int before = box(id).height;
    render(id);
    if (box(id).height != before) {
        placeSegments(id.row);
        stackFrom(id.row);
    }
}

bool TranscriptLayout::measureOne() {
    for (int row = messageCount() - 1; row >= 0; --row) { // the end is where a person usually is
        const auto& segments = message(row).segments;
        const auto inexact =
            std::find_if(segments.rbegin(), segments.rend(), [](const SegmentBox& box) { return !box.isExact; });
        if (inexact != segments.rend()) {
            measure({row, static_cast<int>(segments.rend() - inexact) - 1});
            return true;
        }
    }
    return false;
}

void TranscriptLayout::dropDocumentsOutside(int top, int bottom) {
    std::erase_if(m_withDocument, [this, top, bottom](BoxId id) {
        const int y = topOf(id);
        const bool isNear = y < bottom && y + box(id).height > top;
        if (!isNear) {
            m_messages[id.row]->segments[id.segment].document.reset();
        }
        return !isNear;
    });
}
