// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_curves.h"

#include <QWidget>

#include <vector>

class LivePlot;
class QGridLayout;
class QLabel;

// One plot with its title and its legend: a row for every curve with its source and its value. Or, where there is
// nothing to plot, a sentence that says why.
class PlotBox : public QWidget {
    Q_OBJECT

public:
    explicit PlotBox(Plot plot, QWidget* parent = nullptr);

    Plot kind() const { return m_kind; }
    LivePlot& plot() { return *m_plot; }
    void setCurves(const std::vector<Curve>& curves);
    void setAbsence(const QString& sentence); // empty: the plot is there
    void setNotice(const QString& sentence);  // above the plot; empty: none
    void setHasBoard(bool hasBoard);          // else curves of a board say so
    void showValues(const Sample& values);
    bool isPlotShown() const { return m_isPlotShown; }

private:
    struct Row {
        Curve curve;
        QLabel* value = nullptr;
    };
    void addRow(Curve curve);
    void arrange();
    QString unknownText(Curve curve) const;

    Plot m_kind;
    LivePlot* m_plot;
    QLabel* m_absence;
    QLabel* m_notice;
    QWidget* m_legend;
    QGridLayout* m_grid;
    std::vector<Row> m_rows;
    bool m_isPlotShown = true;
    bool m_hasBoard = true;
};
