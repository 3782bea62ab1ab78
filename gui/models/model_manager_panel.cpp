// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_manager_panel.h"

#include "gui/format.h"
#include "gui/icon.h"
#include "gui/models/device_choice.h"
#include "gui/models/model_details_view.h"
#include "gui/models/model_manager.h"
#include "gui/models/model_table.h"
#include "gui/models/start_folder.h"
#include "gui/settings/setting_keys.h"
#include "gui/text_labels.h"

#include <QAction>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

namespace {

constexpr int kNameCharacters = 18; // room for a name, before another column gets any; its tooltip has the whole
constexpr int kColumnGap = 12;
constexpr int kSortSign = 16;

} // namespace

ModelManagerPanel::ModelManagerPanel(
    ModelManager& manager, EngineController& controller, Settings& settings, QWidget* parent)
    : QWidget(parent), m_manager(manager), m_controller(controller), m_settings(settings) {
    auto* upper = new QWidget;
    auto* upperLayout = new QVBoxLayout(upper);
    upperLayout->setContentsMargins(8, 8, 8, 8);
    upperLayout->setSpacing(8);
    upperLayout->addWidget(makeTopRow());
    upperLayout->addWidget(makeTable(), 1);
    m_hint = new SentenceLabel;
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    upperLayout->addWidget(m_hint);
    upperLayout->addWidget(makeLoadRow());

    m_details = new ModelDetailsView;
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(upper);
    splitter->addWidget(m_details);
    splitter->setSizes({1000, 1000}); // halves, whatever the height
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);

    connect(&m_manager, &ModelManager::foldersChanged, this, &ModelManagerPanel::showHint);
    connect(&m_manager, &ModelManager::scanned, this, &ModelManagerPanel::showHint);
    connect(&m_manager, &ModelManager::scanned, this, &ModelManagerPanel::showSelection);
    connect(&m_controller, &EngineController::stateChanged, this, &ModelManagerPanel::showSelection);
    connect(&m_manager, &ModelManager::loadedPathChanged, this, &ModelManagerPanel::selectLoaded);
    connect(&m_manager, &ModelManager::scanned, this, &ModelManagerPanel::selectLoaded);
    connect(&m_manager, &ModelManager::scanned, this, &ModelManagerPanel::fitColumns);
    connect(&m_manager, &ModelManager::dataChanged, this, [this](const QModelIndex& first, const QModelIndex& last) {
        if (first.column() != ModelManager::Fit)
            return;
        fitColumns();
        if (const int row = selectedRow(); row >= first.row() && row <= last.row())
            showSelection();
    });
    showHint();
    showSelection();
}

QWidget* ModelManagerPanel::makeTopRow() {
    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(lineIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    m_filter->setAccessibleName(tr("Filter models"));
    m_filter->setToolTip(tr("Shows the models that contain these words (Ctrl+L)"));
    connect(m_filter, &QLineEdit::textChanged, &m_sorted, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_filter, &QLineEdit::textChanged, this, &ModelManagerPanel::showHint);

    auto* folders = new QToolButton;
    folders->setIcon(lineIcon(QStringLiteral("folder-add")));
    folders->setText(tr("Folders"));
    folders->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    folders->setPopupMode(QToolButton::InstantPopup);
    folders->setFocusPolicy(Qt::StrongFocus);
    folders->setAccessibleName(tr("Watched folders"));
    folders->setToolTip(tr("Folders whose models are listed here"));
    m_folderMenu = new QMenu(folders);
    connect(m_folderMenu, &QMenu::aboutToShow, this, &ModelManagerPanel::fillFolderMenu);
    folders->setMenu(m_folderMenu);

    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_filter, 1);
    layout->addWidget(folders);
    return row;
}

