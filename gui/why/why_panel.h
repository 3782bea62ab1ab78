// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/why/reply_account.h"

#include <QWidget>

class QGridLayout;
class QLabel;

// Where the time of one reply went, as a waterfall: each part begins where the one above it ends; and a sentence that
// names what set the speed.
class WhyPanel : public QWidget {
    Q_OBJECT

public:
    explicit WhyPanel(QWidget* parent = nullptr);

    void showAccount(const ReplyAccountPointer& account); // null: none yet

private:
    class Bar;

    QWidget* makeContent();
    void showParts();

    ReplyAccountPointer m_account;
    QLabel* m_none = nullptr;
    QWidget* m_content = nullptr;
    QLabel* m_title = nullptr;
    QWidget* m_parts = nullptr;
    QGridLayout* m_rows = nullptr;
    QLabel* m_sentence = nullptr;
    QLabel* m_howMeasured = nullptr;
};
