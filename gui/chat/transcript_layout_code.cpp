// SPDX-License-Identifier: GPL-3.0-or-later
// The part of TranscriptLayout that scrolls blocks of code sideways.
#include "gui/chat/transcript_layout.h"

#include <QTextDocument>

#include <algorithm>

namespace {

constexpr int kBarHeight = 6;                 // pixels, within the padding below the code
constexpr int kBarRoom = 3;                   // pixels, from the bar to the edge of the block
constexpr int kLeastHandle = 32;              // pixels: enough for a hand
constexpr qsizetype kLongestPastedLine = 300; // characters: from here on it is a paragraph

} // namespace

// What folds out under a notice is a sentence rather than code; and so is a pasted text whose lines are paragraphs.
bool TranscriptLayout::wrapsLines(BoxId id) const {
    const EntryKind kind = m_transcript.entry(id.row).kind;
    const MarkdownSegment& segment = box(id).segment;
    if (kind != EntryKind::Own || !segment.language.isEmpty()) {
        return kind == EntryKind::Notice;
    }
    const QString source = message(id.row).segmenter.source(segment);
    const auto lines = QStringView(source).split(u'\n');
    return std::any_of(lines.begin(), lines.end(), [](QStringView line) { return line.size() > kLongestPastedLine; });
}

int TranscriptLayout::firstOfCode(BoxId id) const {
    while (id.segment > 0 && box(id).segment.isContinued) {
        --id.segment;
    }
    return id.segment;
}

bool TranscriptLayout::isLastOfCode(BoxId id) const {
    const auto& segments = message(id.row).segmenter.segments();
    return id.segment + 1 >= segments.size() || !segments[id.segment + 1].isContinued;
}

int TranscriptLayout::longestLine(BoxId id) const {
    const auto& segments = message(id.row).segments;
    std::size_t at = firstOfCode(id);
    int longest = segments[at].lineWidth;
    for (++at; at < segments.size() && segments[at].segment.isContinued; ++at) {
        longest = std::max(longest, segments[at].lineWidth);
    }
    return longest;
}

int TranscriptLayout::mostCodeOffset(BoxId id) const {
    return box(id).isCode() ? std::max(0, longestLine(id) - documentRect(id).width()) : 0;
}

int TranscriptLayout::codeOffset(BoxId id) const {
    return std::min(mostCodeOffset(id), box({id.row, firstOfCode(id)}).codeOffset);
}

void TranscriptLayout::scrollCode(BoxId id, int offset) {
    m_messages[id.row]->segments[firstOfCode(id)].codeOffset = std::clamp(offset, 0, mostCodeOffset(id));
}

QPoint TranscriptLayout::textOrigin(BoxId id) const {
    return documentRect(id).topLeft() - QPoint(codeOffset(id), 0);
}

QRect TranscriptLayout::codeBarRect(BoxId id) const {
    if (!isLastOfCode(id) || mostCodeOffset(id) == 0) {
        return {};
    }
    const QRect text = documentRect(id);
    const int bottom = topOf(id) + box(id).height - kBarRoom;
    return {text.left(), bottom - kBarHeight, text.width(), kBarHeight};
}

QRect TranscriptLayout::codeHandleRect(BoxId id) const {
    const QRect bar = codeBarRect(id);
    const int most = mostCodeOffset(id);
    if (bar.isNull()) {
        return {};
    }
    const int width = std::clamp(bar.width() * bar.width() / (bar.width() + most), kLeastHandle, bar.width());
    const qint64 room = bar.width() - width;
    return {bar.left() + static_cast<int>(room * codeOffset(id) / most), bar.top(), width, bar.height()};
}
