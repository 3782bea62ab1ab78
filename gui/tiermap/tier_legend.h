// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/pass_schedule.h"

#include <QStringList>
#include <QWidget>

class QGridLayout;

// "graphics memory (VRAM) 22.1 GB, 106 blocks" for every tier that the plan uses.
QStringList tierTotals(const strata::Plan& plan);

// Says in words what the colours and textures of the map mean, with totals; only of those that are in it.
class TierLegend : public QWidget {
    Q_OBJECT

public:
    explicit TierLegend(QWidget* parent = nullptr);

    void setModel(const strata::Plan& plan, const strata::Schedule& decode);

private:
    void addRow(QWidget* swatch, const QString& label, const QString& value, const QString& toolTip);

    QGridLayout* m_rows;
};
