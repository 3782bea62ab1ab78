// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/downloads_panel.h"

#include "gui/downloads/download_list.h"
#include "gui/downloads/downloads_view.h"
#include "gui/downloads/find_panel.h"

#include <QSplitter>
#include <QVBoxLayout>

DownloadsPanel::DownloadsPanel(DownloadList& list, Settings& settings, std::function<MemoryNow()> memory,
    OutlookNow outlookNow, QWidget* parent)
    : QWidget(parent), m_find(new FindPanel(list, settings, std::move(memory), std::move(outlookNow))) {
    auto* downloads = new DownloadsView(list);
    connect(m_find, &FindPanel::chosen, downloads,
        [&list, downloads](const DownloadRecord& record) { downloads->select(list.add(record)); });
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_find);
    splitter->addWidget(downloads);
    splitter->setSizes({600, 400});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
}

QString DownloadsPanel::folder() const {
    return m_find->folder();
}

void DownloadsPanel::focusSearch() {
    m_find->focusSearch();
}
