// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_manager.h"

#include "gui/format.h"
#include "gui/icon.h"
#include "gui/models/model_scanner.h"
#include "gui/names_apart.h"
#include "gui/settings/setting_keys.h"

#include <QDir>
#include <QFileInfo>
#include <QSet>

#include <algorithm>

namespace {

constexpr int kMaxWatchedPaths = 1000; // each takes a handle of the operating system

using FileState = ModelEntry::FileState;

// What a row says about a file that is not what was loaded; empty: nothing.
QString fileNote(FileState state) {
    switch (state) {
    case FileState::There:
        return {};
    case FileState::Gone:
        return ModelManager::tr("file is gone; still in memory until unloaded");
    case FileState::Changed:
        return ModelManager::tr("file was changed; in memory as it was until unloaded");
    }
    return {};
}

QString lossSentence(const ModelEntry& entry) {
    return entry.fileState == FileState::Gone
               ? ModelManager::tr("The file of %1 is gone: %2 was moved, renamed or deleted. The model stays in memory "
                                  "until you unload it.")
                     .arg(entry.name, formatPath(entry.path))
               : ModelManager::tr("The file of %1 was changed: %2. The model stays in memory as it was until you "
                                  "unload it.")
                     .arg(entry.name, formatPath(entry.path));
}

bool isNumber(int column) {
    return column != ModelManager::Name && column != ModelManager::Architecture && column != ModelManager::Format &&
           column != ModelManager::Fit;
}

} // namespace

ModelManager::ModelManager(Settings& settings, const QString& builtInFolder, QObject* parent)
    : QAbstractTableModel(parent), m_settings(settings), m_builtInFolder(builtInFolder),
      m_scanner(new ModelScanner(this)) {
    m_rescanSoon.setSingleShot(true);
    m_rescanSoon.setInterval(300); // copying a file changes its folder many times
    connect(&m_rescanSoon, &QTimer::timeout, this, &ModelManager::rescan);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, &m_rescanSoon, qOverload<>(&QTimer::start));
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, &m_rescanSoon, qOverload<>(&QTimer::start));
    connect(m_scanner, &ModelScanner::entryRead, this, &ModelManager::takeEntry);
    connect(m_scanner, &ModelScanner::finished, this, &ModelManager::takeScan);
    rescan();
}

int ModelManager::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int ModelManager::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ModelManager::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const ModelEntry& entry = m_entries[index.row()];
    const bool isLoaded = entry.path == m_loadedPath;
    switch (role) {
    case Qt::DisplayRole:
        return text(entry, index.column());
    case ValueRole:
        return value(entry, index.column());
    case PathRole:
        return entry.path;
    case Qt::ToolTipRole:
        return toolTip(entry, index.column());
    case Qt::TextAlignmentRole:
        return int(Qt::AlignVCenter | (isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::DecorationRole:
        if (index.column() != Name || (!isLoaded && entry.problem.isEmpty()))
            return {};
        return lineIcon(
            isLoaded && entry.fileState == FileState::There ? QStringLiteral("loaded") : QStringLiteral("problem"));
    case Qt::AccessibleTextRole:
        if (index.column() == Name && entry.fileState != FileState::There)
            return tr("%1, loaded, %2").arg(fullName(entry), fileNote(entry.fileState));
        if (index.column() == Name && isLoaded)
            return tr("%1, loaded").arg(fullName(entry));
        return index.column() == Name && !entry.problem.isEmpty()
                   ? tr("%1, can't be loaded: %2").arg(fullName(entry), entry.problem)
                   : text(entry, index.column());
    }
    return {};
}

QVariant ModelManager::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignVCenter | (isNumber(section) ? Qt::AlignRight : Qt::AlignLeft));
    // Short, so that a dock of common width shows all columns.
    const bool isFull = role == Qt::ToolTipRole || role == Qt::AccessibleTextRole;
    if (role != Qt::DisplayRole && !isFull)
        return {};
    switch (section) {
    case Name:
        return tr("Name");
    case Size:
        return tr("Size");
    case Fit:
        return isFull ? tr("Which memory the model needs on this machine: a forecast") : tr("Memory");
    case Speed:
        return isFull ? tr("How fast it would write on this machine: a forecast") : tr("Speed");
    case Format:
        return tr("Format");
    case Parameters:
        return isFull ? tr("Parameters") : tr("Params");
    case Context:
        return isFull ? tr("Context: the most tokens that the model can keep in mind") : tr("Context");
    case Architecture:
        return isFull ? tr("Architecture") : tr("Arch.");
    }
    return {};
}

