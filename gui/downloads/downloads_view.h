// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class DownloadList;
class QLabel;
class QListView;
class QPushButton;
class QToolButton;

// The list of downloads, and what can be done with the selected one. What would throw bytes away asks by the words on
// its own button and does it at the second press.
class DownloadsView : public QWidget {
    Q_OBJECT

public:
    explicit DownloadsView(DownloadList& list, QWidget* parent = nullptr);

    void select(int row);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    int row() const; // -1: none
    void showSelection();
    void toggle();
    void removeSelected();
    void setArmed(bool isArmed);

    DownloadList& m_list;
    QListView* m_view;
    QLabel* m_hint;
    QPushButton* m_toggle;
    QPushButton* m_verify;
    QPushButton* m_remove;
    QToolButton* m_folder;
    bool m_isArmed = false; // the next press deletes
};
