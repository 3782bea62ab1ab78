// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/downloads_view.h"

#include "gui/downloads/download_delegate.h"
#include "gui/downloads/download_list.h"
#include "gui/format.h"
#include "gui/icon.h"
#include "gui/text_labels.h"

#include <QDesktopServices>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QListView>
#include <QPushButton>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using State = Download::State;

DownloadsView::DownloadsView(DownloadList& list, QWidget* parent)
    : QWidget(parent), m_list(list), m_view(new QListView), m_hint(new SentenceLabel(tr("State of the download"))),
      m_toggle(new QPushButton), m_verify(new QPushButton(tr("Check"))), m_remove(new QPushButton),
      m_folder(new QToolButton) {
    m_view->setModel(&m_list);
    m_view->setItemDelegate(new DownloadDelegate(m_view));
    m_view->setAccessibleName(tr("Downloads"));
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setMinimumHeight(96);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_folder->setIcon(lineIcon(u"folder"_s));
    m_folder->setFocusPolicy(Qt::StrongFocus);
    m_folder->setAccessibleName(tr("Open folder"));
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (QPushButton* button : {m_toggle, m_verify, m_remove}) {
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    buttons->addWidget(m_folder);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_view, 1);
    column->addWidget(m_hint);
    column->addLayout(buttons);
    connect(m_toggle, &QPushButton::clicked, this, &DownloadsView::toggle);
    connect(m_verify, &QPushButton::clicked, this, [this] { m_list.verify(row()); });
    connect(m_remove, &QPushButton::clicked, this, &DownloadsView::removeSelected);
    connect(m_folder, &QPushButton::clicked, this,
        [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_list.download(row()).record.folder)); });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this] { setArmed(false); });
    connect(&m_list, &QAbstractItemModel::dataChanged, this, &DownloadsView::showSelection);
    connect(&m_list, &QAbstractItemModel::rowsInserted, this, &DownloadsView::showSelection);
    connect(&m_list, &QAbstractItemModel::rowsRemoved, this, [this] { setArmed(false); });
    if (m_list.rowCount() > 0) {
        select(0);
    }
    showSelection();
}

int DownloadsView::row() const {
    return m_view->currentIndex().isValid() ? m_view->currentIndex().row() : -1;
}

void DownloadsView::select(int row) {
    m_view->setCurrentIndex(m_list.index(row));
    m_view->scrollTo(m_list.index(row));
}

void DownloadsView::showSelection() {
    const bool isAny = row() >= 0;
    const QString none = tr("Select a download first.");
    for (QAbstractButton* button : QList<QAbstractButton*>{m_toggle, m_verify, m_remove, m_folder}) {
        button->setEnabled(isAny);
        button->setToolTip(none);
    }
    m_toggle->setText(tr("Pause"));
    m_toggle->setIcon(lineIcon(u"pause"_s));
    m_remove->setText(tr("Delete"));
    m_hint->setText(m_list.rowCount() == 0 ? tr("What you download is listed here, and kept if Strata is closed.") : QString());
    if (!isAny) {
        return;
    }
    const Download& download = m_list.download(row());
    const bool isStopped = download.state == State::Paused || download.state == State::Failed;
    const bool isWhole = download.record.isComplete;
    if (isStopped) {
        m_toggle->setText(download.state == State::Failed ? tr("Try again") : tr("Resume"));
        m_toggle->setIcon(lineIcon(u"load"_s));
    }
    m_toggle->setEnabled(download.state != State::Complete && !(isWhole && isStopped));
    m_toggle->setToolTip(!m_toggle->isEnabled() ? tr("It is complete.")
                         : isStopped            ? tr("Goes on with what is there already")
                                                : tr("What has come so far is kept"));
    m_verify->setEnabled(isWhole && !download.isRunning() && download.state != State::Queued);
    m_verify->setToolTip(m_verify->isEnabled() ? tr("Reads the files and compares them with the checksums of the hub")
                         : isWhole             ? tr("It is being checked.")
                                               : tr("Only what is complete can be checked."));
    m_remove->setToolTip(isWhole ? tr("Moves the model's files to the trash, or deletes them where there is none (Delete)")
                                 : tr("Deletes what has come so far (Delete)"));
    m_folder->setToolTip(tr("Opens %1").arg(formatPath(download.record.folder)));
    if (m_isArmed) {
        m_remove->setText(isWhole ? tr("Delete %1?").arg(formatBytes(download.record.bytes()))
                                  : tr("Discard %1?").arg(formatBytes(download.progress.doneBytes)));
    }
    m_hint->setText(m_list.index(row()).data(DownloadList::DetailRole).toString()); // whole, and to be copied
}

void DownloadsView::toggle() {
    const State state = m_list.download(row()).state;
    if (state == State::Paused || state == State::Failed) {
        m_list.resume(row());
    } else {
        m_list.pause(row());
    }
}

void DownloadsView::removeSelected() {
    if (!m_isArmed) {
        setArmed(true);
        return;
    }
    m_list.remove(row());
    setArmed(false);
}

void DownloadsView::setArmed(bool isArmed) {
    m_isArmed = isArmed;
    showSelection();
}

void DownloadsView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Delete && m_view->hasFocus() && row() >= 0) {
        removeSelected();
        m_remove->setFocus(); // where the question stands
    } else {
        QWidget::keyPressEvent(event);
    }
}
