// SPDX-License-Identifier: GPL-3.0-or-later
// The part of MainWindow that makes the downloads dock.
#include "gui/main_window.h"

#include "gui/downloads/download_list.h"
#include "gui/downloads/downloads_panel.h"
#include "gui/downloads/planned_outlook.h"
#include "gui/models/load_choices.h"
#include "gui/models/model_manager.h"
#include "gui/notice_bar.h"

#include <QChildEvent>
#include <QDockWidget>
#include <QTabBar>

void MainWindow::makeDownloadsDock() {
    m_downloads = new DownloadList(m_settings, {}, {}, this);
    const auto memory = [this] { return memoryOf(m_choices->machine()); };
    m_downloadsPanel = new DownloadsPanel(*m_downloads, m_settings, memory, [this] {
        return [machine = m_choices->machine(), wish = m_choices->command({}), folder = m_downloadsPanel->folder()](
                   const QString& header) { return plannedOutlook(header, folder, machine, wish); };
    });
    connect(m_downloads, &DownloadList::told, m_notices, &NoticeBar::addSentence);
    connect(m_downloads, &DownloadList::completed, m_manager, [this](const DownloadRecord& record) {
        m_manager->watchFolder(record.folder); // where it is not watched already
        m_manager->rescan();
    });
    connect(m_downloads, &DownloadList::removed, m_manager, &ModelManager::rescan);
    auto* dock = new QDockWidget(tr("Downloads"));
    dock->setObjectName(QStringLiteral("downloads"));
    dock->setWidget(m_downloadsPanel);
    addDock(dock, Qt::LeftDockWidgetArea);
    tabifyDockWidget(m_docks.first(), dock);
    dock->hide(); // the Model menu opens it
}

void MainWindow::showDownloads() {
    auto* dock = qobject_cast<QDockWidget*>(m_downloadsPanel->parentWidget());
    dock->show();
    dock->raise();
    m_downloadsPanel->focusSearch();
}

// Docks that lie over one another have tabs, which Qt makes. The keys of the docks reach the same.
void MainWindow::childEvent(QChildEvent* event) {
    QMainWindow::childEvent(event);
    auto* tabs = event->polished() ? qobject_cast<QTabBar*>(event->child()) : nullptr;
    if (tabs != nullptr) {
        tabs->setFocusPolicy(Qt::NoFocus);
        tabs->setAccessibleName(tr("Docks that share a place"));
    }
}
