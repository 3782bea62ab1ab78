// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"
#include "gui/tiermap/wire_rates.h"

#include <QWidget>

class QGridLayout;
class QLabel;

// One bar for every wire that carries weights of the model while a reply is written: how much it carries now, against
// what was measured of this machine, or else against the most that was seen.
class WireBars : public QWidget {
    Q_OBJECT

public:
    explicit WireBars(QWidget* parent = nullptr);

    void setModel(const LoadedModel& model);
    void showRates(const WireRates& rates);
    void showIdle();

private:
    class Bar;
    struct Row {
        strata::Wire wire = strata::Wire::Vram;
        double ceiling = 0.0; // bytes per second; 0: not measured
        double most = 0.0;    // that was seen
        Bar* bar = nullptr;
        QLabel* value = nullptr;
    };

    void addRow(strata::Wire wire, double ceiling);
    void show(Row& row, double bytesPerSecond);

    QGridLayout* m_grid;
    std::vector<Row> m_rows;
};

// Which wire bounds the speed of replies, by the forecast, and what would help; empty where no figures were measured.
QString boundSentence(const LoadedModel& model);
