// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_table.h"

#include <QPainter>

namespace {

constexpr int kLineWidth = 2;

} // namespace

void ModelTable::drawRow(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QTreeView::drawRow(painter, option, index);
    if (!hasFocus() || index.row() != currentIndex().row())
        return;
    painter->save();
    painter->setPen(QPen(palette().color(QPalette::Text), kLineWidth, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter->setBrush(Qt::NoBrush);
    const QRect row(0, option.rect.top(), viewport()->width(), option.rect.height());
    painter->drawRect(row.adjusted(1, 1, -1, -1));
    painter->restore();
}

void ModelTable::focusInEvent(QFocusEvent* event) {
    QTreeView::focusInEvent(event);
    viewport()->update();
}

void ModelTable::focusOutEvent(QFocusEvent* event) {
    QTreeView::focusOutEvent(event);
    viewport()->update();
}
