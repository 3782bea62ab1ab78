// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_controller.h"

#include <QMainWindow>

class ChatView;
class ChatsPanel;
class DownloadList;
class DownloadsPanel;
class LoadChoices;
class MachineMeter;
class ModelBar;
class ModelManager;
class ModelManagerPanel;
class NoticeBar;
class QActionGroup;
class QDockWidget;
class QLineEdit;
class QMenu;
class RecentModels;
class Settings;
class StatusLine;

// The one window: builds docks and menus and connects them; decides nothing about models.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    // `builtInFolder` holds the models that come with the program, and may be empty; `chatFile` the open conversation.
    MainWindow(EngineController& controller, Settings& settings, const QString& builtInFolder, const QString& chatFile);

    ChatView& chat() { return *m_chat; }
    DownloadList& downloads() { return *m_downloads; }

    void showNotice(const QString& sentence); // until it is closed; nothing if empty
    void measureOnceIdle();                   // this machine, unless its figures are known

public slots:
    void loadModel(const QString& path); // with the context and device of the settings
    void openModel();                    // asks which
    void stop();                         // what is being loaded or written

protected:
    bool event(QEvent* event) override;
    void childEvent(QChildEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool focusNextPrevChild(bool isForward) override;

private:
    void makeCentre();
    void makeModelsDock();
    void makeRepliesDock();
    void makeChatsDock();
    void makeTierMapDock();
    void makeTelemetryDock();
    void makeDownloadsDock();
    void showDownloads();
    void makeWhyDock();
    void makeFileMenu();
    void makeModelMenu();
    void makeMeasureAction(QMenu* menu);
    void makeMeter();
    void makeChatMenu();
    void showChats();
    QLineEdit* focusedFilter() const; // null: none with something in it
    bool takesEscape() const;
    void escape(); // closes the keys, else clears the filter, else stops
    void makeViewMenu();
    void makeKeysDock();
    void addDock(QDockWidget* dock, Qt::DockWidgetArea area);
    void makeThemeMenu(QMenu* view);
    void makeRecentMenu(QMenu* file);
    void loadRecent(const QString& path);
    void connectEngine();
    QString chosenDevice();
    void reloadWithContext(quint32 contextTokens);
    void restoreLayout();
    void resetLayout();

    EngineController& m_controller;
    Settings& m_settings;
    ModelManager* m_manager;
    RecentModels* m_recent;
    LoadChoices* m_choices;
    ChatView* m_chat;
    ModelBar* m_bar = nullptr;
    ModelManagerPanel* m_models = nullptr;
    ChatsPanel* m_chats = nullptr;
    DownloadList* m_downloads = nullptr;
    DownloadsPanel* m_downloadsPanel = nullptr;
    NoticeBar* m_notices = nullptr;
    StatusLine* m_status = nullptr;
    MachineMeter* m_meter = nullptr;
    QDockWidget* m_keys = nullptr;
    QList<QDockWidget*> m_docks; // in the order of Ctrl+1, Ctrl+2, ..
    QByteArray m_standardLayout;
    QStringList m_ofThisModel; // notices that the next load, or none being there, makes untrue
};
