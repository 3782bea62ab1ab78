// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/markdown/markdown_segmenter.h"

#include <algorithm>

namespace {

constexpr int kTabColumns = 4;

int indentOf(QStringView line) {
    int columns = 0;
    for (const QChar c : line) {
        if (c == u' ') {
            ++columns;
        } else if (c == u'\t') {
            columns += kTabColumns - columns % kTabColumns;
        } else {
            break;
        }
    }
    return columns;
}

bool isBlank(QStringView line) {
    return std::all_of(line.begin(), line.end(), [](QChar c) { return c.isSpace(); });
}

bool startsListItem(QStringView line) {
    line = line.trimmed();
    qsizetype mark = 0;
    while (mark < line.size() && mark < 9 && line[mark] >= u'0' && line[mark] <= u'9') {
        ++mark;
    }
    const QStringView marks = mark > 0 ? QStringView(u".)") : QStringView(u"-*+");
    if (mark >= line.size() || !marks.contains(line[mark])) {
        return false;
    }
    return mark + 1 == line.size() || line[mark + 1].isSpace();
}

qsizetype runLength(QStringView text, QChar mark) {
    const auto end = std::find_if(text.begin(), text.end(), [mark](QChar c) { return c != mark; });
    return end - text.begin();
}

bool isTableDelimiter(QStringView line) {
    line = line.trimmed();
    const bool isMadeOfMarks = std::all_of(line.begin(), line.end(),
        [](QChar c) { return c == u'|' || c == u'-' || c == u':' || c == u' ' || c == u'\t'; });
    return isMadeOfMarks && line.contains(u'|') && line.contains(u'-');
}

// Removes up to `columns` columns of white space from the front of each line.
QString dedented(QStringView text, int columns) {
    QString result;
    result.reserve(text.size());
    for (const QStringView line : text.split(u'\n')) {
        qsizetype skip = 0;
        int column = 0;
        while (skip < line.size() && column < columns && (line[skip] == u' ' || line[skip] == u'\t')) {
            column += line[skip] == u' ' ? 1 : kTabColumns - column % kTabColumns;
            ++skip;
        }
        result.append(line.mid(skip)).append(u'\n');
    }
    result.chop(1);
    return result;
}

} // namespace

void MarkdownSegmenter::append(QStringView piece) {
    m_state = m_wholeState;
    m_segments.resize(m_wholeCount);
    if (m_wholeCount > 0) {
        m_segments.back() = m_wholeTail.front();
    }
    m_text.append(piece);
    takeWholeLines();
    m_wholeState = m_state;
    m_wholeCount = m_segments.size();
    m_wholeTail = m_segments.mid(m_wholeCount - 1);
    if (m_state.lineBegin < m_text.size()) {
        takeLine({QStringView(m_text).mid(m_state.lineBegin), m_state.lineBegin, false});
    }
}

QString MarkdownSegmenter::source(const MarkdownSegment& segment) const {
    const QStringView all(m_text);
    QStringView body = all.mid(segment.begin, segment.end - segment.begin);
    while (segment.kind != SegmentKind::Code && !body.isEmpty() && body.back() == u'\n') {
        body.chop(1);
    }
    const QString text = segment.indent > 0 ? dedented(body, segment.indent) : body.toString();
    return segment.headerEnd > segment.headerBegin
               ? all.mid(segment.headerBegin, segment.headerEnd - segment.headerBegin) + text
               : text;
}

// Where to cut a line that is longer than a segment may be: behind a space if there is one, else between characters.
qsizetype MarkdownSegmenter::longLineCut(qsizetype begin) const {
    const QStringView head = QStringView(m_text).mid(begin, kSegmentLimit);
    const qsizetype space = head.lastIndexOf(u' ');
    if (space > kSegmentLimit / 2) {
        return begin + space + 1;
    }
    return begin + head.size() - (head.back().isHighSurrogate() ? 1 : 0);
}

void MarkdownSegmenter::takeWholeLines() {
    const QStringView all(m_text);
    while (true) {
        const qsizetype begin = m_state.lineBegin;
        const qsizetype lineEnd = all.mid(begin, kSegmentLimit + 1).indexOf(u'\n');
        if (lineEnd >= 0) {
            takeLine({all.mid(begin, lineEnd), begin, true});
            m_state.isMidLine = false;
            m_state.lineBegin = begin + lineEnd + 1;
        } else if (all.size() - begin > kSegmentLimit) {
            const qsizetype cut = longLineCut(begin);
            takeLine({all.mid(begin, cut - begin), begin, true});
            m_state.isMidLine = true;
            m_state.lineBegin = cut;
        } else {
            return;
        }
    }
}

void MarkdownSegmenter::takeLine(const Line& line) {
    const bool isPlain = m_dialect == MarkdownDialect::PlainWithFences;
    if (m_state.isMidLine && m_state.mode != Mode::Between) {
        extend(line);
    } else if (m_state.mode == Mode::Code) {
        takeCodeLine(line);
    } else if (m_state.mode == Mode::Table) {
        takeTableLine(line);
    } else if (isPlain) {
        takePlainLine(line);
    } else {
        takeProseLine(line);
    }
}

