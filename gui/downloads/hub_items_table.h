// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_address.h"
#include "gui/downloads/model_outlook.h"

#include <QAbstractTableModel>

// What can be downloaded of one model, smallest first, and what each would do on this machine. GUI thread.
class HubItemsTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Format, Outlook, Size, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    const HubItem& item(int row) const { return m_items[row]; }
    const ModelOutlook& outlook(int row) const { return m_outlooks[row]; }
    int recommendedRow() const { return m_recommended ? m_recommended->row : -1; } // -1: none
    QString reason() const { return m_recommended ? m_recommended->reason : QString(); }
    int rowOf(const HubReference& reference) const; // -1: none

    void setItems(const QList<HubItem>& items, const MemoryNow& memory);
    void setOutlook(int row, const ModelOutlook& outlook);

private:
    QString format(int row) const;

    QList<HubItem> m_items;
    QList<ModelOutlook> m_outlooks;
    std::optional<Recommendation> m_recommended;
};
