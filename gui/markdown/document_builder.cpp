// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/markdown/document_builder.h"

#include "gui/markdown/markdown_document.h"

#include <QCoreApplication>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextDocumentFragment>
#include <QTextTable>

#include <algorithm>
#include <array>

namespace {

constexpr int kDeepestIndent = 8;     // levels of lists and quotes that still move to the right
constexpr int kListStep = 24;         // pixels per level of a list
constexpr qreal kParagraphGap = 8;    // pixels
constexpr unsigned kMostColumns = 48; // of a table that is laid out as one
constexpr unsigned kMostCells = 4096;

QString attributeText(const MD_ATTRIBUTE& attribute) {
    const QString text = QString::fromUtf8(attribute.text, attribute.size);
    return text.contains(u'&') ? QTextDocumentFragment::fromHtml(
                                     text.toHtmlEscaped().replace(QStringLiteral("&amp;"), QStringLiteral("&")))
                                     .toPlainText()
                               : text;
}

Qt::Alignment alignmentOf(MD_ALIGN align) {
    switch (align) {
    case MD_ALIGN_CENTER:
        return Qt::AlignHCenter;
    case MD_ALIGN_RIGHT:
        return Qt::AlignRight;
    case MD_ALIGN_DEFAULT:
    case MD_ALIGN_LEFT:
        break;
    }
    return Qt::AlignLeft;
}

// Lines are left to the person who paints: Qt's own take longer to lay out, and far longer to paint, than all the text.
QTextTableFormat tableFormat() {
    QTextTableFormat format;
    format.setBorder(0);
    format.setBorderCollapse(false);
    format.setCellPadding(kCellPadding);
    format.setCellSpacing(kTableLine);
    format.setHeaderRowCount(1);
    return format;
}

} // namespace

DocumentBuilder::DocumentBuilder(QTextDocument& document, const MarkdownStyle& style)
    : m_style(style), m_cursor(&document) {
    m_blockFormat.setForeground(style.text);
}

bool DocumentBuilder::build(const QString& markdown) {
    const QByteArray utf8 = markdown.toUtf8();
    MD_PARSER parser{};
    parser.flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTML | MD_FLAG_LATEXMATHSPANS;
    parser.enter_block = enterBlock;
    parser.leave_block = leaveBlock;
    parser.enter_span = enterSpan;
    parser.leave_span = leaveSpan;
    parser.text = takeText;
    m_cursor.beginEditBlock();
    const bool isComplete = md_parse(utf8.constData(), static_cast<MD_SIZE>(utf8.size()), &parser, this) == 0;
    m_cursor.endEditBlock();
    return isComplete;
}

