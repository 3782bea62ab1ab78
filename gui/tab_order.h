// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

class QWidget;

// What Tab visits in a window, as the eye meets it: rows from top to bottom, in each row from left to right (from right
// to left where one reads so). Whatever shares a parent stays together, so that one dock is done before the next one
// begins. Made from where things are now, since docks can be moved.
QList<QWidget*> tabOrder(const QWidget& window);

// Where Tab (or, if not `isForward`, Shift+Tab) leads from `from`, round the end if need be; null: nowhere.
QWidget* nextInTabOrder(const QWidget& window, const QWidget* from, bool isForward);