QVariant ModelManager::text(const ModelEntry& entry, int column) const {
    switch (column) {
    case Name:
        return entry.fileState == FileState::Gone      ? tr("%1 (file is gone)").arg(fullName(entry))
               : entry.fileState == FileState::Changed ? tr("%1 (file was changed)").arg(fullName(entry))
                                                       : fullName(entry);
    case Size:
        return formatBytes(entry.fileBytes);
    case Fit:
    case Speed:
        return forecastCell(entry, column);
    case Format:
        return entry.isVocabularyOnly ? tr("vocabulary") : QString::fromStdString(entry.summary.format);
    case Parameters:
        return entry.summary.parameterCount == 0 ? QString() : formatParameters(entry.summary.parameterCount);
    case Context:
        return entry.summary.trainedContext == 0 ? QString() : formatCount(entry.summary.trainedContext);
    case Architecture:
        return QString::fromStdString(entry.summary.architecture);
    }
    return {};
}

QString ModelManager::fullName(const ModelEntry& entry) const {
    const QString apart = m_apart.value(entry.path);
    return apart.isEmpty() ? entry.name : QString(entry.name + QStringLiteral(" · ") + apart);
}

void ModelManager::tellNamesApart() {
    QList<NamedFile> files;
    for (const ModelEntry& entry : m_entries)
        files.append({entry.name, entry.path});
    const QStringList apart = namesApart(files);
    for (int row = 0; row < rowCount(); ++row) {
        QString& former = m_apart[m_entries[row].path];
        if (former == apart[row])
            continue;
        former = apart[row];
        emit dataChanged(index(row, Name), index(row, Name));
    }
}

QVariant ModelManager::value(const ModelEntry& entry, int column) const {
    switch (column) {
    case Size:
        return entry.fileBytes;
    case Fit:
    case Speed:
        return forecastValue(entry, column);
    case Parameters:
        return static_cast<quint64>(entry.summary.parameterCount);
    case Context:
        return entry.summary.trainedContext;
    }
    return text(entry, column).toString().toCaseFolded();
}

QString ModelManager::toolTip(const ModelEntry& entry, int column) const {
    if (column == Architecture || column == Format)
        return text(entry, column).toString();
    if (column == Size)
        return formatExactBytes(entry.fileBytes);
    if (column == Fit || column == Speed)
        return forecastToolTip(entry);
    if (column == Parameters && entry.summary.parameterCount != 0)
        return tr("%1 parameters").arg(formatCount(entry.summary.parameterCount));
    QStringList lines({entry.name, formatPath(entry.path)});
    if (entry.partCount > 1)
        lines.append(tr("%1 files").arg(entry.partCount));
    if (!entry.problem.isEmpty())
        lines.append(entry.problem);
    if (entry.fileState != FileState::There)
        lines.append(fileNote(entry.fileState));
    return lines.join(QLatin1Char('\n'));
}

int ModelManager::rowOf(const QString& path) const {
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const ModelEntry& entry) { return entry.path == path; });
    return found == m_entries.end() ? -1 : static_cast<int>(found - m_entries.begin());
}

QStringList ModelManager::folders() const {
    return m_settings.get(setting::watchedFolders);
}

bool ModelManager::isScanning() const {
    return m_scanner->isScanning();
}

void ModelManager::watchFolder(const QString& folder) {
    QStringList all = folders();
    const QString clean = QDir(folder).absolutePath();
    if (all.contains(clean))
        return;
    m_settings.set(setting::watchedFolders, all << clean);
    emit foldersChanged();
    rescan();
}

