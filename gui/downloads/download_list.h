// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/download_job.h"

#include <QAbstractListModel>
#include <QThread>

class DownloadWorker;
class Settings;

// One row of the list. A value.
struct Download {
    enum class State { Queued, Checking, Downloading, Waiting, Paused, Failed, Complete };

    quint64 id = 0;
    DownloadRecord record;
    State state = State::Paused;
    DownloadJob::Task task = DownloadJob::Task::Download;
    JobProgress progress;
    QString sentence; // why it failed, or what is to be said of what is complete
    bool isLeaving = false; // its job is being stopped, and what it brought goes then

    bool isRunning() const; // has a job
    bool isVerifying() const { return task == DownloadJob::Task::Verify && isRunning(); }
};

// The models on their way from the hub and those that came from there, as rows; owns the thread that brings them.
// Nothing is asked of the network by itself: what was on its way when the program ended is paused at the next start.
// So many come at once, the others wait in the order in which they were asked for. GUI thread.
class DownloadList : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { ShareRole = Qt::UserRole + 1, DetailRole, StateRole }; // share: 0..1, or none; detail: a line of text

    using FreeBytes = std::function<qint64(const QString& folder)>;
    explicit DownloadList(Settings& settings, const RetryRules& retry = {}, FreeBytes freeBytes = {},
        QObject* parent = nullptr);
    ~DownloadList() override;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    const Download& download(int row) const { return m_downloads[row]; }
    int rowOf(const QString& modelPath) const; // -1: none
    int runningCount() const;

    static constexpr int kMostAtOnce = 6; // connections that Qt opens to a host; a seventh would wait and time out

    HubAccess access() const; // the hub of the settings, with the token of this session if it was given for that hub
    void setToken(const QByteArray& token); // for the hub of the settings, until the program ends; written nowhere

    int add(const DownloadRecord& record); // its row, a former one if it is there already; begins or queues it
    void pause(int row);
    void resume(int row); // also tries again what failed
    void verify(int row); // what is complete
    void remove(int row); // with everything that came: models go to the desktop's trash, where there is one

signals:
    void completed(const DownloadRecord& record);
    void removed(const QString& folder);
    void told(const QString& sentence); // what went wrong beside the rows

private:
    void findEarlier();
    void startNext();
    void begin(int row);
    void takeProgress(quint64 id, const JobProgress& progress);
    void takeEnd(quint64 id, const JobEnd& end);
    void discard(int row);
    int rowOf(quint64 id) const;
    void change(int row);
    QString title(const Download& download) const;
    QString detail(const Download& download) const;

    Settings& m_settings;
    QByteArray m_token;
    QUrl m_tokenFor; // hub
    QList<Download> m_downloads;
    quint64 m_lastId = 0;
    QThread m_thread;
    DownloadWorker* m_worker; // on m_thread, which ends it
};
