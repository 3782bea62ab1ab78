// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/forecast_runner.h"
#include "gui/models/model_entry.h"

#include <QAbstractTableModel>
#include <QFileSystemWatcher>
#include <QList>
#include <QStringList>
#include <QTimer>

class LoadChoices;
class ModelScanner;
struct ScanSummary;
class Settings;

// The models in the watched folders and their sub-folders, and the loaded one, as rows of a table; files stay where
// they are. The loaded model keeps its row when its file goes. The list of folders lives in the settings. GUI thread.
class ModelManager : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Size, Fit, Speed, Format, Parameters, Context, Architecture, ColumnCount };
    enum Role { ValueRole = Qt::UserRole + 1, PathRole }; // ValueRole: what sorting compares

    // `builtInFolder` is watched beside the person's own; may be empty.
    ModelManager(Settings& settings, const QString& builtInFolder, QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    // From now on each model is told how it would do if it were loaded by these choices, which must outlive this.
    void forecastWith(const LoadChoices& choices);
    std::optional<ModelForecast> forecast(int row) const; // nullopt: not known yet

    const ModelEntry& entry(int row) const { return m_entries[row]; }
    int rowOf(const QString& path) const;                                  // -1: not listed
    QStringList folders() const;                                           // the person's own
    const QStringList& folderProblems() const { return m_folderProblems; } // a sentence each
    bool isScanning() const;
    const QString& loadedPath() const { return m_loadedPath; } // empty: none

public slots:
    void watchFolder(const QString& folder);
    void forgetFolder(const QString& folder);
    void rescan();
    void setLoadedPath(const QString& path); // empty: none

signals:
    void foldersChanged();
    void loadedPathChanged();
    void loadedFileLost(const QString& sentence); // moved, deleted or written over while its model is loaded
    void scanned();                               // the list is complete, as far as is known

private:
    void takeEntry(const ModelEntry& entry);
    void takeScan(const ScanSummary& summary);
    void setFileState(int row, ModelEntry::FileState state);
    void watch(const QStringList& folders);
    void tellNamesApart();
    QString fullName(const ModelEntry& entry) const;
    QVariant text(const ModelEntry& entry, int column) const;
    QVariant value(const ModelEntry& entry, int column) const;
    QString toolTip(const ModelEntry& entry, int column) const;

    void refreshForecasts();
    void takeForecast(const ForecastAnswer& answer);
    QString forecastCell(const ModelEntry& entry, int column) const;
    QVariant forecastValue(const ModelEntry& entry, int column) const;
    QString forecastToolTip(const ModelEntry& entry) const;

    struct KnownForecast {
        QString key; // of file, wish and machine
        ModelForecast forecast;
    };

    Settings& m_settings;
    QString m_builtInFolder;
    QList<ModelEntry> m_entries;
    QHash<QString, QString> m_apart; // by path: what tells models of one name apart
    QStringList m_folderProblems;
    QString m_loadedPath;
    QDateTime m_loadedChanged; // when that file had been changed last; null: not known yet
    ModelScanner* m_scanner;
    QFileSystemWatcher m_watcher;
    QTimer m_rescanSoon;
    const LoadChoices* m_choices = nullptr; // null: nothing is foretold
    ForecastRunner m_runner;
    QHash<QString, KnownForecast> m_forecasts; // by path
    QStringList m_askedPaths;                  // of the questions that run
    QStringList m_askedKeys;                   // likewise
    QTimer m_forecastSoon;
};
