// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;

// Sentences about something that went wrong beside the chat, above it, until they are closed. Hidden when there are
// none.
class NoticeBar : public QWidget {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget* parent = nullptr);

    void addSentence(const QString& sentence); // a sentence that is there already is not added again
    void removeSentence(const QString& sentence);
    void clear();

private:
    QStringList m_sentences;
    QLabel* m_label;
};
