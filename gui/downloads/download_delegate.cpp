// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_delegate.h"

#include "gui/downloads/download_list.h"
#include "gui/theme.h"

#include <QApplication>
#include <QPainter>

namespace {

constexpr int kMargin = 8;
constexpr int kGap = 4;
constexpr int kBar = 4; // of the bar, whose room every row has

} // namespace

QSize DownloadDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& /*index*/) const {
    return {160, 2 * kMargin + 2 * option.fontMetrics.height() + 2 * kGap + kBar};
}

void DownloadDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem row = option;
    initStyleOption(&row, index);
    row.text.clear();
    const QStyle* style = row.widget != nullptr ? row.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &row, painter, row.widget);

    const bool isSelected = row.state.testFlag(QStyle::State_Selected);
    const ThemeColors colors = themeColors(row.palette);
    const auto state = static_cast<Download::State>(index.data(DownloadList::StateRole).toInt());
    const QColor text = row.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
    const QColor quiet = isSelected                          ? text
                         : state == Download::State::Failed ? colors.errorText
                                                             : colors.subtleText;
    const QRect place = row.rect.adjusted(kMargin, kMargin, -kMargin, -kMargin);
    const int line = row.fontMetrics.height();
    const auto write = [&](const QRect& where, const QString& what, const QColor& color, Qt::TextElideMode mode) {
        painter->setPen(color);
        painter->drawText(where, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
            row.fontMetrics.elidedText(what, mode, where.width()));
    };
    const QVariant share = index.data(DownloadList::ShareRole);
    const int inset = share.isValid() ? 0 : (kBar + kGap) / 2; // without a bar the two lines stand together
    painter->save();
    write({place.left(), place.top() + inset, place.width(), line}, index.data().toString(), text, Qt::ElideMiddle);
    if (share.isValid()) {
        const QRect bar(place.left(), place.top() + line + kGap, place.width(), kBar);
        const int done = static_cast<int>(share.toDouble() * bar.width());
        const bool isMoving = state == Download::State::Downloading || state == Download::State::Checking;
        painter->fillRect(bar, isSelected ? row.palette.color(QPalette::Dark) : colors.hairline);
        painter->fillRect(QRect(bar.topLeft(), QSize(done, kBar)),
            isSelected ? text : isMoving ? colors.accent : colors.subtleText);
    }
    write({place.left(), place.bottom() + 1 - line - inset, place.width(), line}, index.data(DownloadList::DetailRole).toString(),
        quiet, Qt::ElideRight);
    painter->restore();
}
