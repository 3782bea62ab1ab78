// SPDX-License-Identifier: GPL-3.0-or-later
// How a file comes, waits, goes on where it stopped, and what is said of it.
#include "tests/gui/download_rig.h"

#include <QTest>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Task = DownloadJob::Task;
using std::chrono::milliseconds;

class TestDownloadJob : public DownloadRig {
    Q_OBJECT

private slots:
    void init() { prepare(); }
    void cleanup() { finish(); }
    void bringsAFile();
    void partIsNeverCalledAModel();
    void goesOnAfterItWasStopped();
    void goesOnInAnotherProcess();
    void damagedPartIsFoundOut();
    void goesOnAfterTheConnectionBroke();
    void givesUpAfterSoManyFailures();
    void waitsLongerEachTime();
    void waitsAsLongAsTheServerAsks();
    void stalledConnectionIsTriedAgain();
    void shortFileIsTakenUpAgain_data();
    void shortFileIsTakenUpAgain();
    void refusalsAreSentences_data();
    void refusalsAreSentences();
    void passingTroubleIsTriedAgain_data();
    void passingTroubleIsTriedAgain();
    void wrongChecksumKeepsNothing();
    void withoutAChecksumItSaysSo();
};

void TestDownloadJob::bringsAFile() {
    DownloadJob job(record(), {m_hub->url(), {}}, Task::Download, *m_tools);
    QList<JobProgress> told;
    std::optional<JobEnd> end;
    connect(&job, &DownloadJob::progressed, this, [&told](const JobProgress& progress) { told.append(progress); });
    connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) { end = how; });
    job.start();
    QTRY_VERIFY(end.has_value());
    QCOMPARE(end->outcome, Outcome::Complete);
    QVERIFY(end->sentence.contains(u"checksum"));
    QVERIFY(end->record.isComplete);
    checkHere(m_bytes);
    QVERIFY(!told.isEmpty());
    QCOMPARE(told.first().totalBytes, quint64(m_bytes.size()));
    QCOMPARE(m_hub->fileRequests().size(), 1);
    QVERIFY(m_hub->fileRequests().first().path.contains(QByteArray(40, 'c'))); // at the listed commit
}

void TestDownloadJob::partIsNeverCalledAModel() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    const JobEnd end = runUntil(record(), [](const JobProgress& progress) { return progress.doneBytes > 0; });
    QCOMPARE(end.outcome, Outcome::Stopped);
    QCOMPARE(names(), QStringList({kName + u".part"_s, kName + u".part.json"_s}));
}

void TestDownloadJob::goesOnAfterItWasStopped() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    const JobEnd end = runUntil(record(), [](const JobProgress& progress) { return progress.doneBytes > 0; });
    const qint64 there = QFileInfo(path(kName + u".part"_s)).size();
    QVERIFY(there > 0);
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
    const FakeHub::Request second = m_hub->fileRequests().at(1);
    QCOMPARE(second.headers["range"], "bytes=" + QByteArray::number(there) + '-');
    QCOMPARE(second.headers["if-range"], QByteArray("\"one\""));
}

