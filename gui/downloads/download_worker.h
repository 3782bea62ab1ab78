// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/download_job.h"

#include <QHash>
#include <QNetworkAccessManager>
#include <QThreadPool>

#include <memory>

// Runs jobs on the thread of downloads, each under a number. Owned by DownloadList, which alone calls it, by queued
// calls.
class DownloadWorker : public QObject {
    Q_OBJECT

public:
    DownloadWorker(const RetryRules& retry, std::function<qint64(const QString&)> freeBytes);
    ~DownloadWorker() override;

    void begin(quint64 id, const DownloadRecord& record, const HubAccess& access, DownloadJob::Task task);
    void stop(quint64 id); // jobEnded() follows, unless it has already

signals:
    void jobProgressed(quint64 id, const JobProgress& progress);
    void jobEnded(quint64 id, const JobEnd& end);

private:
    qint64 roomIn(const QString& folder) const;

    QNetworkAccessManager m_network;
    QThreadPool m_hashing;
    std::function<qint64(const QString&)> m_freeBytes;
    JobTools m_tools;
    QHash<quint64, DownloadJob*> m_jobs; // children
};

qint64 freeBytesOn(const QString& folder); // of the drive, for this person
