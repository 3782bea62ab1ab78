// SPDX-License-Identifier: GPL-3.0-or-later
// The part of FindPanel that makes its widgets.
#include "gui/downloads/find_panel.h"

#include "gui/downloads/hub_options.h"
#include "gui/icon.h"
#include "gui/text_labels.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace {

QTreeView* makeTable(QAbstractItemModel& model, const QString& accessibleName, int wide) {
    auto* view = new QTreeView;
    view->setModel(&model);
    view->setRootIsDecorated(false);
    view->setUniformRowHeights(true);
    view->setAllColumnsShowFocus(true);
    view->setTextElideMode(Qt::ElideMiddle);
    view->setAccessibleName(accessibleName);
    view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view->header()->setStretchLastSection(false);
    view->header()->setSectionsMovable(false);
    view->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    view->header()->setSectionResizeMode(wide, QHeaderView::Stretch);
    return view;
}

QVBoxLayout* makeColumn(QWidget* widget) {
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    return column;
}

} // namespace

void FindPanel::makeLayout() {
    auto* options = new HubOptions(m_list, m_settings);
    options->hide();
    QWidget* search = makeSearchRow();
    connect(m_options, &QToolButton::toggled, options, &QWidget::setVisible);
    m_pages = new QStackedWidget;
    m_pages->addWidget(makeModelsPage());
    m_pages->addWidget(makeItemsPage());
    m_hint = new SentenceLabel(tr("State of the search"));
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    auto* column = makeColumn(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addWidget(search);
    column->addWidget(options);
    column->addWidget(m_pages, 1);
    column->addWidget(m_hint);
}

QWidget* FindPanel::makeSearchRow() {
    m_search = new QLineEdit;
    m_search->setPlaceholderText(tr("Name, address, or user/model:Q4_K_M"));
    m_search->setClearButtonEnabled(true);
    m_search->addAction(lineIcon(u"search"_s), QLineEdit::LeadingPosition);
    m_search->setAccessibleName(tr("Find models on the hub"));
    m_search->setToolTip(tr("Words of a model's name, the address of its page or of a file, or user/model:Q4_K_M (Ctrl+D)"));
    connect(m_search, &QLineEdit::returnPressed, this, &FindPanel::go);
    m_go = new QPushButton(tr("Search"));
    m_go->setToolTip(tr("Asks the hub (Enter)"));
    connect(m_go, &QPushButton::clicked, this, &FindPanel::go);
    m_options = new QToolButton;
    m_options->setIcon(lineIcon(u"sliders"_s));
    m_options->setCheckable(true);
    m_options->setFocusPolicy(Qt::StrongFocus);
    m_options->setAccessibleName(tr("Settings of downloads"));
    m_options->setToolTip(tr("Address of the hub, access token, how many at once"));
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_search, 1);
    layout->addWidget(m_go);
    layout->addWidget(m_options);
    return row;
}

QWidget* FindPanel::makeModelsPage() {
    m_modelsView = makeTable(m_models, tr("Models on the hub"), HubModelsTable::Name);
    connect(m_modelsView, &QTreeView::activated, this,
        [this](const QModelIndex& index) { openModel(m_models.model(index.row()).repo); });
    return m_modelsView;
}

QWidget* FindPanel::makeItemsPage() {
    auto* back = new QPushButton(tr("Back"));
    back->setToolTip(tr("To what the search found"));
    connect(back, &QPushButton::clicked, this, [this] {
        showModels();
        m_modelsView->setFocus();
    });
    m_title = new LineLabel(tr("Model on the hub"));
    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(back);
    top->addWidget(m_title, 1);
    m_itemsView = makeTable(m_items, tr("Formats of the model"), HubItemsTable::Format);
    connect(m_itemsView->selectionModel(), &QItemSelectionModel::currentChanged, this, &FindPanel::showItem);
    connect(m_itemsView, &QTreeView::activated, this, [this] { m_download->click(); });
    m_reason = new SentenceLabel(tr("What it would do on this machine"));
    auto* page = new QWidget;
    QVBoxLayout* column = makeColumn(page);
    column->addLayout(top);
    column->addWidget(m_itemsView, 1);
    column->addWidget(m_reason);
    column->addWidget(makeFolderRow());
    return page;
}

QWidget* FindPanel::makeFolderRow() {
    m_folder = new LineLabel(tr("Folder of downloads"));
    auto* change = new QPushButton(lineIcon(u"folder"_s), tr("Folder…"));
    change->setToolTip(tr("Chooses where models are saved"));
    connect(change, &QPushButton::clicked, this, &FindPanel::chooseFolder);
    m_download = new QPushButton(lineIcon(u"load"_s), tr("Download"));
    connect(m_download, &QPushButton::clicked, this, &FindPanel::download);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_folder, 1);
    layout->addWidget(change);
    layout->addWidget(m_download);
    return row;
}
