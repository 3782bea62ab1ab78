// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/transcript_layout.h"

#include <QTextCursor>

#include <optional>

class QPainter;
class QPalette;

// A place in the text of the transcript; orders as the eye reads.
struct TextPosition {
    BoxId box;
    int offset = 0; // in the segment's document
    auto operator<=>(const TextPosition&) const = default;
};

// The marked text, from begin to end.
struct TextRange {
    TextPosition begin;
    TextPosition end;
    bool isEmpty() const { return begin == end; }
};

// What the pointer and the keyboard point at, and what is marked.
struct TranscriptFocus {
    int currentRow = -1; // -1, or where the keyboard is
    int hoveredRow = -1;
    int hoveredButton = -1; // of hoveredRow
    int hoveredCode = -1;   // of hoveredRow, the segment whose button it is
    int editedRow = -1;     // this one and those below are about to be replaced
    int rememberedFrom = 0;
    std::optional<TextRange> marked;
};

// Draws messages as the layout places them. Lives for one paint event.
class MessagePainter {
public:
    MessagePainter(QPainter& painter, const QPalette& palette, const ChatTranscript& transcript,
        TranscriptLayout& layout, const TranscriptFocus& focus);

    void paint(int row, const QRect& visible); // `visible` in the transcript's pixels

private:
    void paintBackground(int row);
    void paintHeader(int row);
    void paintSegment(BoxId id, const QRect& visible);
    void paintCodeBackground(BoxId id);
    void paintCodeBar(BoxId id);
    void paintUnderText(const QTextDocument& document, const QRect& rect);
    void paintTableLines(const QTextDocument& document);
    void paintCaret(BoxId id);
    void paintStats(int row);
    void paintButtons(int row);
    void paintButton(const MessageAction& action, const QRect& place, bool isHovered, bool isFramed);
    void paintForgetLine(int row);
    std::optional<QTextCursor> markedPart(BoxId id, const QTextDocument& document) const;

    QPainter& m_painter;
    const QPalette& m_palette;
    const ChatTranscript& m_transcript;
    TranscriptLayout& m_layout;
    const TranscriptFocus& m_focus;
};
