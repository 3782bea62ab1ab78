// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/notice_bar.h"

#include "gui/icon.h"
#include "gui/text_labels.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

NoticeBar::NoticeBar(QWidget* parent) : QWidget(parent), m_label(new SentenceLabel(tr("Notice"))) {
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::AlternateBase);
    auto* sign = new QLabel;
    sign->setPixmap(lineIcon(QStringLiteral("problem")).pixmap(16, 16));
    auto* close = new QToolButton;
    close->setIcon(lineIcon(QStringLiteral("close")));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::StrongFocus);
    close->setAccessibleName(tr("Close this notice"));
    close->setToolTip(tr("Close this notice"));
    connect(close, &QToolButton::clicked, this, &NoticeBar::clear);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(sign, 0, Qt::AlignVCenter);
    layout->addWidget(m_label, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    hide();
}

void NoticeBar::addSentence(const QString& sentence) {
    if (!m_sentences.contains(sentence))
        m_sentences.append(sentence);
    m_label->setText(m_sentences.join(QLatin1Char('\n')));
    show();
    QAccessibleEvent spoken(m_label, QAccessible::Alert);
    QAccessible::updateAccessibility(&spoken);
}

void NoticeBar::removeSentence(const QString& sentence) {
    if (!m_sentences.removeOne(sentence))
        return;
    m_label->setText(m_sentences.join(QLatin1Char('\n')));
    setVisible(!m_sentences.isEmpty());
}

void NoticeBar::clear() {
    m_sentences.clear();
    hide();
}
