// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_worker.h"

#include <QFileInfo>
#include <QStorageInfo>

#include <utility>

qint64 freeBytesOn(const QString& folder) {
    return QStorageInfo(folder).bytesAvailable();
}

DownloadWorker::DownloadWorker(const RetryRules& retry, std::function<qint64(const QString&)> freeBytes)
    : m_network(this), m_hashing(this), m_freeBytes(std::move(freeBytes)),
      m_tools{m_network, m_hashing, retry, [this](const QString& folder) { return roomIn(folder); }} {}

DownloadWorker::~DownloadWorker() {
    qDeleteAll(m_jobs);
}

// What the other jobs have still to bring to the same drive is spoken for.
qint64 DownloadWorker::roomIn(const QString& folder) const {
    const QByteArray device = QStorageInfo(folder).device();
    qint64 room = m_freeBytes(folder);
    for (const DownloadJob* job : m_jobs) {
        if (job->isWriting() && QStorageInfo(job->record().folder).device() == device) {
            room -= static_cast<qint64>(job->missingBytes());
        }
    }
    return room;
}

void DownloadWorker::begin(quint64 id, const DownloadRecord& record, const HubAccess& access, DownloadJob::Task task) {
    auto* job = new DownloadJob(record, access, task, m_tools, this);
    connect(job, &DownloadJob::progressed, this,
        [this, id](const JobProgress& progress) { emit jobProgressed(id, progress); });
    connect(job, &DownloadJob::ended, this, [this, id](const JobEnd& end) {
        if (DownloadJob* ended = m_jobs.take(id)) {
            ended->deleteLater();
        }
        emit jobEnded(id, end);
    });
    m_jobs.insert(id, job);
    job->start();
}

void DownloadWorker::stop(quint64 id) {
    if (DownloadJob* job = m_jobs.value(id)) {
        job->stop();
    }
}
