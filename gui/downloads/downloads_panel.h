// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/model_outlook.h"

#include <QWidget>

#include <functional>

class DownloadList;
class FindPanel;
class Settings;

// The downloads dock: above, models are found; below, they come.
class DownloadsPanel : public QWidget {
    Q_OBJECT

public:
    DownloadsPanel(DownloadList& list, Settings& settings, std::function<MemoryNow()> memory, OutlookNow outlookNow,
        QWidget* parent = nullptr);

    QString folder() const; // where the next download goes

public slots:
    void focusSearch();

private:
    FindPanel* m_find;
};
