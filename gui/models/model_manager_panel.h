// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"
#include "gui/models/model_entry.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class ModelDetailsView;
class ModelManager;
class ModelTable;
class QComboBox;
class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QToolButton;
class Settings;

// The models dock: filter, watched folders, table, Load / Unload and the details of what is selected. Asks by signals;
// what is loaded it learns from the controller.
class ModelManagerPanel : public QWidget {
    Q_OBJECT

public:
    ModelManagerPanel(
        ModelManager& manager, EngineController& controller, Settings& settings, QWidget* parent = nullptr);

public slots:
    void focusFilter();
    void chooseFolder(); // opens a dialog; the chosen folder is watched

signals:
    void loadRequested(const QString& path);
    void unloadRequested();
    void selected(const std::optional<ModelEntry>& entry); // nullopt: none; again when it may have changed

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeTopRow();
    QWidget* makeTable();
    QWidget* makeLoadRow();
    void fillFolderMenu();
    void fillContextChoice();
    void showContextChoice();
    int columnWidth(int column) const;
    void fitColumns();
    void selectLoaded();
    void showSelection();
    void showHint();
    void activate(const QModelIndex& index);
    bool isInUse(const QString& path) const; // loaded, or being loaded
    int selectedRow() const;                 // of the manager; -1: none
    void loadOrUnload();

    ModelManager& m_manager;
    EngineController& m_controller;
    Settings& m_settings;
    QSortFilterProxyModel m_sorted;
    QLineEdit* m_filter = nullptr;
    QMenu* m_folderMenu = nullptr;
    ModelTable* m_table = nullptr;
    QLabel* m_hint = nullptr;
    QComboBox* m_context = nullptr;
    QPushButton* m_load = nullptr;
    ModelDetailsView* m_details = nullptr;
};