void MarkdownSegmenter::takeCodeLine(const Line& line) {
    const QStringView marks = line.text.trimmed();
    const qsizetype run = runLength(marks, m_state.fenceMark);
    const bool isOnlyMarks = run > 0 && run == marks.size();
    if (isOnlyMarks && run >= m_state.fenceLength) {
        m_state.mode = Mode::Between;
        m_state.isAfterBlank = true;
        return;
    }
    // The first marks of a closing fence would flash as code while it is being written.
    if (!isOnlyMarks || line.isWhole) {
        extend(line);
    }
}

void MarkdownSegmenter::takeTableLine(const Line& line) {
    if (line.text.contains(u'|')) {
        extend(line);
        return;
    }
    m_state.mode = Mode::Between;
    takeProseLine(line);
}

void MarkdownSegmenter::takePlainLine(const Line& line) {
    if (openFence(line) || (m_state.mode == Mode::Between && isBlank(line.text))) {
        return;
    }
    if (m_state.mode == Mode::Between) {
        openProse(line);
    } else {
        extend(line);
    }
}

void MarkdownSegmenter::takeProseLine(const Line& line) {
    if (isBlank(line.text)) {
        m_state.isAfterBlank = true;
        m_state.previousLine = -1;
        return;
    }
    if (openFence(line) || openTable(line)) {
        return;
    }
    const int indent = indentOf(line.text);
    const bool isItem = startsListItem(line.text);
    const bool isItemContent = m_state.isInList && indent >= 2;
    // Behind a fence within an item the rest of the item is a segment of its own, which the next item ends.
    const bool isNextItem = isItem && m_state.mode == Mode::Prose && indent < m_segments.back().indent;
    if (m_state.mode == Mode::Between || (m_state.isAfterBlank && !isItemContent) || isNextItem) {
        m_state.isInList = isItemContent || isItem;
        openProse(line);
    } else {
        m_state.isInList = m_state.isInList || isItem;
        extend(line);
    }
    m_state.isAfterBlank = false;
    m_state.previousLine = line.text.contains(u'|') && indent < 2 ? line.begin : -1;
}

bool MarkdownSegmenter::openFence(const Line& line) {
    const QStringView text = line.text.trimmed();
    const QChar mark = text.isEmpty() ? QChar() : text.front();
    const int indent = indentOf(line.text);
    if ((mark != u'`' && mark != u'~') || (indent > 3 && !m_state.isInList)) {
        return false;
    }
    const qsizetype length = runLength(text, mark);
    const QStringView info = text.mid(length).trimmed();
    if (length < 3) {
        return !line.isWhole && info.isEmpty(); // may become a fence: not shown yet
    }
    if (mark == u'`' && info.contains(u'`')) {
        return false;
    }
    constexpr qsizetype kLongestName = 32;
    const qsizetype begin = std::min(m_text.size(), line.end() + 1);
    MarkdownSegment segment{.kind = SegmentKind::Code, .begin = begin, .end = begin};
    segment.indent = m_state.isInList || m_dialect == MarkdownDialect::PlainWithFences ? indent : 0;
    segment.language = info.mid(0, info.indexOf(u' ')).left(kLongestName).toString();
    m_segments.append(segment);
    m_state.mode = Mode::Code;
    m_state.fenceMark = mark;
    m_state.fenceLength = length;
    return true;
}

bool MarkdownSegmenter::openTable(const Line& line) {
    const qsizetype header = m_state.previousLine;
    if (header < 0 || m_state.mode != Mode::Prose || m_state.isAfterBlank || !isTableDelimiter(line.text)) {
        return false;
    }
    if (m_segments.back().begin == header) {
        m_segments.removeLast();
    } else {
        m_segments.back().end = header - 1;
    }
    m_segments.append({.kind = SegmentKind::Table, .begin = header, .end = line.end()});
    m_state.mode = Mode::Table;
    m_state.headerBegin = header;
    m_state.headerEnd = line.end() + 1;
    return true;
}

void MarkdownSegmenter::openProse(const Line& line) {
    const int indent = m_state.isInList ? indentOf(line.text) : 0;
    m_segments.append({.kind = SegmentKind::Prose, .begin = line.begin, .end = line.end(), .indent = indent});
    m_state.mode = Mode::Prose;
}

void MarkdownSegmenter::extend(const Line& line) {
    MarkdownSegment& last = m_segments.back();
    const qsizetype limit = last.kind == SegmentKind::Table ? kTableLimit : kSegmentLimit;
    if (line.end() - last.begin <= limit || last.end == last.begin) {
        last.end = line.end();
        return;
    }
    MarkdownSegment rest = last;
    rest.begin = line.begin;
    rest.end = line.end();
    rest.isContinued = true;
    if (rest.kind == SegmentKind::Table) {
        rest.headerBegin = m_state.headerBegin;
        rest.headerEnd = m_state.headerEnd;
    }
    m_segments.append(rest);
}