int DocumentBuilder::enterBlock(MD_BLOCKTYPE type, void* detail, void* self) {
    auto& builder = *static_cast<DocumentBuilder*>(self);
    switch (type) {
    case MD_BLOCK_QUOTE:
        ++builder.m_quoteDepth;
        break;
    case MD_BLOCK_UL:
        builder.m_lists.append(List{});
        break;
    case MD_BLOCK_OL:
        builder.m_lists.append(List{true, static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start});
        break;
    case MD_BLOCK_LI:
        builder.openItem(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
        break;
    case MD_BLOCK_HR:
        builder.openRule();
        break;
    case MD_BLOCK_H:
        builder.openHeading(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
    case MD_BLOCK_CODE:
        builder.openCode();
        break;
    case MD_BLOCK_P:
        builder.openBlock(0, kParagraphGap);
        break;
    case MD_BLOCK_TABLE:
        return builder.openTable(*static_cast<MD_BLOCK_TABLE_DETAIL*>(detail)) ? 0 : 1;
    case MD_BLOCK_TR:
        ++builder.m_row;
        builder.m_column = -1;
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        builder.openCell(*static_cast<MD_BLOCK_TD_DETAIL*>(detail), type == MD_BLOCK_TH);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
        break;
    }
    return 0;
}

int DocumentBuilder::leaveBlock(MD_BLOCKTYPE type, void* /*detail*/, void* self) {
    auto& builder = *static_cast<DocumentBuilder*>(self);
    if (type == MD_BLOCK_QUOTE) {
        --builder.m_quoteDepth;
    } else if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) {
        builder.m_lists.removeLast();
    } else if (type == MD_BLOCK_LI && builder.m_pendingMarker) {
        builder.openBlock(0, 2); // an item without text still shows its marker
    } else if (type == MD_BLOCK_TABLE) {
        builder.closeTable();
    } else if (type == MD_BLOCK_CODE) {
        builder.m_isCode = false;
    }
    builder.m_needsBlock = true;
    return 0;
}

int DocumentBuilder::enterSpan(MD_SPANTYPE type, void* detail, void* self) {
    auto& builder = *static_cast<DocumentBuilder*>(self);
    if (builder.m_needsBlock) {
        builder.openBlock(0, 2);
    }
    QTextCharFormat format = builder.m_formats.isEmpty() ? builder.m_blockFormat : builder.m_formats.back();
    switch (type) {
    case MD_SPAN_EM:
        format.setFontItalic(true);
        break;
    case MD_SPAN_STRONG:
        format.setFontWeight(QFont::DemiBold);
        break;
    case MD_SPAN_DEL:
        format.setFontStrikeOut(true);
        break;
    case MD_SPAN_CODE:
    case MD_SPAN_LATEXMATH:
    case MD_SPAN_LATEXMATH_DISPLAY:
        format.setFontFamilies({builder.m_style.codeFont.family()});
        format.setFontFixedPitch(true);
        format.setBackground(builder.m_style.inlineCode);
        break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
    case MD_SPAN_WIKILINK:
    case MD_SPAN_U:
        break;
    }
    builder.m_formats.append(format);
    if (type == MD_SPAN_A) {
        builder.openLink(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
    } else if (type == MD_SPAN_IMG) {
        builder.openLink(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
        builder.insert(QCoreApplication::translate("DocumentBuilder", "Picture: ")); // never loaded
    }
    return 0;
}

int DocumentBuilder::leaveSpan(MD_SPANTYPE /*type*/, void* /*detail*/, void* self) {
    static_cast<DocumentBuilder*>(self)->m_formats.removeLast();
    return 0;
}

int DocumentBuilder::takeText(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
    auto& builder = *static_cast<DocumentBuilder*>(self);
    if (builder.m_needsBlock && !builder.m_isCode) {
        builder.openBlock(0, 2);
    }
    switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR: // models break verses and addresses with single line ends
        builder.insert(QString(QChar::LineSeparator));
        break;
    case MD_TEXT_ENTITY:
        builder.insert(attributeText({text, size, nullptr, nullptr}));
        break;
    case MD_TEXT_NULLCHAR:
        builder.insert(QString(QChar::ReplacementCharacter));
        break;
    case MD_TEXT_CODE:
        builder.insertLines(QString::fromUtf8(text, size));
        break;
    case MD_TEXT_NORMAL:
    case MD_TEXT_HTML:
    case MD_TEXT_LATEXMATH:
        builder.insert(QString::fromUtf8(text, size));
        break;
    }
    return 0;
}

void DocumentBuilder::openItem(const MD_BLOCK_LI_DETAIL& detail) {
    if (m_pendingMarker) {
        openBlock(0, 2);
    }
    List& list = m_lists.back();
    QString marker = QStringLiteral("\u2022 ");
    if (detail.is_task != 0) {
        marker = detail.task_mark == ' ' ? QStringLiteral("\u2610 ") : QStringLiteral("\u2611 ");
    } else if (list.isOrdered) {
        marker = QString::number(list.next) + QStringLiteral(". ");
    }
    ++list.next;
    m_pendingMarker = marker;
    m_needsBlock = true;
}

QString DocumentBuilder::takeMarker() {
    const QString marker = m_pendingMarker.value_or(QString());
    m_pendingMarker.reset();
    return marker;
}

// Starts a paragraph where lists and quotes put it; a list item's marker hangs at its left.
void DocumentBuilder::openBlock(qreal top, qreal bottom) {
    const int listDepth = std::min(static_cast<int>(m_lists.size()), kDeepestIndent);
    const int quoteDepth = std::min(m_quoteDepth, kDeepestIndent);
    const QString marker = takeMarker();
    QTextBlockFormat format;
    format.setTopMargin(top);
    format.setBottomMargin(m_table != nullptr ? 0 : listDepth > 0 ? std::min<qreal>(bottom, 4) : bottom);
    format.setLeftMargin(quoteDepth * kQuoteStep + listDepth * kListStep);
    format.setLineHeight(m_isCode || m_table != nullptr ? 100 : kTextLineHeight, QTextBlockFormat::ProportionalHeight);
    if (quoteDepth > 0) {
        format.setProperty(kQuoteDepthProperty, quoteDepth);
    }
    if (!marker.isEmpty()) {
        format.setTextIndent(-QFontMetricsF(m_style.font).horizontalAdvance(marker));
    }
    m_blockFormat = QTextCharFormat();
    m_blockFormat.setForeground(quoteDepth > 0 ? m_style.mutedText : m_style.text);
    if (m_isFreshBlock) {
        m_cursor.setBlockFormat(format);
        if (m_table == nullptr) { // the first block's character format is also that of its cell
            m_cursor.setBlockCharFormat(m_blockFormat);
        }
    } else {
        m_cursor.insertBlock(format, m_blockFormat);
    }
    m_isFreshBlock = false;
    m_needsBlock = false;
    if (!marker.isEmpty()) {
        m_cursor.insertText(marker, m_blockFormat);
    }
}

void DocumentBuilder::openHeading(unsigned level) {
    constexpr std::array<double, 6> kScale = {1.5, 1.3, 1.15, 1.05, 1.0, 1.0};
    openBlock(m_cursor.atStart() ? 0 : 10, 6);
    m_blockFormat.setFontWeight(QFont::DemiBold);
    m_blockFormat.setFontPointSize(QFontInfo(m_style.font).pointSizeF() * kScale[std::clamp(level, 1U, 6U) - 1]);
}

void DocumentBuilder::openRule() {
    openBlock(4, kParagraphGap);
    QTextBlockFormat format = m_cursor.blockFormat();
    format.setProperty(kRuleProperty, true);
    m_cursor.setBlockFormat(format);
}

// Code that is not fenced at the top level (indented, or in a quote); the fenced has segments of its own.
void DocumentBuilder::openCode() {
    m_isCode = true;
    openBlock(0, kParagraphGap);
    QTextBlockFormat format = m_cursor.blockFormat();
    format.setBackground(m_style.codeBackground);
    m_cursor.setBlockFormat(format);
    m_blockFormat.setFontFamilies({m_style.codeFont.family()});
    m_blockFormat.setFontFixedPitch(true);
    m_blockFormat.setFontPointSize(m_style.codeFont.pointSizeF());
}

bool DocumentBuilder::openTable(const MD_BLOCK_TABLE_DETAIL& detail) {
    const unsigned rows = detail.head_row_count + detail.body_row_count;
    if (detail.col_count > kMostColumns || rows * detail.col_count > kMostCells || rows == 0 || m_table != nullptr) {
        return false;
    }
    takeMarker();
    m_table = m_cursor.insertTable(static_cast<int>(rows), static_cast<int>(detail.col_count), tableFormat());
    m_row = -1;
    return true;
}

void DocumentBuilder::openCell(const MD_BLOCK_TD_DETAIL& detail, bool isHeader) {
    ++m_column;
    if (m_row >= m_table->rows() || m_column >= m_table->columns()) {
        return; // md4c drops the surplus cells of a row, so this guards against its changes only
    }
    QTextTableCell cell = m_table->cellAt(m_row, m_column);
    QTextTableCellFormat format = cell.format().toTableCellFormat();
    if (isHeader || m_row % 2 == 0) {
        format.setBackground(isHeader ? m_style.tableHeader : m_style.tableStripe);
    }
    cell.setFormat(format);
    m_cursor = cell.firstCursorPosition();
    m_isFreshBlock = true;
    openBlock(0, 0);
    QTextBlockFormat block = m_cursor.blockFormat();
    block.setAlignment(alignmentOf(detail.align));
    block.setLeftMargin(0);
    m_cursor.setBlockFormat(block);
    if (isHeader) {
        m_blockFormat.setFontWeight(QFont::DemiBold);
    }
}

// Behind a table Qt keeps a block; whatever follows takes it.
void DocumentBuilder::closeTable() {
    m_cursor = m_table->lastCursorPosition();
    m_cursor.movePosition(QTextCursor::NextBlock);
    m_table = nullptr;
    m_isFreshBlock = true;
}

void DocumentBuilder::openLink(const MD_ATTRIBUTE& target) {
    const QString href = attributeText(target);
    if (!isSafeLink(href)) {
        return;
    }
    QTextCharFormat& format = m_formats.back();
    format.setAnchor(true);
    format.setAnchorHref(href);
    format.setForeground(m_style.link);
    format.setFontUnderline(true);
}

void DocumentBuilder::insert(const QString& text) {
    m_cursor.insertText(text, m_formats.isEmpty() ? m_blockFormat : m_formats.back());
}

// Lines of a code block are blocks of the same look; within a paragraph code has no line ends.
void DocumentBuilder::insertLines(const QString& text) {
    if (!m_isCode) {
        insert(text);
        return;
    }
    QString lines = text;
    insert(lines.replace(u'\n', QChar::LineSeparator));
}
