// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_job.h"

#include "gui/format.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Phase = JobProgress::Phase;

namespace {

constexpr qint64 kSpareBytes = 100'000'000; // of the drive, that are left to others
constexpr qint64 kTellEveryMs = 100;

quint64 sizeOf(const QString& path) {
    return static_cast<quint64>(std::max<qint64>(0, QFileInfo(path).size()));
}

} // namespace

DownloadJob::DownloadJob(
    const DownloadRecord& record, const HubAccess& access, Task task, const JobTools& tools, QObject* parent)
    : QObject(parent), m_record(record), m_access(access), m_task(task), m_tools(tools) {
    m_clock.start();
}

void DownloadJob::start() {
    m_isRunning = true;
    if (m_task == Task::Verify) {
        for (DownloadRecord::File& each : m_record.files) {
            each.isVerified = false;
        }
    }
    if (m_task == Task::Verify || takeFolder()) {
        nextFile();
    }
}

// The state file tells of files as they were; anybody may have changed them since.
void DownloadJob::forgetWhatChanged() {
    for (DownloadRecord::File& each : m_record.files) {
        if (each.isStale) {
            QFile::remove(m_record.partPath(each));
            each.isStale = false;
        }
        const QString path = m_record.filePath(each);
        each.isVerified = m_record.isAsVerified(QFile::exists(path) ? path : m_record.partPath(each), each);
    }
}

bool DownloadJob::takeFolder() {
    if (!QDir().mkpath(m_record.folder)) {
        fail(tr("The folder %1 can't be made.").arg(formatPath(m_record.folder)));
        return false;
    }
    if (!takeLock()) {
        return false;
    }
    forgetWhatChanged();
    const qint64 needed = static_cast<qint64>(missingBytes());
    const qint64 free = m_tools.freeBytes(m_record.folder);
    if (needed > 0 && free - kSpareBytes < needed) {
        fail(tr("The drive of %1 is too full: %2 are still to come, and %3 are free.")
                 .arg(formatPath(m_record.folder), formatBytes(static_cast<quint64>(needed)),
                     formatBytes(static_cast<quint64>(std::max<qint64>(0, free)))));
        return false;
    }
    if (!m_record.save()) {
        fail(tr("Nothing can be written in %1.").arg(formatPath(m_record.folder)));
        return false;
    }
    m_isWriting = true;
    return true;
}

bool DownloadJob::takeLock() {
    m_lock = std::make_unique<QLockFile>(m_record.lockPath());
    m_lock->setStaleLockTime(0); // a lock grows stale by the death of its process, not by age
    if (m_lock->tryLock(0)) {
        return true;
    }
    fail(m_lock->error() == QLockFile::LockFailedError
             ? tr("Another Strata is downloading this model to %1.").arg(formatPath(m_record.folder))
             : tr("Nothing can be written in %1.").arg(formatPath(m_record.folder)));
    return false;
}

quint64 DownloadJob::missingBytes() const {
    quint64 missing = 0;
    for (const DownloadRecord::File& each : m_record.files) {
        const quint64 there = QFile::exists(m_record.filePath(each)) ? each.size : sizeOf(m_record.partPath(each));
        missing += each.isVerified ? 0 : each.size - std::min(there, each.size);
    }
    return missing;
}

void DownloadJob::nextFile() {
    m_index = 0;
    while (m_index < m_record.files.size() && file().isVerified) {
        ++m_index;
    }
    m_done = 0;
    if (m_index < m_record.files.size()) {
        beginFile();
    } else if (m_task == Task::Verify) {
        end(Outcome::Complete,
            m_record.isStated() ? tr("Checked: every byte is as the hub states.")
                                : tr("The hub states no checksum, so only the length was checked: that is right."));
    } else {
        giveNames();
    }
}

