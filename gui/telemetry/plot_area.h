// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/column_area.h"

// The plots, one under the other, as one stop of the Tab key: all of them share the moment that is read and the stretch
// of time that is shown, so that keys mean the same for each.
class PlotArea : public ColumnArea {
    Q_OBJECT

public:
    explicit PlotArea(QWidget* content, QWidget* parent = nullptr);

signals:
    void stepped(int direction); // -1: to an earlier moment
    void zoomed(double factor);  // 2: half as long
    void panned(double share);   // of the stretch that is shown; to later moments
    void resetRequested();
    void pauseRequested();

protected:
    void keyPressEvent(QKeyEvent* event) override;
};