void ModelManager::forgetFolder(const QString& folder) {
    QStringList all = folders();
    if (!all.removeOne(folder))
        return;
    m_settings.set(setting::watchedFolders, all);
    emit foldersChanged();
    rescan();
}

void ModelManager::rescan() {
    QStringList all = folders();
    if (!m_builtInFolder.isEmpty())
        all.prepend(m_builtInFolder);
    if (!m_loadedPath.isEmpty())
        all.append(m_loadedPath); // listed while it is loaded, wherever it lies
    QHash<QString, ModelEntry> known;
    for (const ModelEntry& entry : m_entries)
        known.insert(entry.path, entry);
    m_scanner->scan(all, known);
}

void ModelManager::setLoadedPath(const QString& path) {
    const QList<int> rows = {rowOf(m_loadedPath), rowOf(path)};
    const bool isOther = m_loadedPath != path;
    m_loadedPath = path;
    m_loadedChanged = {};
    if (!isOther)
        return;
    for (const int row : rows)
        if (row >= 0)
            emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    emit loadedPathChanged();
    rescan();
}

void ModelManager::takeEntry(const ModelEntry& entry) {
    const int row = rowOf(entry.path);
    if (row >= 0) {
        const FileState state = m_entries[row].fileState;
        m_entries[row] = entry;
        m_entries[row].fileState = state; // until the whole scan is there
        emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
        return;
    }
    const int last = rowCount();
    beginInsertRows({}, last, last);
    m_entries.append(entry);
    endInsertRows();
}

void ModelManager::takeScan(const ScanSummary& summary) {
    for (int row = rowCount() - 1; row >= 0; --row) {
        const ModelEntry& entry = m_entries[row];
        const bool isThere = summary.paths.contains(entry.path);
        if (entry.path == m_loadedPath) {
            if (m_loadedChanged.isNull())
                m_loadedChanged = entry.changed;
            setFileState(row, !isThere                           ? FileState::Gone
                              : entry.changed == m_loadedChanged ? FileState::There
                                                                 : FileState::Changed);
            continue;
        }
        setFileState(row, FileState::There);
        if (isThere)
            continue;
        beginRemoveRows({}, row, row);
        m_entries.removeAt(row);
        endRemoveRows();
    }
    tellNamesApart();
    m_folderProblems = summary.problems;
    watch(summary.folders);
    emit scanned();
}

void ModelManager::setFileState(int row, FileState state) {
    if (m_entries[row].fileState == state)
        return;
    m_entries[row].fileState = state;
    emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
    if (state != FileState::There)
        emit loadedFileLost(lossSentence(m_entries[row]));
}

// Watches that stay are left alone: making one anew would lose what happened meanwhile.
void ModelManager::watch(const QStringList& folders) {
    QStringList wanted = folders.mid(0, kMaxWatchedPaths);
    const QString loadedFolder = QFileInfo(m_loadedPath).path();
    if (!m_loadedPath.isEmpty() && !wanted.contains(loadedFolder))
        wanted.prepend(loadedFolder); // where its file may come back
    if (!m_loadedPath.isEmpty())
        wanted.prepend(m_loadedPath);
    for (const ModelEntry& entry : m_entries)
        if (!entry.isReadable() && wanted.size() < kMaxWatchedPaths)
            wanted.append(entry.path); // perhaps a download that still grows
    const QStringList old = m_watcher.directories() + m_watcher.files();
    const QSet<QString> oldSet(old.begin(), old.end());
    const QSet<QString> wantedSet(wanted.begin(), wanted.end());
    const QStringList unwanted = (QSet<QString>(oldSet) - wantedSet).values();
    const QStringList missing = (QSet<QString>(wantedSet) - oldSet).values();
    if (!unwanted.isEmpty())
        m_watcher.removePaths(unwanted);
    if (!missing.isEmpty())
        m_watcher.addPaths(missing);
}
