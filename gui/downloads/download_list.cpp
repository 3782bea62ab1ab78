// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_list.h"

#include "gui/downloads/download_worker.h"
#include "gui/format.h"
#include "gui/settings/setting_keys.h"

#include <QDir>
#include <QFile>
#include <QLockFile>
#include <QStandardPaths>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;
using State = Download::State;
using Task = DownloadJob::Task;

namespace {

// What was there before Strata came stays. Returns what can't be deleted.
QString moveAway(const DownloadRecord& record) {
    // Qt 6.4 takes the current folder for the trash where the folder that is to hold it is missing.
    QDir().mkpath(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation));
    QStringList left;
    for (const DownloadRecord::File& file : record.files) {
        const QString path = record.filePath(file);
        if (file.isGiven && QFile::exists(path) && !QFile::moveToTrash(path) && !QFile::remove(path)) {
            left.append(formatPath(path));
        }
    }
    return left.join(u", "_s);
}

// Deletes what came. Returns what is to be said of it; empty: it is done.
QString deleteAll(const DownloadRecord& record) {
    QLockFile lock(record.lockPath());
    lock.setStaleLockTime(0);
    if (!lock.tryLock(0) && lock.error() == QLockFile::LockFailedError) {
        return DownloadList::tr("Another Strata is downloading this model to %1: it was not deleted.")
            .arg(formatPath(record.folder));
    }
    const QString left = record.isComplete ? moveAway(record) : QString();
    if (!left.isEmpty()) {
        return DownloadList::tr("%1 can't be deleted: you may not have permission.").arg(left);
    }
    record.removeAll();
    return {};
}

} // namespace

bool Download::isRunning() const {
    return state == State::Checking || state == State::Downloading || state == State::Waiting;
}

DownloadList::DownloadList(Settings& settings, const RetryRules& retry, FreeBytes freeBytes, QObject* parent)
    : QAbstractListModel(parent), m_settings(settings),
      m_worker(new DownloadWorker(retry, freeBytes ? std::move(freeBytes) : FreeBytes(freeBytesOn))) {
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    connect(m_worker, &DownloadWorker::jobProgressed, this, &DownloadList::takeProgress);
    connect(m_worker, &DownloadWorker::jobEnded, this, &DownloadList::takeEnd);
    m_thread.setObjectName(u"downloads"_s);
    m_thread.start();
    findEarlier();
}

DownloadList::~DownloadList() {
    QMetaObject::invokeMethod(m_worker, [] { QThread::currentThread()->quit(); }); // behind what was asked for before
    m_thread.wait();
}

void DownloadList::findEarlier() {
    for (DownloadRecord& record : findRecords(m_settings.get(setting::downloadFolders))) {
        Download download;
        download.id = ++m_lastId;
        download.state = record.isComplete ? State::Complete : State::Paused;
        download.progress.totalBytes = record.bytes();
        for (const DownloadRecord::File& file : record.files) {
            const quint64 part = static_cast<quint64>(std::max<qint64>(0, QFile(record.partPath(file)).size()));
            download.progress.doneBytes += record.isComplete ? file.size : std::min(part, file.size);
        }
        if (record.isComplete && !QFile::exists(record.modelPath())) {
            record.removeState(); // the person moved or deleted it
            continue;
        }
        download.record = std::move(record);
        m_downloads.append(download);
    }
}

HubAccess DownloadList::access() const {
    const auto base = cleanHubBase(m_settings.get(setting::hubAddress));
    HubAccess access{base.value_or(QUrl(setting::hubAddress.fallback)), m_token};
    if (!access.isOwn(m_tokenFor) || !access.mayTellToken(access.base)) {
        access.token.clear();
    }
    return access;
}

void DownloadList::setToken(const QByteArray& token) {
    m_token = token;
    m_tokenFor = access().base;
}

int DownloadList::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_downloads.size());
}

int DownloadList::rowOf(const QString& modelPath) const {
    const auto found = std::find_if(m_downloads.begin(), m_downloads.end(),
        [&](const Download& download) { return download.record.modelPath() == modelPath; });
    return found == m_downloads.end() ? -1 : static_cast<int>(found - m_downloads.begin());
}

int DownloadList::rowOf(quint64 id) const {
    const auto found = std::find_if(
        m_downloads.begin(), m_downloads.end(), [&](const Download& download) { return download.id == id; });
    return found == m_downloads.end() ? -1 : static_cast<int>(found - m_downloads.begin());
}

int DownloadList::runningCount() const {
    return static_cast<int>(std::count_if(
        m_downloads.begin(), m_downloads.end(), [](const Download& download) { return download.isRunning(); }));
}

