// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>

// Scrolls a column of widgets up and down, and makes it as wide as itself. Has no frame, and leaves the focus to them.
class ColumnArea : public QScrollArea {
public:
    explicit ColumnArea(QWidget* content, QWidget* parent = nullptr);
};