QWidget* ModelManagerPanel::makeTable() {
    m_sorted.setSourceModel(&m_manager);
    m_sorted.setSortRole(ModelManager::ValueRole);
    m_sorted.setFilterKeyColumn(-1);
    m_sorted.setFilterCaseSensitivity(Qt::CaseInsensitive);

    m_table = new ModelTable;
    // Before the view hears of it, which would go on to another model that nobody chose.
    connect(&m_sorted, &QAbstractItemModel::rowsAboutToBeRemoved, this,
        [this](const QModelIndex& /*parent*/, int first, int last) {
            const int row = m_table->currentIndex().row();
            if (row >= first && row <= last)
                m_table->setCurrentIndex({});
        });
    m_table->setModel(&m_sorted);
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setSortingEnabled(true);
    m_table->setAllColumnsShowFocus(true);
    m_table->setTextElideMode(Qt::ElideMiddle); // what tells two names apart stands at their ends
    m_table->sortByColumn(ModelManager::Name, Qt::AscendingOrder);
    m_table->setAccessibleName(tr("Models"));
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // fitColumns leaves nothing to scroll to
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setSectionResizeMode(ModelManager::Name, QHeaderView::Stretch);
    for (int column = ModelManager::Name + 1; column < ModelManager::ColumnCount; ++column)
        m_table->header()->setSectionResizeMode(column, QHeaderView::Fixed);
    connect(m_table->header(), &QHeaderView::sortIndicatorChanged, this, &ModelManagerPanel::fitColumns);
    connect(m_table, &QTreeView::activated, this, &ModelManagerPanel::activate);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &ModelManagerPanel::showSelection);
    return m_table;
}

QWidget* ModelManagerPanel::makeLoadRow() {
    m_context = new QComboBox;
    m_context->setAccessibleName(tr("Context"));
    m_context->setToolTip(
        tr("How many tokens of conversation the model is given room for when it is loaded. More takes "
           "more memory."));
    fillContextChoice();
    connect(m_context, &QComboBox::activated, this,
        [this] { m_settings.set(setting::contextTokens, m_context->currentData().toInt()); });
    auto* label = new QLabel(tr("Conte&xt"));
    label->setBuddy(m_context);

    m_load = new QPushButton;
    connect(m_load, &QPushButton::clicked, this, &ModelManagerPanel::loadOrUnload);

    auto* row = new QWidget;
    auto* layout = new QGridLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(label, 0, 0);
    layout->addWidget(m_context, 0, 1);
    layout->setColumnStretch(2, 1);
    layout->addWidget(m_load, 0, 3);
    auto* device = new DeviceChoice(m_controller, m_settings);
    auto* deviceLabel = new QLabel(tr("De&vice"));
    deviceLabel->setBuddy(device);
    layout->addWidget(deviceLabel, 1, 0);
    layout->addWidget(device, 1, 1, 1, 3);
    const auto showDevice = [this, device, deviceLabel] {
        const bool isChoice = m_controller.devices().size() > 1;
        device->setVisible(isChoice);
        deviceLabel->setVisible(isChoice);
    };
    connect(&m_controller, &EngineController::devicesChanged, device, showDevice);
    showDevice();
    return row;
}

void ModelManagerPanel::fillContextChoice() {
    m_context->addItem(tr("Automatic"), 0);
    for (int tokens = 2048; tokens <= 131072; tokens *= 2)
        m_context->addItem(formatCount(static_cast<quint64>(tokens)), tokens);
    showContextChoice();
    connect(&m_settings, &Settings::changed, this, [this](QLatin1String key) {
        if (key == QLatin1String(setting::contextTokens.key))
            showContextChoice();
    });
}

// Other numbers than those of the list come from the tier map.
void ModelManagerPanel::showContextChoice() {
    const int tokens = m_settings.get(setting::contextTokens);
    if (m_context->findData(tokens) < 0) {
        int place = 1;
        while (place < m_context->count() && m_context->itemData(place).toInt() < tokens)
            ++place;
        m_context->insertItem(place, formatCount(static_cast<quint64>(tokens)), tokens);
    }
    m_context->setCurrentIndex(m_context->findData(tokens));
}

void ModelManagerPanel::fillFolderMenu() {
    m_folderMenu->clear();
    m_folderMenu->addAction(
        lineIcon(QStringLiteral("folder-add")), tr("&Add folder…"), this, &ModelManagerPanel::chooseFolder);
    if (m_manager.folders().isEmpty())
        return;
    m_folderMenu->addSeparator();
    for (const QString& folder : m_manager.folders()) {
        QMenu* menu = m_folderMenu->addMenu(lineIcon(QStringLiteral("folder")), formatPath(folder));
        menu->addAction(tr("Stop watching"), this, [this, folder] { m_manager.forgetFolder(folder); });
    }
}

