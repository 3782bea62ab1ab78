// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class ChatArchive;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

// All conversations that were set aside, newest first: to be found, opened, and deleted.
class ChatsPanel : public QWidget {
    Q_OBJECT

public:
    explicit ChatsPanel(ChatArchive& archive, QWidget* parent = nullptr);

public slots:
    void focusFilter();

signals:
    void openRequested(const QString& path);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void buildLayout();
    void fill();
    void selectNear(int row);
    void filter();
    void showSelection();
    void openSelected();
    void removeSelected();
    QString selectedPath() const; // empty: none

    ChatArchive& m_archive;
    QLineEdit* m_filter;
    QTreeWidget* m_list;
    QLabel* m_hint;
    QPushButton* m_open;
    QPushButton* m_remove;
    QPushButton* m_undo;
};
