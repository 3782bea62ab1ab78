// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/plot_area.h"

#include <QKeyEvent>

namespace {

constexpr double kKeyZoom = 1.5;
constexpr double kKeyPan = 0.25;

} // namespace

PlotArea::PlotArea(QWidget* content, QWidget* parent) : ColumnArea(content, parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Plots"));
    setAccessibleDescription(tr("Left and Right read values, plus and minus zoom, 0 goes back, P pauses"));
}

void PlotArea::keyPressEvent(QKeyEvent* event) {
    const int direction = event->key() == Qt::Key_Left ? -1 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
        if (event->modifiers().testFlag(Qt::ShiftModifier))
            emit panned(direction * kKeyPan);
        else
            emit stepped(direction);
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        emit zoomed(kKeyZoom);
        return;
    case Qt::Key_Minus:
        emit zoomed(1 / kKeyZoom);
        return;
    case Qt::Key_0:
        emit resetRequested();
        return;
    case Qt::Key_P:
        emit pauseRequested();
        return;
    default:
        ColumnArea::keyPressEvent(event);
    }
}