void DownloadJob::beginFile() {
    const QString path = m_record.filePath(file());
    if (m_task == Task::Verify || QFile::exists(path)) {
        if (!QFile::exists(path)) {
            fail(tr("%1 is not there any more.").arg(formatPath(path)));
        } else if (sizeOf(path) != file().size && m_task == Task::Verify) {
            fail(tr("%1 has %2 where the hub states %3: delete it and download it again.")
                     .arg(formatPath(path), formatExactBytes(sizeOf(path)), formatExactBytes(file().size)));
        } else if (sizeOf(path) != file().size) {
            fail(tr("Another file of this name is there already: %1. Choose another folder.").arg(formatPath(path)));
        } else {
            checkExisting(path, file().size);
        }
        return;
    }
    const QString part = m_record.partPath(file());
    const bool isUnknown = file().sha256.isEmpty() && file().etag.isEmpty(); // nothing would find out what it is
    if (sizeOf(part) > file().size || isUnknown) {
        QFile::remove(part); // of something else
    }
    if (sizeOf(part) > 0) {
        checkExisting(part, sizeOf(part));
    } else {
        m_hash = std::make_shared<QCryptographicHash>(QCryptographicHash::Sha256);
        request();
    }
}

void DownloadJob::checkExisting(const QString& path, quint64 byteCount) {
    m_existing = std::make_unique<FileHash>(m_tools.hashing, path, byteCount, nullptr);
    m_rate.clear();
    tell(Phase::Checking, true);
    connect(m_existing.get(), &FileHash::progressed, this, [this, byteCount](quint64 done) {
        m_done = std::min(done, byteCount);
        tell(Phase::Checking);
    });
    connect(m_existing.get(), &FileHash::done, this,
        [this, path](const HashedBytes& hashed) { takeHash(path, hashed); });
}

void DownloadJob::takeHash(const QString& path, const HashedBytes& hashed) {
    m_existing.release()->deleteLater(); // this is its signal
    if (hashed.hash == nullptr) {
        fail(tr("%1 can't be read.").arg(formatPath(path)));
        return;
    }
    m_hash = hashed.hash;
    m_done = hashed.byteCount;
    m_rate.clear();
    if (path == m_record.partPath(file())) {
        request();
        return;
    }
    const QByteArray checksum = m_hash->result().toHex();
    if (file().sha256.isEmpty() || checksum == file().sha256) {
        acceptFile(path);
    } else if (m_task == Task::Verify) {
        fail(tr("%1 is damaged: its checksum is not the one that the hub states. Delete it and download it again.")
                 .arg(formatPath(path)));
    } else {
        fail(tr("Another file of this name is there already: %1. Choose another folder.").arg(formatPath(path)));
    }
}

void DownloadJob::request() {
    if (!m_part.isOpen()) {
        m_part.setFileName(m_record.partPath(file()));
        if (!m_part.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered)) {
            fail(tr("%1 can't be written: %2.").arg(formatPath(m_part.fileName()), m_part.errorString()));
            return;
        }
    }
    if (m_done == file().size) {
        checkFile();
        return;
    }
    if (m_done > 0 && file().sha256.isEmpty() && file().etag.isEmpty()) {
        if (++m_startsOver > kMostStartsOver) {
            fail(tr("The connection breaks off, and the server says too little about %1 to go on with it.").arg(file().name()));
            return;
        }
        forgetPart(); // what follows may be of another file, and nothing would find it out
        if (!m_isRunning) {
            return;
        }
    }
    ++m_attempt;
    m_skip = 0;
    tell(Phase::Downloading, true);
    const HubQuery query{.url = hubFileUrl(m_record.hub, m_record.repo, m_record.commit, file().path),
        .from = m_done,
        .last = std::nullopt,
        .ifSame = m_done > 0 ? file().etag : QByteArray(),
        .stall = m_tools.retry.stall};
    m_get = std::make_unique<HubGet>(m_tools.network, m_access, query, nullptr);
    connect(m_get.get(), &HubGet::opened, this, &DownloadJob::takeHead);
    connect(m_get.get(), &HubGet::bytesCame, this, &DownloadJob::drainSome);
    connect(m_get.get(), &HubGet::ended, this, &DownloadJob::takeEnd);
}

