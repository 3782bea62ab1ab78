// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

enum class SegmentKind { Prose, Code, Table };

// A stretch of a message that is laid out on its own. Offsets count UTF-16 units of the message's text.
struct MarkdownSegment {
    SegmentKind kind = SegmentKind::Prose;
    qsizetype begin = 0; // of what is shown: for Code, behind the fence
    qsizetype end = 0;
    int indent = 0;            // columns, of the list item that it belongs to
    bool isContinued = false;  // goes on where the segment before was cut because of its length
    QString language = {};     // Code: the first word behind the fence
    qsizetype headerBegin = 0; // Table, continued: header and delimiter row, to be shown again
    qsizetype headerEnd = 0;

    bool operator==(const MarkdownSegment&) const = default;
};

// What a message's text means: Markdown for replies; for what a person typed, plain text with fenced code.
enum class MarkdownDialect { Markdown, PlainWithFences };

// Cuts a growing text into segments: paragraphs, fenced code, tables. Only the last one can still change in what it
// holds, so that a reply is never laid out again as a whole while it streams. The segments depend on the text alone,
// not on the pieces it came in. None is much longer than kSegmentLimit, whatever the text.
class MarkdownSegmenter {
public:
    static constexpr qsizetype kSegmentLimit = 4096;
    static constexpr qsizetype kTableLimit = 2048; // the cells of a table are laid out together, at some cost

    explicit MarkdownSegmenter(MarkdownDialect dialect = MarkdownDialect::Markdown) : m_dialect(dialect) {}

    void append(QStringView piece); // amortised linear, however long the lines
    const QString& text() const { return m_text; }
    const QList<MarkdownSegment>& segments() const { return m_segments; }

    // Markdown (Prose, Table) or code of one segment, without the list indentation and the ends of lines around it.
    QString source(const MarkdownSegment& segment) const;

private:
    enum class Mode { Between, Prose, Code, Table };
    struct State {
        Mode mode = Mode::Between;
        bool isInList = false;
        bool isAfterBlank = false;
        bool isMidLine = false; // the front of this line was too long and has been taken
        QChar fenceMark;
        qsizetype fenceLength = 0;
        qsizetype lineBegin = 0;     // of the first line not yet taken for good
        qsizetype previousLine = -1; // begin of the line before, if that may be a table's header
        qsizetype headerBegin = 0;   // of the table's header and delimiter rows
        qsizetype headerEnd = 0;
    };
    struct Line {
        QStringView text; // without its end
        qsizetype begin = 0;
        bool isWhole = true; // false: it may still grow

        qsizetype end() const { return begin + text.size(); }
    };

    qsizetype longLineCut(qsizetype begin) const;
    void takeWholeLines();
    void takeLine(const Line& line);
    void takeCodeLine(const Line& line);
    void takeTableLine(const Line& line);
    void takeProseLine(const Line& line);
    void takePlainLine(const Line& line);
    bool openFence(const Line& line);
    bool openTable(const Line& line);
    void openProse(const Line& line);
    void extend(const Line& line);

    MarkdownDialect m_dialect;
    QString m_text;
    QList<MarkdownSegment> m_segments;
    State m_state;
    // What stood before the last, unfinished line was looked at: that line is looked at again when it has grown.
    State m_wholeState;
    QList<MarkdownSegment> m_wholeTail; // the last segment, if any
    qsizetype m_wholeCount = 0;
};
