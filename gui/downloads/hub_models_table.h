// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_listing.h"

#include <QAbstractTableModel>

// What a search found, in the hub's order. GUI thread.
class HubModelsTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Downloads, Updated, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    const HubModel& model(int row) const { return m_models[row]; }
    void setModels(const QList<HubModel>& models);

private:
    QList<HubModel> m_models;
};