void TestDownloadJob::goesOnInAnotherProcess() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    runUntil(record(), [](const JobProgress& progress) { return progress.doneBytes > 0; });
    const QList<DownloadRecord> found = findRecords({m_folder->path()}); // all that a later start knows
    QCOMPARE(found.size(), 1);
    QVERIFY(!found.first().isComplete);
    QCOMPARE(run(found.first()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QVERIFY(m_hub->fileRequests().at(1).headers.contains("range"));
    QVERIFY(findRecords({m_folder->path()}).first().isComplete);
}

void TestDownloadJob::damagedPartIsFoundOut() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    const JobEnd end = runUntil(record(), [](const JobProgress& progress) { return progress.doneBytes > 1000; });
    QFile part(path(kName + u".part"_s));
    QVERIFY(part.open(QIODevice::ReadWrite) && part.seek(500) && part.putChar(static_cast<char>(m_bytes[500] + 1)));
    part.close();
    const JobEnd second = run(end.record);
    QCOMPARE(second.outcome, Outcome::Failed);
    QVERIFY(second.sentence.contains(u"checksum"));
    checkNotHere();
    QVERIFY(!QFile::exists(part.fileName()));
    QCOMPARE(run(second.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadJob::goesOnAfterTheConnectionBroke() {
    m_hub->mischief = {{.dropAfter = 700'000}, {.dropAfter = 0}, {.dropAfter = 900'000}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 4);
    QCOMPARE(m_hub->fileRequests().last().headers["range"], QByteArray("bytes=1600000-"));
}

void TestDownloadJob::givesUpAfterSoManyFailures() {
    m_hub->mischief = QList<Mischief>(100, Mischief{.dropAfter = 0});
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"broke off"), qPrintable(end.sentence));
    QCOMPARE(m_waits.size(), m_tools->retry.mostFailures);
    QVERIFY(names().contains(kName + u".part.json"_s)); // to be tried again
}

void TestDownloadJob::waitsLongerEachTime() {
    m_hub->mischief = QList<Mischief>(8, Mischief{.status = 503});
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    QCOMPARE(m_waits, QList<milliseconds>({milliseconds(1000), milliseconds(2000), milliseconds(4000),
                          milliseconds(8000), milliseconds(16000), milliseconds(32000), milliseconds(60000),
                          milliseconds(60000)}));
}

void TestDownloadJob::waitsAsLongAsTheServerAsks() {
    m_hub->mischief = {{.status = 429, .headers = "Retry-After: 45\r\n"}, {.status = 429}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    QCOMPARE(m_waits, QList<milliseconds>({milliseconds(45000), milliseconds(2000)}));
    m_hub->mischief = {{.status = 429, .headers = "Retry-After: 86400\r\n"}}; // nobody waits for a day
    QVERIFY(QFile::remove(path(kName)));
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"24 h"), qPrintable(end.sentence));
}

void TestDownloadJob::stalledConnectionIsTriedAgain() {
    m_tools->retry.stall = milliseconds(500);
    m_hub->mischief = {{.stallAfter = 500'000}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QVERIFY(!m_waits.isEmpty());
    QCOMPARE(m_hub->fileRequests().at(1).headers["range"], QByteArray("bytes=500000-"));
}

void TestDownloadJob::shortFileIsTakenUpAgain_data() {
    QTest::addColumn<bool>("hasNoLength");
    QTest::newRow("less than was announced") << false;
    QTest::newRow("nothing was announced") << true;
}

void TestDownloadJob::shortFileIsTakenUpAgain() {
    QFETCH(bool, hasNoLength);
    m_hub->mischief = {{.dropAfter = 1'234'567, .hasNoLength = hasNoLength}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().at(1).headers["range"], QByteArray("bytes=1234567-"));
}

void TestDownloadJob::refusalsAreSentences_data() {
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("words");
    QTest::newRow("401") << 401 << u"access token"_s;
    QTest::newRow("403") << 403 << u"accept the model's terms"_s;
    QTest::newRow("404") << 404 << u"no such model or file"_s;
    QTest::newRow("410") << 410 << u"no such model or file"_s;
    QTest::newRow("418") << 418 << u"418"_s;
}

void TestDownloadJob::refusalsAreSentences() {
    QFETCH(int, status);
    QFETCH(QString, words);
    m_hub->mischief = {{.status = status}};
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(words), qPrintable(end.sentence));
    QVERIFY(m_waits.isEmpty()); // trying again would change nothing
    checkNotHere();
    QCOMPARE(run(end.record).outcome, Outcome::Complete); // but a person may
    checkHere(m_bytes);
}

void TestDownloadJob::passingTroubleIsTriedAgain_data() {
    QTest::addColumn<int>("status");
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        QTest::addRow("%d", status) << status;
    }
}

void TestDownloadJob::passingTroubleIsTriedAgain() {
    QFETCH(int, status);
    m_hub->mischief = {{.status = status}, {.dropAfter = 1'000'000}, {.status = status}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_waits.size(), 3);
}

void TestDownloadJob::wrongChecksumKeepsNothing() {
    m_hub->files[kRepo][kName].statedSha = FakeHub::sha("something else");
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"checksum"), qPrintable(end.sentence));
    QCOMPARE(names(), QStringList({kName + u".part.json"_s}));
}

void TestDownloadJob::withoutAChecksumItSaysSo() {
    m_hub->files[kRepo][kName].isStated = false;
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Complete);
    QVERIFY2(end.sentence.contains(u"only the length"), qPrintable(end.sentence));
    checkHere(m_bytes);
}

QTEST_GUILESS_MAIN(TestDownloadJob)
#include "tst_download_job.moc"
