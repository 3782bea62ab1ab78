// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/text_labels.h"

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

#include <algorithm>

namespace {

// Average characters.
constexpr int kLeastLine = 8;
constexpr int kUsualLine = 64; // what a line claims at most where others want room too
constexpr int kLeastSentence = 20;

int widthOf(const QLabel& label, int characters) {
    const QMargins margins = label.contentsMargins();
    return characters * label.fontMetrics().averageCharWidth() + margins.left() + margins.right();
}

void prepare(QLabel& label, const QString& accessibleName) {
    label.setTextFormat(Qt::PlainText);
    label.setTextInteractionFlags(Qt::TextSelectableByMouse);
    label.setAccessibleName(accessibleName);
}

// True: the tool tip is on its way, with the text before what was set as one.
bool showWhole(QLabel& label, QEvent& event, bool isCut) {
    if (event.type() != QEvent::ToolTip || !isCut)
        return false;
    const QString tip = label.toolTip();
    QToolTip::showText(static_cast<QHelpEvent&>(event).globalPos(),
        tip.isEmpty() ? label.text() : QString(label.text() + QLatin1Char('\n') + tip), &label);
    return true;
}

} // namespace

LineLabel::LineLabel(const QString& accessibleName, QWidget* parent) : QLabel(parent) {
    prepare(*this, accessibleName);
}

QSize LineLabel::sizeHint() const {
    const QSize whole = QLabel::sizeHint();
    return {std::min(whole.width(), widthOf(*this, kUsualLine)), whole.height()};
}

QSize LineLabel::minimumSizeHint() const {
    const QSize whole = QLabel::minimumSizeHint();
    return {std::min(whole.width(), widthOf(*this, kLeastLine)), whole.height()};
}

bool LineLabel::isCut() const {
    return fontMetrics().horizontalAdvance(text()) > contentsRect().width();
}

bool LineLabel::event(QEvent* event) {
    return showWhole(*this, *event, isCut()) || QLabel::event(event);
}

void LineLabel::paintEvent(QPaintEvent* event) {
    if (!isCut()) {
        QLabel::paintEvent(event);
        return;
    }
    QPainter painter(this);
    const QString line = fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
    style()->drawItemText(
        &painter, contentsRect(), static_cast<int>(alignment()), palette(), isEnabled(), line, foregroundRole());
}

SentenceLabel::SentenceLabel(const QString& accessibleName, QWidget* parent) : QLabel(parent) {
    prepare(*this, accessibleName);
    setWordWrap(true);
}

QSize SentenceLabel::minimumSizeHint() const {
    const QSize whole = QLabel::minimumSizeHint();
    return {std::min(whole.width(), widthOf(*this, kLeastSentence)), whole.height()};
}

bool SentenceLabel::event(QEvent* event) {
    return showWhole(*this, *event, QLabel::minimumSizeHint().width() > width()) || QLabel::event(event);
}

QLabel* makeHint(const QString& accessibleName, const QString& sentence) {
    auto* hint = new SentenceLabel(accessibleName);
    hint->setText(sentence);
    hint->setForegroundRole(QPalette::PlaceholderText);
    hint->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    hint->setContentsMargins(12, 12, 12, 12);
    return hint;
}
