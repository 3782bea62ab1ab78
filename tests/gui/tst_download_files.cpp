// SPDX-License-Identifier: GPL-3.0-or-later
// What lies on the drive: room, shards, files of the same name, parts that others change, and checking what is there.
#include "tests/gui/download_rig.h"

#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>

#include <sys/resource.h>

#include <csignal>
#include <utility>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Task = DownloadJob::Task;

class TestDownloadFiles : public DownloadRig {
    Q_OBJECT

private slots:
    void init() { prepare(); }
    void cleanup() { finish(); }
    void fullDriveIsSeenBefore();
    void fullDriveKeepsWhatCame();
    void folderThatCantBeWrittenIsASentence();
    void shardsComeTogetherOrNotAtAll();
    void shardsGoOnWhereTheyWere();
    void anotherFileOfTheNameStays();
    void sameFileIsTakenAsItIs();
    void twoJobsForOneFileDoNotMix();
    void verifyFindsDamage();
    void verifyAsksNothingOfTheNetwork();
    void stoppingWhileItChecksEndsAtOnce();
    void partThatWasDeletedIsNoModel();
    void partThatWasReplacedIsNoModel();
    void verifiedPartThatChangedIsReadAgain();
    void brokenLinkOfTheNameStays();
    void driveIsWaitedForOnThePool();
};

void TestDownloadFiles::fullDriveIsSeenBefore() {
    m_free = m_bytes.size();
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"too full"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
    QVERIFY(names().isEmpty());
}

// The kernel refuses what goes beyond the limit, as it does on a full drive.
void TestDownloadFiles::fullDriveKeepsWhatCame() {
    rlimit former{};
    QCOMPARE(getrlimit(RLIMIT_FSIZE, &former), 0);
    const auto formerSignal = std::signal(SIGXFSZ, SIG_IGN);
    rlimit low = former;
    low.rlim_cur = 1'500'000;
    QCOMPARE(setrlimit(RLIMIT_FSIZE, &low), 0);
    const JobEnd end = run(record());
    setrlimit(RLIMIT_FSIZE, &former);
    std::signal(SIGXFSZ, formerSignal);
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be written"), qPrintable(end.sentence));
    checkNotHere();
    const qint64 there = QFileInfo(path(kName + u".part"_s)).size();
    QCOMPARE(there, 1'500'000);
    QCOMPARE(run(end.record).outcome, Outcome::Complete); // once there is room
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().last().headers["range"], "bytes=" + QByteArray::number(there) + '-');
}

void TestDownloadFiles::folderThatCantBeWrittenIsASentence() {
    DownloadRecord here = record();
    QFile blocked(path(u"file"_s));
    QVERIFY(blocked.open(QIODevice::WriteOnly));
    here.folder = path(u"file/folder"_s);
    const JobEnd end = run(here);
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be made"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadFiles::shardsComeTogetherOrNotAtAll() {
    const DownloadRecord all = shards(3);
    m_hub->files[kRepo][all.files[2].path].bytes[7] ^= 1; // the last is damaged
    const JobEnd end = run(all);
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY(end.sentence.contains(u"big-00003-of-00003"));
    QVERIFY(QDir(m_folder->path()).entryList({u"*.gguf"_s}).isEmpty());
    m_hub->files[kRepo][all.files[2].path].bytes[7] ^= 1;
    const int before = m_hub->served;
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    QCOMPARE(m_hub->served, before + 1); // the others were there
    for (const DownloadRecord::File& file : all.files) {
        QVERIFY(contents(all.filePath(file)) == m_hub->files[kRepo][file.path].bytes);
    }
    QCOMPARE(names().size(), 4);
}

