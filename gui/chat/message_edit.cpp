// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/message_edit.h"

#include "gui/focus_ring.h"

#include <QFileInfo>
#include <QKeyEvent>
#include <QMimeData>
#include <QScrollBar>
#include <QTextBlock>
#include <QUrl>

#include <algorithm>
#include <cmath>

namespace {

constexpr int kMostLines = 8;
// Qt lays out a line of text as a whole: from about here on a paste would be felt.
constexpr qsizetype kLongPaste = 16'000;

QString localTextFile(const QMimeData& source) {
    if (!source.hasUrls() || source.urls().size() != 1) {
        return {};
    }
    const QString path = source.urls().constFirst().toLocalFile();
    // A model or a folder is for the window, which loads or watches it.
    const bool isForWindow = path.endsWith(QStringLiteral(".gguf"), Qt::CaseInsensitive) || !QFileInfo(path).isFile();
    return isForWindow ? QString() : path;
}

} // namespace

MessageEdit::MessageEdit(QWidget* parent) : QPlainTextEdit(parent) {
    setAccessibleName(tr("Message"));
    setPlaceholderText(tr("Message"));
    setTabChangesFocus(true);
    setProperty(kShowsOwnFocus, true); // the composer marks the box round it
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(this, &QPlainTextEdit::textChanged, this, &MessageEdit::fitText);
}

int MessageEdit::lineCount() const {
    int lines = 0;
    for (QTextBlock block = document()->begin(); block.isValid() && lines <= kMostLines; block = block.next()) {
        lines += std::max(1, block.layout()->lineCount());
    }
    return lines;
}

QSize MessageEdit::sizeHint() const {
    const double margins = 2 * document()->documentMargin();
    const int lines = std::min(lineCount(), kMostLines);
    return {200, static_cast<int>(std::ceil(lines * QFontMetricsF(font()).lineSpacing() + margins))};
}

// As high as the text; while all of it fits there is nothing to scroll, so that no line hides.
void MessageEdit::fitText() {
    const bool isAllShown = lineCount() <= kMostLines;
    setVerticalScrollBarPolicy(isAllShown ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
    setFixedHeight(sizeHint().height());
    if (isAllShown) {
        verticalScrollBar()->setValue(0);
    }
}

void MessageEdit::resizeEvent(QResizeEvent* event) {
    QPlainTextEdit::resizeEvent(event);
    if (event->oldSize().width() != event->size().width()) {
        fitText(); // the lines break elsewhere
    } else if (lineCount() <= kMostLines) {
        verticalScrollBar()->setValue(0); // the scroll from before the box grew is stale
    }
}

void MessageEdit::keyPressEvent(QKeyEvent* event) {
    const bool isEnter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    const Qt::KeyboardModifiers held = event->modifiers() & ~Qt::KeypadModifier;
    if (isEnter && (held == Qt::ControlModifier || (m_sendsWithEnter && held == Qt::NoModifier))) {
        emit sendTyped();
    } else if (isEnter && held == Qt::ShiftModifier) {
        insertPlainText(QStringLiteral("\n")); // Qt would put a line separator, which is no end of a line elsewhere
    } else if (event->key() == Qt::Key_Escape) {
        emit escapeTyped();
    } else if (event->key() == Qt::Key_Up && held == Qt::NoModifier && document()->isEmpty()) {
        emit upTypedWhileEmpty();
    } else {
        QPlainTextEdit::keyPressEvent(event);
    }
}

bool MessageEdit::canInsertFromMimeData(const QMimeData* source) const {
    return source->hasUrls() ? !localTextFile(*source).isEmpty() : QPlainTextEdit::canInsertFromMimeData(source);
}

void MessageEdit::insertFromMimeData(const QMimeData* source) {
    const QString path = localTextFile(*source);
    if (!path.isEmpty()) {
        emit fileDropped(path);
    } else if (source->text().size() > kLongPaste) {
        emit longTextPasted(source->text());
    } else {
        QPlainTextEdit::insertFromMimeData(source);
    }
}