void DownloadJob::takeHead(const HubHead& head) {
    if (!head.sha256.isEmpty() && !file().sha256.isEmpty() && head.sha256 != file().sha256) {
        fail(tr("%1 on the hub is not the file any more that was listed. Find the model again.").arg(file().name()));
        return;
    }
    if (head.total && *head.total != file().size) {
        retry({tr("%1 was to have %2, and the server has %3.")
                      .arg(file().name(), formatExactBytes(file().size), formatExactBytes(*head.total)),
            true, {}});
        return;
    }
    if (!takeStart(head)) {
        return;
    }
    const bool isKept = head.etag.isEmpty() && m_done > 0; // silence says nothing against what is known
    if (head.etag != file().etag && !isKept) {
        file().etag = head.etag;
        m_record.save(); // else the next part is asked for without it, and the checksum decides
    }
}

// What is there is thrown away only where the server says that it belongs to another file, or where nothing but the
// server's word could say that it belongs to this one.
bool DownloadJob::isOther(const HubHead& head) const {
    const DownloadRecord::File& own = m_record.files[m_index];
    if (m_done == 0 || (!own.sha256.isEmpty() && head.sha256 == own.sha256)) {
        return false; // the hub itself says that it is the same
    }
    const bool isUnknown = head.etag.isEmpty() || own.etag.isEmpty();
    return isUnknown ? own.sha256.isEmpty() : head.etag != own.etag;
}

bool DownloadJob::takeStart(const HubHead& head) {
    if (head.status == 416) {
        retry({tr("The server does not have the rest of %1.").arg(file().name()), true, {}});
        return false;
    }
    const bool isAnother = isOther(head);
    if (isAnother && head.status == 200 && m_startsOver < kMostStartsOver) { // all of the other file comes
        ++m_startsOver;
        forgetPart();
        return m_isRunning;
    }
    if (isAnother) {
        startOver(tr("%1 has changed on the server.").arg(file().name()));
        return false;
    }
    if (head.status == 200) {
        m_skip = m_done; // ranges mean nothing to this server
    } else if (head.from != m_done) {
        retry({tr("The server sent another part of %1 than it was asked for.").arg(file().name()), true, {}});
        return false;
    }
    return true;
}

void DownloadJob::fail(const QString& sentence) {
    end(Outcome::Failed, sentence);
}

void DownloadJob::stop() {
    if (m_isRunning) {
        end(Outcome::Stopped, {});
    }
}

void DownloadJob::end(Outcome outcome, const QString& sentence) {
    closeAttempt();
    if (m_existing != nullptr) {
        m_existing->disconnect(this);
        m_existing.release()->deleteLater();
    }
    if (m_sync != nullptr) {
        m_sync->disconnect(this);
        m_sync.release()->deleteLater(); // this may be its signal
    }
    m_part.close();
    m_lock.reset();
    m_isRunning = false;
    m_isWriting = false;
    emit ended({outcome, sentence, m_record});
}

void DownloadJob::tell(Phase phase, bool isNow) {
    const qint64 now = m_clock.elapsed();
    quint64 done = m_done;
    for (const DownloadRecord::File& each : m_record.files) {
        done += each.isVerified ? each.size : 0;
    }
    m_rate.add(now, done);
    if (!isNow && m_progress.phase == phase && now - m_toldAt < kTellEveryMs) {
        return;
    }
    m_toldAt = isNow ? now - kTellEveryMs : now; // the first bytes show at once
    m_progress.phase = phase;
    m_progress.doneBytes = done;
    m_progress.totalBytes = m_record.bytes();
    m_progress.bytesPerSecond = m_rate.bytesPerSecond();
    emit progressed(m_progress);
}
