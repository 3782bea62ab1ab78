// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_items_table.h"

#include "gui/downloads/hub_address.h"
#include "gui/format.h"
#include "gui/icon.h"

#include <QFont>

#include <algorithm>

using namespace Qt::StringLiterals;

int HubItemsTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

int HubItemsTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

void HubItemsTable::setItems(const QList<HubItem>& items, const MemoryNow& memory) {
    beginResetModel();
    m_items = items;
    m_outlooks.clear();
    for (const HubItem& item : items) {
        m_outlooks.append(outlookOfSize(item.bytes(), memory));
    }
    m_recommended = recommend(m_items, m_outlooks, memory);
    endResetModel();
}

// What was recommended stays so while nothing speaks against it: a mark that moves confuses.
void HubItemsTable::setOutlook(int row, const ModelOutlook& outlook) {
    m_outlooks[row] = outlook;
    const bool isRefused = outlook.fit == ModelOutlook::Fit::Refused || outlook.fit == ModelOutlook::Fit::Nowhere;
    if (isRefused && row == recommendedRow()) {
        m_recommended.reset();
    }
    emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

int HubItemsTable::rowOf(const HubReference& reference) const {
    for (int row = 0; row < rowCount(); ++row) {
        const HubItem& item = m_items[row];
        const bool hasFile = std::any_of(item.files.begin(), item.files.end(),
            [&](const HubFile& file) { return file.path == reference.path; });
        if (hasFile || (!reference.format.isEmpty() &&
                           item.format.compare(reference.format, Qt::CaseInsensitive) == 0)) {
            return row;
        }
    }
    return -1;
}

QString HubItemsTable::format(int row) const {
    const HubItem& item = m_items[row];
    const QString name = item.format.isEmpty() ? item.name : item.format;
    return item.files.size() > 1 ? tr("%1 (%2 parts)").arg(name).arg(item.files.size()) : name;
}

QVariant HubItemsTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const int row = index.row();
    const bool isRecommended = row == recommendedRow();
    const HubItem& item = m_items[row];
    switch (role) {
    case Qt::TextAlignmentRole:
        return int(Qt::AlignVCenter | (index.column() == Size ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::FontRole: {
        QFont font;
        font.setBold(isRecommended);
        return isRecommended && index.column() == Format ? QVariant(font) : QVariant();
    }
    case Qt::ToolTipRole:
        return QStringList({item.name, formatExactBytes(item.bytes()),
                               item.problem.isEmpty() ? m_outlooks[row].sentence : item.problem})
            .join(u'\n');
    case Qt::DecorationRole:
        return isRecommended && index.column() == Format ? QVariant(lineIcon(u"star"_s)) : QVariant();
    case Qt::AccessibleTextRole:
        if (isRecommended && index.column() == Format) {
            return tr("%1, recommended").arg(format(row));
        }
        return data(index, Qt::DisplayRole);
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case Format:
        return format(row);
    case Outlook:
        return item.problem.isEmpty() ? m_outlooks[row].text : tr("parts are missing");
    case Size:
        return formatBytes(item.bytes());
    }
    return {};
}

QVariant HubItemsTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return int(Qt::AlignVCenter | (section == Size ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Format:
        return tr("Format");
    case Outlook:
        return tr("On this machine");
    case Size:
        return tr("Size");
    }
    return {};
}
