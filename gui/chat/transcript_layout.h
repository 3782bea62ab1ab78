// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/message_actions.h"
#include "gui/markdown/markdown_segmenter.h"
#include "gui/markdown/markdown_style.h"

#include <QRect>

#include <compare>
#include <memory>
#include <vector>

class QTextDocument;

// One segment of one message; orders as the eye reads.
struct BoxId {
    int row = 0;
    int segment = 0;
    auto operator<=>(const BoxId&) const = default;
};

struct SegmentBox {
    MarkdownSegment segment;
    HighlightState highlightState = 0; // at the first line of Code
    bool isOpen = false;               // the text may go on in it
    bool isExact = false;              // the height was measured, not estimated
    int top = 0;                       // in the message, pixels
    int height = 0;
    int lineWidth = 0;                       // of the longest line of Code that was laid out
    int codeOffset = 0;                      // how far a block of Code is scrolled; of its first segment
    std::unique_ptr<QTextDocument> document; // kept while near the visible part

    bool isCode() const { return segment.kind == SegmentKind::Code; }
};

struct ActionButton {
    MessageAction action;
    QRect rect;
};

struct MessageBox {
    MarkdownSegmenter segmenter;
    std::vector<SegmentBox> segments;
    QList<ActionButton> buttons; // of the message as a whole; places in the message
    int top = 0;                 // in the transcript, pixels
    int height = 0;
};

// Where everything in the transcript stands, in pixels from its top. Segments are laid out as documents only when they
// are asked for; till then their height is an estimate. Only the last segment of a growing message is laid out again.
// GUI thread.
class TranscriptLayout {
public:
    explicit TranscriptLayout(const ChatTranscript& transcript) : m_transcript(transcript) {}
    ~TranscriptLayout();

    void setStyle(const MarkdownStyle& style, int width); // forgets all measures if they differ
    void insertRows(int first, int count);
    void removeRows(int first, int count);
    void refreshRow(int row); // its text or state changed
    void setReplying(bool isReplying);

    const MarkdownStyle& style() const { return m_style; }
    int width() const { return m_width; }
    int height() const;
    int messageCount() const { return static_cast<int>(m_messages.size()); }
    const MessageBox& message(int row) const { return *m_messages[row]; }
    const SegmentBox& box(BoxId id) const { return m_messages[id.row]->segments[id.segment]; }

    int messageAt(int y) const; // the nearest; -1: there is none
    BoxId boxAt(int y) const;   // the nearest; needs a message with segments
    int topOf(BoxId id) const { return m_messages[id.row]->top + box(id).top; }
    QRect contentRect(int row) const;        // of the column of text, in the transcript
    QRect documentRect(BoxId id) const;      // of the text of one segment, as far as it shows
    QPoint textOrigin(BoxId id) const;       // of the text; left of its place if it is code that was scrolled
    QRect codeHeaderRect(BoxId id) const;    // null: the segment has none
    ActionButton codeButton(BoxId id) const; // in the transcript; a null place: the segment has none
    QRect statsRect(int row) const;          // null: the message has none
    QString copyText(BoxId id) const;        // the whole block of code that the segment starts

    // A block of code, named by any of its segments, scrolls sideways when its lines are longer than its place.
    int codeOffset(BoxId id) const;
    int mostCodeOffset(BoxId id) const; // 0: all of it shows
    void scrollCode(BoxId id, int offset);
    QRect codeBarRect(BoxId id) const;    // where the bar under a block runs; null: this segment has none
    QRect codeHandleRect(BoxId id) const; // the part of the bar that shows what is in view

    const QTextDocument& document(BoxId id); // lays it out if need be: heights may change
    bool measureOne();                       // false: everything is exact
    void dropDocumentsOutside(int top, int bottom);

private:
    void rebuildSegments(int row);
    void placeSegments(int row);
    void placeButtons(int row);
    void stackFrom(int row);
    int estimatedHeight(const SegmentBox& box, int row) const;
    int textWidth(const SegmentBox& box, int row) const;
    int rowHeight() const { return m_lineHeight + 8; } // of a message's header, its statistics, a code block's header
    int padding(int row) const;
    bool wrapsLines(BoxId id) const;
    int firstOfCode(BoxId id) const; // the segment
    bool isLastOfCode(BoxId id) const;
    int longestLine(BoxId id) const; // of the whole block
    void render(BoxId id);
    void measure(BoxId id);

    const ChatTranscript& m_transcript;
    MarkdownStyle m_style;
    int m_width = 0;
    int m_lineHeight = 0;
    int m_averageCharWidth = 1;
    bool m_isReplying = false;
    std::vector<std::unique_ptr<MessageBox>> m_messages;
    std::vector<BoxId> m_withDocument;
};
