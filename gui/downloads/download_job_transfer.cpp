// SPDX-License-Identifier: GPL-3.0-or-later
// The part of DownloadJob that takes bytes, tries again, and decides what they are.
#include "gui/downloads/download_job.h"

#include "gui/format.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Phase = JobProgress::Phase;

namespace {

constexpr qint64 kChunk = 256 << 10;
constexpr int kChunksAtOnce = 16; // then others on this thread have their turn
constexpr int kAllChunks = 1 << 30;

} // namespace

void DownloadJob::drainSome() {
    if (m_isDraining || m_get == nullptr) {
        return;
    }
    if (!drain(kChunksAtOnce) || m_get->waitingBytes() == 0) {
        return;
    }
    m_isDraining = true;
    const int attempt = m_attempt;
    QMetaObject::invokeMethod(
        this,
        [this, attempt] {
            m_isDraining = false;
            if (m_isRunning && attempt == m_attempt) {
                drainSome();
            }
        },
        Qt::QueuedConnection);
}

bool DownloadJob::drain(int mostChunks) {
    for (int i = 0; i < mostChunks && m_get->waitingBytes() > 0; ++i) {
        QByteArray bytes = m_get->take(kChunk);
        const auto skipped = static_cast<qsizetype>(std::min(m_skip, static_cast<quint64>(bytes.size())));
        m_skip -= static_cast<quint64>(skipped);
        bytes.remove(0, skipped);
        if (bytes.isEmpty()) {
            continue;
        }
        if (static_cast<quint64>(bytes.size()) > file().size - m_done) {
            startOver(tr("The server sent more of %1 than there is.").arg(file().name()));
            return false;
        }
        if (!write(bytes)) {
            return false;
        }
    }
    return true;
}

bool DownloadJob::write(const QByteArray& bytes) {
    const qint64 written = m_part.write(bytes);
    if (written != bytes.size()) {
        fail(tr("%1 can't be written: %2. What has come so far is kept.")
                 .arg(formatPath(m_part.fileName()), m_part.errorString()));
        return false;
    }
    m_hash->addData(bytes);
    m_done += static_cast<quint64>(written);
    m_failures = 0;
    tell(Phase::Downloading);
    return true;
}

void DownloadJob::takeEnd(const std::optional<HubFault>& fault) {
    if (!drain(kAllChunks)) {
        return;
    }
    closeAttempt();
    if (m_done == file().size) {
        checkFile();
    } else if (fault) {
        retry(*fault);
    } else {
        retry({tr("The server stopped before all of %1 had come.").arg(file().name()), true, {}});
    }
}

void DownloadJob::closeAttempt() {
    ++m_attempt; // whatever still waits for the former one waits in vain
    if (m_get != nullptr) {
        m_get->disconnect(this);
        m_get.release()->deleteLater(); // this may be its signal
    }
}

void DownloadJob::retry(const HubFault& fault) {
    closeAttempt();
    ++m_failures;
    const auto delay =
        fault.isWorthRetrying ? m_tools.retry.delayAfter(m_failures, fault.retryAfter) : std::nullopt;
    if (!delay) {
        fail(fault.sentence);
        return;
    }
    m_rate.clear();
    m_progress.reason = fault.sentence;
    m_progress.waitSeconds = static_cast<double>(delay->count()) / 1000;
    tell(Phase::Waiting, true);
    m_tools.retry.wait(*delay, this, [this, attempt = m_attempt] {
        if (m_isRunning && attempt == m_attempt) {
            request();
        }
    });
}

void DownloadJob::startOver(const QString& why) {
    closeAttempt();
    if (++m_startsOver > kMostStartsOver) {
        forgetPart();
        if (m_isRunning) {
            fail(why);
        }
        return;
    }
    forgetPart();
    if (m_isRunning) {
        retry({why, true, {}});
    }
}

void DownloadJob::forgetPart() {
    file().etag.clear();
    m_hash = std::make_shared<QCryptographicHash>(QCryptographicHash::Sha256);
    m_done = 0;
    m_rate.clear();
    if (!m_part.resize(0)) {
        fail(tr("%1 can't be written: %2.").arg(formatPath(m_part.fileName()), m_part.errorString()));
    }
}

void DownloadJob::checkFile() {
    // Before it gets its name: a name may outlive a power cut that the bytes do not. The other jobs don't wait for
    // that.
    tell(Phase::Downloading, true);
    m_sync = std::make_unique<FileSync>(m_tools.hashing, m_part.handle(), nullptr);
    connect(m_sync.get(), &FileSync::done, this, &DownloadJob::takeSync);
}

void DownloadJob::takeSync(bool isWritten) {
    m_sync.release()->deleteLater(); // this is its signal
    if (!isWritten) {
        fail(tr("%1 can't be written to the drive.").arg(formatPath(m_part.fileName())));
        return;
    }
    if (!isFileAt(m_part.handle(), m_part.fileName())) { // what was hashed has no name any more
        file().etag.clear();
        m_record.save();
        fail(tr("%1 was deleted or replaced while it was written: try again.").arg(formatPath(m_part.fileName())));
        return;
    }
    const QByteArray checksum = m_hash->result().toHex();
    if (!file().sha256.isEmpty() && checksum != file().sha256) {
        m_part.close();
        QFile::remove(m_record.partPath(file()));
        file().etag.clear();
        m_record.save();
        fail(tr("What came as %1 is not what the hub states: its checksum is another one. It was deleted; try again.")
                 .arg(file().name()));
        return;
    }
    acceptFile(m_part.fileName());
}

void DownloadJob::acceptFile(const QString& path) {
    m_part.close();
    file().isVerified = true;
    file().stamp = fileStamp(path);
    if (m_task == Task::Download && path == m_record.filePath(file())) {
        file().isGiven = false; // it was there before
    }
    m_done = 0;
    m_failures = 0;
    m_startsOver = 0;
    if (m_task == Task::Download && !m_record.save()) {
        fail(tr("Nothing can be written in %1.").arg(formatPath(m_record.folder)));
        return;
    }
    nextFile();
}

// Why it has not got it; empty: it has.
QString DownloadJob::giveNameTo(const DownloadRecord::File& file) const {
    const QString part = m_record.partPath(file);
    if (m_record.isAsVerified(part, file)) {
        const QString why = giveName(part, m_record.filePath(file));
        return why.isEmpty() ? QString() : tr("%1 can't be given its name: %2.").arg(formatPath(part), why);
    }
    return m_record.isAsVerified(m_record.filePath(file), file)
               ? QString()
               : tr("%1 was deleted or changed after it had been checked: try again.").arg(formatPath(part));
}

// The first shard last: it is what lists take for the model.
void DownloadJob::giveNames() {
    for (DownloadRecord::File& each : m_record.files) {
        each.isGiven = each.isGiven || m_record.isAsVerified(m_record.partPath(each), each);
    }
    m_record.save(); // what is named can be told from what was there before, if the program ends in between
    for (qsizetype i = m_record.files.size() - 1; i >= 0; --i) {
        const QString problem = giveNameTo(m_record.files[i]);
        if (!problem.isEmpty()) {
            fail(problem);
            return;
        }
    }
    m_record.removeState();
    m_record.isComplete = true;
    m_record.save(); // without it the model is as good; it can't be checked again later
    end(Outcome::Complete,
        m_record.isStated() ? tr("Complete, and its checksum is the one that the hub states.")
                           : tr("Complete. The hub states no checksum, so only the length was checked."));
}
