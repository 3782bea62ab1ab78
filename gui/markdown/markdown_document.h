// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/markdown/markdown_style.h"

#include <QTextFormat>

class QTextDocument;

// What the person who paints a document must draw under its text, as properties of its blocks; and the lines of tables.
inline constexpr int kQuoteDepthProperty = QTextFormat::UserProperty + 1; // int: bars at the left
inline constexpr int kRuleProperty = QTextFormat::UserProperty + 2;       // bool: a horizontal rule
inline constexpr int kQuoteStep = 16;                                     // pixels from one bar to the next
inline constexpr int kTableLine = 1;   // pixels left between the cells of a table, and round them
inline constexpr int kCellPadding = 6; // pixels
inline constexpr int kTextLineHeight = 118;                               // per cent of the font's own

// Each replaces the content of `document`. Nothing is loaded from anywhere, raw HTML stays text, and only links to
// http, https and mailto become anchors. Text that is too complex for a table is shown as its source.
void renderMarkdown(QTextDocument& document, const QString& markdown, const MarkdownStyle& style);
void renderPlainText(QTextDocument& document, const QString& text, const MarkdownStyle& style);
// `state`: of the highlighter, at the first line.
void renderCode(QTextDocument& document, const QString& code, const QString& language, HighlightState state,
    const MarkdownStyle& style);

// Whether a link may be opened.
bool isSafeLink(const QString& target);
