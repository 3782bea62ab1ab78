// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class DownloadList;
class QLabel;
class QLineEdit;
class Settings;

// Where models are looked for, with which access token, and how many come at once. The token holds until the program
// ends and is written nowhere.
class HubOptions : public QWidget {
    Q_OBJECT

public:
    HubOptions(DownloadList& list, Settings& settings, QWidget* parent = nullptr);

private:
    void takeAddress();

    DownloadList& m_list;
    Settings& m_settings;
    QLineEdit* m_address;
    QLabel* m_problem;
};
