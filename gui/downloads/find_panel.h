// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/download_record.h"
#include "gui/downloads/header_probe.h"
#include "gui/downloads/hub_client.h"
#include "gui/downloads/hub_items_table.h"
#include "gui/downloads/hub_models_table.h"

#include <QHash>
#include <QTimer>
#include <QWidget>

#include <functional>

class DownloadList;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QToolButton;
class QTreeView;
class Settings;

// Finds models on the hub, lists the files of one, says what each would do here, and hands the chosen one to the list
// of downloads. Asks the hub nothing before the person does.
class FindPanel : public QWidget {
    Q_OBJECT

public:
    using Memory = std::function<MemoryNow()>;

    FindPanel(DownloadList& list, Settings& settings, Memory memory, OutlookNow outlookNow,
        QWidget* parent = nullptr);

    void focusSearch();
    QString folder() const; // where the next download goes

signals:
    void chosen(const DownloadRecord& record);

private:
    void makeLayout();
    QWidget* makeSearchRow();
    QWidget* makeModelsPage();
    QWidget* makeItemsPage();
    QWidget* makeFolderRow();
    void go();
    void openModel(const QString& repo);
    void takeModels(const QList<HubModel>& models);
    void takeRepo(const HubRepo& repo, const HubReference& reference);
    void takeFailure(const QString& sentence);
    void showModels();
    void showItem();
    void probe(int row);
    void takeOutlook(const ModelOutlook& outlook);
    void chooseFolder();
    void download();
    int itemRow() const; // -1: none
    void say(const QString& sentence);

    DownloadList& m_list;
    Settings& m_settings;
    Memory m_memory;
    HubClient m_client;
    HeaderProbe m_probe;
    HubModelsTable m_models;
    HubItemsTable m_items;
    HubRepo m_repo;
    int m_probed = -1; // row whose header is being read
    QTimer m_probeSoon;
    QLineEdit* m_search = nullptr;
    QPushButton* m_go = nullptr;
    QToolButton* m_options = nullptr;
    QStackedWidget* m_pages = nullptr;
    QTreeView* m_modelsView = nullptr;
    QTreeView* m_itemsView = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_reason = nullptr;
    QLabel* m_folder = nullptr;
    QLabel* m_hint = nullptr;
    QPushButton* m_download = nullptr;
};