int DownloadList::add(const DownloadRecord& record) {
    QStringList folders = m_settings.get(setting::downloadFolders);
    if (!folders.contains(record.folder)) {
        m_settings.set(setting::downloadFolders, folders << record.folder);
    }
    int row = rowOf(record.modelPath());
    if (row < 0) {
        row = rowCount();
        beginInsertRows({}, row, row);
        m_downloads.append({.id = ++m_lastId, .record = record, .progress = {}, .sentence = {}});
        m_downloads[row].progress.totalBytes = record.bytes();
        endInsertRows();
        if (const auto former = readRecord(record.statePath())) { // of a folder that the settings had forgotten
            m_downloads[row].record = goingOn(record, *former);
        }
    } else if (!m_downloads[row].isRunning()) {
        m_downloads[row].record = goingOn(record, m_downloads[row].record);
        m_downloads[row].state = m_downloads[row].record.isComplete ? State::Complete : State::Paused;
    }
    if (m_downloads[row].state == State::Complete) {
        verify(row);
    } else {
        resume(row);
    }
    return row;
}

void DownloadList::pause(int row) {
    Download& download = m_downloads[row];
    if (download.isRunning()) {
        QMetaObject::invokeMethod(m_worker, [worker = m_worker, id = download.id] { worker->stop(id); });
    } else if (download.state == State::Queued) {
        download.state = download.record.isComplete ? State::Complete : State::Paused;
        change(row);
    }
}

void DownloadList::resume(int row) {
    Download& download = m_downloads[row];
    if (download.state != State::Paused && download.state != State::Failed) {
        return;
    }
    download.state = State::Queued;
    download.task = download.record.isComplete ? Task::Verify : Task::Download;
    download.sentence.clear();
    change(row);
    startNext();
}

void DownloadList::verify(int row) {
    Download& download = m_downloads[row];
    if (download.state != State::Complete && !(download.state == State::Failed && download.record.isComplete)) {
        return;
    }
    download.state = State::Queued;
    download.task = Task::Verify;
    download.sentence.clear();
    change(row);
    startNext();
}

void DownloadList::remove(int row) {
    Download& download = m_downloads[row];
    if (download.isRunning()) {
        download.isLeaving = true;
        QMetaObject::invokeMethod(m_worker, [worker = m_worker, id = download.id] { worker->stop(id); });
    } else {
        discard(row);
    }
}

void DownloadList::discard(int row) {
    const DownloadRecord record = m_downloads[row].record;
    beginRemoveRows({}, row, row);
    m_downloads.removeAt(row);
    endRemoveRows();
    // Behind whatever its job had still to do; a large file takes time to delete.
    QMetaObject::invokeMethod(m_worker, [this, record] {
        const QString problem = deleteAll(record);
        QMetaObject::invokeMethod(this, [this, problem, record] {
            if (!problem.isEmpty()) {
                emit told(problem);
            }
            emit removed(record.folder);
        });
    });
    startNext();
}

void DownloadList::startNext() {
    const int atOnce = std::clamp(m_settings.get(setting::downloadsAtOnce), 1, kMostAtOnce);
    for (int row = 0; row < rowCount() && runningCount() < atOnce; ++row) {
        if (m_downloads[row].state == State::Queued) {
            begin(row);
        }
    }
}

void DownloadList::begin(int row) {
    Download& download = m_downloads[row];
    download.state = download.task == Task::Verify ? State::Checking : State::Downloading;
    download.progress.bytesPerSecond = 0;
    HubAccess hub = access();
    if (hub.base != download.record.hub) {
        hub = {download.record.hub, {}}; // from another hub than the token is for
    }
    QMetaObject::invokeMethod(m_worker, [worker = m_worker, id = download.id, record = download.record, hub,
                                            task = download.task] { worker->begin(id, record, hub, task); });
    change(row);
}

void DownloadList::takeProgress(quint64 id, const JobProgress& progress) {
    const int row = rowOf(id);
    if (row < 0 || !m_downloads[row].isRunning()) {
        return;
    }
    switch (progress.phase) {
    case JobProgress::Phase::Checking:
        m_downloads[row].state = State::Checking;
        break;
    case JobProgress::Phase::Downloading:
        m_downloads[row].state = State::Downloading;
        break;
    case JobProgress::Phase::Waiting:
        m_downloads[row].state = State::Waiting;
        break;
    }
    m_downloads[row].progress = progress;
    change(row);
}

void DownloadList::takeEnd(quint64 id, const JobEnd& end) {
    const int row = rowOf(id);
    if (row < 0) {
        return;
    }
    Download& download = m_downloads[row];
    const bool isNew = !download.record.isComplete && end.record.isComplete;
    download.record = end.record;
    download.sentence = end.sentence;
    download.progress.bytesPerSecond = 0;
    if (end.outcome == JobEnd::Outcome::Failed) {
        download.state = State::Failed;
    } else {
        download.state = download.record.isComplete ? State::Complete : State::Paused;
    }
    if (download.isLeaving) {
        discard(row);
        return;
    }
    change(row);
    if (isNew) {
        emit completed(end.record);
    }
    startNext();
}

void DownloadList::change(int row) {
    emit dataChanged(index(row), index(row));
}
