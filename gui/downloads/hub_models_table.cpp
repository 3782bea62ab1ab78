// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_models_table.h"

#include "gui/format.h"

#include <QLocale>

using namespace Qt::StringLiterals;

int HubModelsTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_models.size());
}

int HubModelsTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

void HubModelsTable::setModels(const QList<HubModel>& models) {
    beginResetModel();
    m_models = models;
    endResetModel();
}

QVariant HubModelsTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) {
        return {};
    }
    const HubModel& model = m_models[index.row()];
    if (role == Qt::TextAlignmentRole) {
        return int(Qt::AlignVCenter | (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight));
    }
    if (role == Qt::ToolTipRole && index.column() == Name) {
        return model.isGated ? tr("%1\nIts terms must be accepted on its page first.").arg(model.repo) : model.repo;
    }
    if (role == Qt::ToolTipRole && index.column() == Downloads) {
        return tr("%1 downloads in a month").arg(formatCount(model.downloads));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case Name:
        return model.repo;
    case Downloads:
        return formatParameters(model.downloads);
    case Updated:
        return model.updated.isValid() ? model.updated.date().toString(Qt::ISODate) : QString();
    }
    return {};
}

QVariant HubModelsTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return int(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Model");
    case Downloads:
        return tr("Downloads");
    case Updated:
        return tr("Updated");
    }
    return {};
}
