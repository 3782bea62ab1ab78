// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class DownloadList;
class QLabel;
class QLineEdit;
class QUrl;
class Settings;

// Where models are looked for, with which access token, and how many come at once. The token holds until the program
// ends or another hub is chosen, and is written nowhere.
class HubOptions : public QWidget {
    Q_OBJECT

public:
    HubOptions(DownloadList& list, Settings& settings, QWidget* parent = nullptr);

private:
    void takeAddress();
    void warnOf(const QUrl& base);

    DownloadList& m_list;
    Settings& m_settings;
    QLineEdit* m_address;
    QLineEdit* m_token;
    QLabel* m_problem;
};