void ModelManagerPanel::chooseFolder() {
    auto* dialog = new QFileDialog(this, tr("Add a folder of models"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setDirectory(startFolder(m_settings));
    connect(dialog, &QFileDialog::fileSelected, this,
        [this](const QString& folder) { rememberFolder(m_settings, folder); });
    connect(dialog, &QFileDialog::fileSelected, &m_manager, &ModelManager::watchFolder);
    dialog->open();
}

void ModelManagerPanel::focusFilter() {
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

int ModelManagerPanel::selectedRow() const {
    const QModelIndex index = m_sorted.mapToSource(m_table->currentIndex());
    return index.isValid() ? index.row() : -1;
}

// What header and rows of a column take; the style would keep room for a sign of sorting in each of them.
int ModelManagerPanel::columnWidth(int column) const {
    const QHeaderView* header = m_table->header();
    const QString title = m_sorted.headerData(column, Qt::Horizontal).toString();
    const int sign = header->sortIndicatorSection() == column ? kSortSign : 0;
    return kColumnGap + qMax(header->fontMetrics().horizontalAdvance(title) + sign, m_table->sizeHintForColumn(column));
}

// A narrow dock shows the first columns; making it wider brings the others. The details have them all.
void ModelManagerPanel::fitColumns() {
    QHeaderView* header = m_table->header();
    int left = m_table->viewport()->width() - fontMetrics().averageCharWidth() * kNameCharacters;
    for (int column = ModelManager::Name + 1; column < ModelManager::ColumnCount; ++column) {
        const int width = columnWidth(column);
        left -= width;
        header->setSectionHidden(column, left < 0);
        header->resizeSection(column, width);
    }
}

void ModelManagerPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitColumns();
}

// Until the person selects a row, the loaded model's is the interesting one.
void ModelManagerPanel::selectLoaded() {
    const int row = m_manager.rowOf(m_manager.loadedPath());
    if (row >= 0 && !m_table->currentIndex().isValid())
        m_table->setCurrentIndex(m_sorted.mapFromSource(m_manager.index(row, 0)));
}

bool ModelManagerPanel::isInUse(const QString& path) const {
    const auto state = m_controller.state();
    const bool isThere = state != EngineController::State::Empty && state != EngineController::State::Failed;
    return isThere && path == m_controller.lastLoad().path;
}

void ModelManagerPanel::showSelection() {
    const int row = selectedRow();
    m_details->showEntry(row < 0 ? std::nullopt : std::optional(m_manager.entry(row)),
        row < 0 ? std::nullopt : m_manager.forecast(row));
    emit selected(row < 0 ? std::nullopt : std::optional(m_manager.entry(row)));
    const bool inUse = row >= 0 && isInUse(m_manager.entry(row).path);
    m_load->setText(inUse ? tr("&Unload") : tr("&Load"));
    m_load->setIcon(lineIcon(inUse ? QStringLiteral("unload") : QStringLiteral("load")));
    const QString problem = row < 0 ? tr("Select a model first.") : m_manager.entry(row).problem;
    m_load->setEnabled(inUse || problem.isEmpty());
    m_load->setToolTip(inUse                ? tr("Gives its memory back")
                       : !problem.isEmpty() ? problem
                                            : tr("Loads the selected model (double click does too)"));
}

void ModelManagerPanel::showHint() {
    QStringList lines = m_manager.folderProblems();
    if (m_manager.folders().isEmpty())
        lines.append(tr("Add a folder that holds .gguf files, or drop one here. Nothing is copied or moved."));
    else if (m_manager.rowCount() == 0 && !m_manager.isScanning())
        lines.append(tr("There are no .gguf files in the watched folders."));
    else if (m_sorted.rowCount() == 0 && !m_filter->text().isEmpty())
        lines.append(tr("No model contains “%1”.").arg(m_filter->text()));
    m_hint->setText(lines.join(QLatin1Char('\n')));
    m_hint->setVisible(!lines.isEmpty());
}

void ModelManagerPanel::activate(const QModelIndex& index) {
    const int row = m_sorted.mapToSource(index).row();
    if (row >= 0 && m_manager.entry(row).problem.isEmpty() && !isInUse(m_manager.entry(row).path))
        emit loadRequested(m_manager.entry(row).path);
}

void ModelManagerPanel::loadOrUnload() {
    const int row = selectedRow();
    if (row < 0)
        return;
    const QString path = m_manager.entry(row).path;
    if (isInUse(path))
        emit unloadRequested();
    else
        emit loadRequested(path);
}
