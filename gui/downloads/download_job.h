// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/download_record.h"
#include "gui/downloads/file_hash.h"
#include "gui/downloads/hub_get.h"
#include "gui/downloads/part_file.h"
#include "gui/downloads/retry_rules.h"
#include "gui/downloads/transfer_rate.h"

#include <QElapsedTimer>
#include <QFile>
#include <QLockFile>
#include <QMetaType>

#include <functional>
#include <memory>
#include <optional>

class QThreadPool;

// What jobs share, and what outlives them.
struct JobTools {
    QNetworkAccessManager& network;
    QThreadPool& hashing;
    RetryRules retry;
    std::function<qint64(const QString& folder)> freeBytes; // that may be written there
};

// How far a job is. A value.
struct JobProgress {
    enum class Phase { Checking, Downloading, Waiting };
    Phase phase = Phase::Downloading;
    quint64 doneBytes = 0; // of all files
    quint64 totalBytes = 0;
    double bytesPerSecond = 0; // 0: not known
    QString reason;            // why it waits
    double waitSeconds = 0;
};

// How a job ended. A value.
struct JobEnd {
    enum class Outcome { Complete, Stopped, Failed };
    Outcome outcome = Outcome::Complete;
    QString sentence; // why it failed, or what is to be said of what is complete
    DownloadRecord record;
};

// Brings the files of one record into their folder, or checks those that are there. Every byte goes into a ".part" file
// and a SHA-256; when all files of the model are there and have the checksums that the hub states, they get their
// names, the first shard last. What was there already is read again and kept, whatever happens, unless it turns out to
// be part of something else. Lives on the thread of downloads; reading what is there runs on the pool.
class DownloadJob : public QObject {
    Q_OBJECT

public:
    enum class Task { Download, Verify }; // Verify asks nothing of the network

    DownloadJob(const DownloadRecord& record, const HubAccess& access, Task task, const JobTools& tools,
        QObject* parent = nullptr);

    void start(); // ended() follows, perhaps at once
    void stop();  // what is there stays; ended() follows at once
    quint64 missingBytes() const;
    bool isWriting() const { return m_isWriting; } // has its folder, and goes on to fill it
    const DownloadRecord& record() const { return m_record; }

signals:
    void progressed(const JobProgress& progress);
    void ended(const JobEnd& end); // once, the last

private:
    DownloadRecord::File& file() { return m_record.files[m_index]; }
    void forgetWhatChanged();
    bool takeFolder(); // false: ended
    bool takeLock();   // false: ended
    void nextFile();
    void beginFile();
    void checkExisting(const QString& path, quint64 byteCount);
    void takeHash(const QString& path, const HashedBytes& hashed);
    void request();
    void takeHead(const HubHead& head);
    bool takeStart(const HubHead& head); // false: these are not the bytes that follow
    bool isOther(const HubHead& head) const;
    void drainSome();
    bool drain(int mostChunks); // false: the attempt has ended
    bool write(const QByteArray& bytes);
    void takeEnd(const std::optional<HubFault>& fault);
    void retry(const HubFault& fault);
    void startOver(const QString& why);
    void forgetPart();
    void checkFile();
    void takeSync(bool isWritten);
    void acceptFile(const QString& path);
    void giveNames();
    QString giveNameTo(const DownloadRecord::File& file) const; // why not
    void fail(const QString& sentence);
    void end(JobEnd::Outcome outcome, const QString& sentence);
    void closeAttempt();
    void tell(JobProgress::Phase phase, bool isNow = false);

    static constexpr int kMostStartsOver = 3; // of one file

    DownloadRecord m_record;
    HubAccess m_access;
    Task m_task;
    const JobTools& m_tools;
    std::unique_ptr<QLockFile> m_lock;
    qsizetype m_index = 0; // of the file at work
    QFile m_part;
    std::shared_ptr<QCryptographicHash> m_hash; // of the m_done bytes in m_part
    quint64 m_done = 0;
    quint64 m_skip = 0; // bytes to come that are there already
    std::unique_ptr<HubGet> m_get;
    std::unique_ptr<FileHash> m_existing;
    std::unique_ptr<FileSync> m_sync;
    int m_failures = 0; // in a row
    int m_startsOver = 0;
    int m_attempt = 0;
    bool m_isDraining = false;
    bool m_isRunning = false;
    bool m_isWriting = false;
    TransferRate m_rate;
    QElapsedTimer m_clock;
    qint64 m_toldAt = 0;
    JobProgress m_progress;
};