void TestDownloadFiles::shardsGoOnWhereTheyWere() {
    const DownloadRecord all = shards(2);
    m_hub->mischief = {{}, {.stallAfter = 100'000}};
    runUntil(all, [&](const JobProgress& progress) { return progress.doneBytes > all.files[0].size + 1000; });
    const JobEnd end = run(findRecords({m_folder->path()}).value(0));
    QCOMPARE(end.outcome, Outcome::Complete);
    QCOMPARE(m_hub->fileRequests().size(), 3);
    QVERIFY(m_hub->fileRequests().last().headers.contains("range"));
}

void TestDownloadFiles::anotherFileOfTheNameStays() {
    for (const qsizetype size : {qsizetype(10), m_bytes.size()}) {
        QFile own(path(kName));
        QVERIFY(own.open(QIODevice::WriteOnly) && own.write(noise(size, 5)) == size);
        own.close();
        const JobEnd end = run(record());
        QCOMPARE(end.outcome, Outcome::Failed);
        QVERIFY2(end.sentence.contains(u"Another file of this name"), qPrintable(end.sentence));
        QVERIFY(contents(path(kName)) == noise(size, 5));
    }
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadFiles::sameFileIsTakenAsItIs() {
    QFile own(path(kName));
    QVERIFY(own.open(QIODevice::WriteOnly) && own.write(m_bytes) == m_bytes.size());
    own.close();
    m_free = 0; // none is needed
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    QVERIFY(m_hub->requests.isEmpty());
    checkHere(m_bytes);
}

void TestDownloadFiles::twoJobsForOneFileDoNotMix() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    DownloadJob first(record(), {m_hub->url(), {}}, Task::Download, *m_tools);
    first.start();
    const JobEnd second = run(record());
    QCOMPARE(second.outcome, Outcome::Failed);
    QVERIFY2(second.sentence.contains(u"Another Strata"), qPrintable(second.sentence));
    first.stop();
    QCOMPARE(run(record()).outcome, Outcome::Complete);
}

void TestDownloadFiles::verifyFindsDamage() {
    const DownloadRecord here = run(record()).record;
    QCOMPARE(run(here, Task::Verify).outcome, Outcome::Complete);
    QFile file(path(kName));
    QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(2'999'999) && file.putChar(static_cast<char>(~m_bytes.back())));
    file.close();
    const JobEnd damaged = run(here, Task::Verify);
    QCOMPARE(damaged.outcome, Outcome::Failed);
    QVERIFY2(damaged.sentence.contains(u"damaged"), qPrintable(damaged.sentence));
    QVERIFY(file.resize(2'000'000));
    QVERIFY(run(here, Task::Verify).sentence.contains(u"2,000,000 bytes"));
    QVERIFY(file.remove());
    QVERIFY(run(here, Task::Verify).sentence.contains(u"not there any more"));
}

void TestDownloadFiles::verifyAsksNothingOfTheNetwork() {
    const DownloadRecord here = run(record()).record;
    m_hub->requests.clear();
    m_hub->close();
    const JobEnd end = run(here, Task::Verify);
    QCOMPARE(end.outcome, Outcome::Complete);
    QVERIFY2(end.sentence.contains(u"every byte"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadFiles::stoppingWhileItChecksEndsAtOnce() {
    const DownloadRecord here = run(record()).record;
    DownloadJob job(here, {m_hub->url(), {}}, Task::Verify, *m_tools);
    QSignalSpy ended(&job, &DownloadJob::ended);
    job.start();
    job.stop();
    QCOMPARE(ended.size(), 1);
    m_pool->waitForDone();
    QCoreApplication::processEvents();
    QCOMPARE(ended.size(), 1);
}

// By a file manager, while the job writes it.
void TestDownloadFiles::partThatWasDeletedIsNoModel() {
    DownloadJob job(record(), {m_hub->url(), {}}, Task::Download, *m_tools);
    std::optional<JobEnd> end;
    connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) { end = how; });
    connect(&job, &DownloadJob::progressed, this, [this](const JobProgress& progress) {
        if (progress.doneBytes > 0) {
            QFile::remove(path(kName + u".part"_s));
        }
    });
    job.start();
    QTRY_VERIFY(end.has_value());
    QCOMPARE(end->outcome, Outcome::Failed);
    QVERIFY2(end->sentence.contains(u"deleted"), qPrintable(end->sentence));
    checkNotHere();
    QCOMPARE(run(end->record).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadFiles::partThatWasReplacedIsNoModel() {
    DownloadJob job(record(), {m_hub->url(), {}}, Task::Download, *m_tools);
    std::optional<JobEnd> end;
    bool isReplaced = false;
    connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) { end = how; });
    connect(&job, &DownloadJob::progressed, this, [&](const JobProgress& progress) {
        if (progress.doneBytes > 0 && !std::exchange(isReplaced, true)) {
            QFile other(path(u"other"_s));
            QVERIFY(other.open(QIODevice::WriteOnly) && other.write(noise(m_bytes.size(), 7)) == m_bytes.size());
            other.close();
            QVERIFY(QFile::remove(path(kName + u".part"_s)) && other.rename(path(kName + u".part"_s)));
        }
    });
    job.start();
    QTRY_VERIFY(end.has_value());
    QVERIFY(isReplaced);
    QCOMPARE(end->outcome, Outcome::Failed);
    checkNotHere();
}

// What the state file says of a part holds for the part that was read, not for any of its name and length.
void TestDownloadFiles::verifiedPartThatChangedIsReadAgain() {
    const DownloadRecord all = shards(2);
    m_hub->mischief = {{}, {.status = 404}};
    QCOMPARE(run(all).outcome, Outcome::Failed);
    QVERIFY(findRecords({m_folder->path()}).value(0).files.value(0).isVerified);
    QFile part(all.partPath(all.files[0]));
    QVERIFY(part.open(QIODevice::ReadWrite) && part.seek(500) && part.putChar('!') && part.seek(501) && part.putChar('!'));
    part.close();
    const JobEnd end = run(findRecords({m_folder->path()}).value(0));
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"checksum"), qPrintable(end.sentence));
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    QVERIFY(contents(all.modelPath()) == m_hub->files[kRepo][all.files[0].path].bytes);
}

void TestDownloadFiles::brokenLinkOfTheNameStays() {
    QVERIFY(QFile::link(path(u"elsewhere"_s), path(kName)));
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be given its name"), qPrintable(end.sentence));
    QVERIFY(!QFile::exists(path(u"elsewhere"_s)));
    QVERIFY(QFile::remove(path(kName)));
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

// A slow drive holds up neither the other downloads nor Pause, which share the thread of the job.
void TestDownloadFiles::driveIsWaitedForOnThePool() {
    m_pool->setMaxThreadCount(1);
    QSemaphore isFree;
    m_pool->start([&isFree] { isFree.acquire(); });
    const JobEnd end = runUntil(
        record(), [this](const JobProgress& progress) { return progress.doneBytes == quint64(m_bytes.size()); });
    isFree.release();
    m_pool->waitForDone();
    QCOMPARE(end.outcome, Outcome::Stopped);
    checkNotHere();
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 1);
}

QTEST_GUILESS_MAIN(TestDownloadFiles)
#include "tst_download_files.moc"
