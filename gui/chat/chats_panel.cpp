// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chats_panel.h"

#include "gui/chat/chat_archive.h"
#include "gui/icon.h"
#include "gui/text_labels.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace {

constexpr int kPathRole = Qt::UserRole;

} // namespace

ChatsPanel::ChatsPanel(ChatArchive& archive, QWidget* parent)
    : QWidget(parent), m_archive(archive), m_filter(new QLineEdit), m_list(new QTreeWidget), m_hint(new SentenceLabel),
      m_open(new QPushButton(tr("O&pen"))), m_remove(new QPushButton(tr("&Delete"))),
      m_undo(new QPushButton(tr("U&ndo"))) {
    buildLayout();
    connect(m_filter, &QLineEdit::textChanged, this, &ChatsPanel::filter);
    connect(m_list, &QTreeWidget::itemActivated, this, &ChatsPanel::openSelected);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &ChatsPanel::showSelection);
    connect(m_open, &QPushButton::clicked, this, &ChatsPanel::openSelected);
    connect(m_remove, &QPushButton::clicked, this, &ChatsPanel::removeSelected);
    connect(m_undo, &QPushButton::clicked, &m_archive, &ChatArchive::undoRemove);
    connect(&m_archive, &ChatArchive::changed, this, &ChatsPanel::fill);
    fill();
}

void ChatsPanel::buildLayout() {
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(lineIcon(u"search"_s), QLineEdit::LeadingPosition);
    m_filter->setAccessibleName(tr("Filter chats"));
    m_filter->setToolTip(tr("Shows the chats whose first words contain these"));
    m_list->setAccessibleName(tr("Chats"));
    m_list->setHeaderLabels({tr("First words"), tr("Set aside")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAllColumnsShowFocus(true);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_open);
    buttons->addWidget(m_remove);
    buttons->addStretch(1);
    buttons->addWidget(m_undo);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(8);
    column->addWidget(m_filter);
    column->addWidget(m_list, 1);
    column->addWidget(m_hint);
    column->addLayout(buttons);
}

void ChatsPanel::focusFilter() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

// The row keeps its place when what stood in it is gone.
void ChatsPanel::fill() {
    const int row = m_list->indexOfTopLevelItem(m_list->currentItem());
    const QString path = selectedPath();
    m_list->clear();
    const QDateTime now = QDateTime::currentDateTime();
    for (const EarlierChat& chat : m_archive.chats()) {
        auto* item = new QTreeWidgetItem(m_list, {chat.title, formatWhen(chat.when, now)});
        item->setData(0, kPathRole, chat.path);
        item->setToolTip(0, chat.title);
        item->setToolTip(1, QLocale().toString(chat.when, QLocale::LongFormat));
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        if (chat.path == path) {
            m_list->setCurrentItem(item);
        }
    }
    filter();
    if (row >= 0 && selectedPath().isEmpty()) {
        selectNear(row);
    }
}

// What is shown there, else the next, else the one before.
void ChatsPanel::selectNear(int row) {
    const int count = m_list->topLevelItemCount();
    int nearest = row;
    while (nearest < count && m_list->topLevelItem(nearest)->isHidden()) {
        ++nearest;
    }
    if (nearest >= count) {
        nearest = qMin(row, count) - 1;
        while (nearest >= 0 && m_list->topLevelItem(nearest)->isHidden()) {
            --nearest;
        }
    }
    m_list->setCurrentItem(m_list->topLevelItem(nearest)); // null where nothing is shown
}

void ChatsPanel::filter() {
    int shown = 0;
    for (int row = 0; row < m_list->topLevelItemCount(); ++row) {
        QTreeWidgetItem* item = m_list->topLevelItem(row);
        const bool isShown = item->text(0).contains(m_filter->text(), Qt::CaseInsensitive);
        item->setHidden(!isShown);
        shown += isShown ? 1 : 0;
    }
    const QString removed = m_archive.lastRemovedTitle();
    m_hint->setText(!removed.isEmpty()                 ? tr("Deleted: %1").arg(removed)
                    : m_list->topLevelItemCount() == 0 ? tr("A chat comes here when a new one is begun (Ctrl+N).")
                    : shown == 0                       ? tr("No chat contains “%1”.").arg(m_filter->text())
                                 : tr("Double click or Enter opens a chat; this one comes here."));
    m_undo->setEnabled(m_archive.canUndo());
    m_undo->setToolTip(m_archive.canUndo() ? tr("Brings back what was deleted last, till the window is closed")
                                           : tr("Nothing was deleted since the window was opened."));
    showSelection();
}

void ChatsPanel::showSelection() {
    const bool isAny = !selectedPath().isEmpty();
    m_open->setEnabled(isAny);
    m_remove->setEnabled(isAny);
    const QString why = tr("Select a chat first.");
    m_open->setToolTip(isAny ? tr("Goes on with the selected chat (Enter)") : why);
    m_remove->setToolTip(isAny ? tr("Deletes the selected chat (Delete); Undo brings it back") : why);
}

QString ChatsPanel::selectedPath() const {
    const QTreeWidgetItem* item = m_list->currentItem();
    return item == nullptr || item->isHidden() ? QString() : item->data(0, kPathRole).toString();
}

void ChatsPanel::openSelected() {
    const QString path = selectedPath();
    if (!path.isEmpty()) {
        emit openRequested(path);
    }
}

void ChatsPanel::removeSelected() {
    const QString path = selectedPath();
    if (!path.isEmpty()) {
        m_archive.remove(path);
    }
}

void ChatsPanel::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Delete && m_list->hasFocus()) {
        removeSelected();
    } else {
        QWidget::keyPressEvent(event);
    }
}

void ChatsPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    fill(); // the days have passed, and another program may have been at the files
}
