// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

// The table of models: while it has the keyboard, a line stands round the row that keys work on, which the colour of
// the selection alone would not tell.
class ModelTable : public QTreeView {
    Q_OBJECT

public:
    using QTreeView::QTreeView;
    using QTreeView::sizeHintForColumn;

protected:
    void drawRow(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
};
