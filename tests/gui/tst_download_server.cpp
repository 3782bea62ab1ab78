// SPDX-License-Identifier: GPL-3.0-or-later
// What a server sends is not taken on trust: lengths, ranges, ETags and redirects.
#include "tests/gui/download_rig.h"

#include <QTest>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Task = DownloadJob::Task;

class TestDownloadServer : public DownloadRig {
    Q_OBJECT

private slots:
    void init() { prepare(); }
    void cleanup() { finish(); }
    void fileOfAnotherLengthIsNotTaken_data();
    void fileOfAnotherLengthIsNotTaken();
    void longerBodyIsNotTaken();
    void serverWithoutRangesLosesNothing();
    void fileThatChangedBeginsAnew_data();
    void fileThatChangedBeginsAnew();
    void fileThatKeepsChangingEnds();
    void partFromAnotherPlaceIsNotTaken();
    void refusedRangeLosesNothing();
    void followsToAnotherHostWithoutTheToken();
    void keepsTheTokenOnTheOwnHost();
    void otherFileOnTheWayIsRefused();
    void circleOfRedirectsEnds();
    void badRedirectsAreRefused_data();
    void badRedirectsAreRefused();
    void withoutAChecksumNothingIsSpliced_data();
    void withoutAChecksumNothingIsSpliced();
    void silenceAboutTheEtagDoesNotForgetIt();
    void fileThatKeepsChangingEndsWithRangesToo();
    void otherEtagOfTheSameChecksumLosesNothing();
};

void TestDownloadServer::fileOfAnotherLengthIsNotTaken_data() {
    QTest::addColumn<qint64>("length");
    QTest::newRow("shorter") << qint64(1000);
    QTest::newRow("longer") << qint64(4'000'000);
}

void TestDownloadServer::fileOfAnotherLengthIsNotTaken() {
    QFETCH(qint64, length);
    m_hub->mischief = QList<Mischief>(100, Mischief{.claimsLength = length});
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"3,000,000 bytes"), qPrintable(end.sentence));
    checkNotHere();
    QCOMPARE(QFileInfo(path(kName + u".part"_s)).size(), 0); // not a byte of it
}

void TestDownloadServer::longerBodyIsNotTaken() {
    m_hub->mischief = QList<Mischief>(100, Mischief{.hasNoLength = true, .extra = "more"});
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"more of"), qPrintable(end.sentence));
    checkNotHere();
    m_hub->mischief = {{.hasNoLength = true, .extra = "more"}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadServer::serverWithoutRangesLosesNothing() {
    m_hub->mischief = {{.dropAfter = 2'000'000}, {.dropAfter = 1'000'000, .ignoresRange = true}, {.ignoresRange = true}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    for (int i = 1; i < 3; ++i) { // what broke off before it reached the end of the part has not shortened that
        QCOMPARE(m_hub->fileRequests().at(i).headers["range"], QByteArray("bytes=2000000-"));
    }
}

void TestDownloadServer::fileThatChangedBeginsAnew_data() {
    QTest::addColumn<bool>("ignoresIfRange");
    QTest::newRow("a server that compares") << false;
    QTest::newRow("a server that does not") << true;
}

// The part came from something that was not the listed file.
void TestDownloadServer::fileThatChangedBeginsAnew() {
    QFETCH(bool, ignoresIfRange);
    const DownloadRecord right = record();
    m_hub->files[kRepo][kName] = {noise(m_bytes.size(), 99), "\"old\""};
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    const JobEnd end = runUntil(right, [](const JobProgress& progress) { return progress.doneBytes > 0; });
    m_hub->files[kRepo][kName] = {m_bytes, "\"new\""};
    m_hub->mischief = {{.ignoresIfRange = ignoresIfRange}};
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadServer::fileThatKeepsChangingEnds() {
    for (int i = 0; i < 100; ++i) {
        m_hub->mischief.append(
            {.dropAfter = 1000, .ignoresIfRange = true, .etag = "\"" + QByteArray::number(i) + "\""});
    }
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"changed"), qPrintable(end.sentence));
    checkNotHere();
}

void TestDownloadServer::partFromAnotherPlaceIsNotTaken() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.shiftsRange = 10}, {.shiftsRange = -10}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 4);
}

void TestDownloadServer::refusedRangeLosesNothing() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.status = 416}, {.status = 416}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().last().headers["range"], QByteArray("bytes=1000000-"));
}

void TestDownloadServer::followsToAnotherHostWithoutTheToken() {
    FakeHub cdn;
    cdn.files = m_hub->files;
    m_hub->cdn = cdn.url(); // another port is another origin
    m_hub->token = "secret";
    cdn.mischief = {{.dropAfter = 1'000'000}};
    QCOMPARE(run(record(), Task::Download, "secret").outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(cdn.requests.size(), 2);
    QCOMPARE(m_hub->fileRequests().size(), 2); // each time by way of the hub: such addresses run out
    for (const FakeHub::Request& request : cdn.requests) {
        QVERIFY(!request.headers.contains("authorization"));
        QVERIFY(!request.headers.contains("cookie"));
    }
    QCOMPARE(m_hub->requests.first().headers["authorization"], QByteArray("Bearer secret"));
    for (const QString& name : names()) {
        QVERIFY(!contents(path(name)).contains("secret"));
    }
}

void TestDownloadServer::keepsTheTokenOnTheOwnHost() {
    m_hub->token = "secret";
    m_hub->mischief = {{.status = 307, .headers = "Location: /someone/Some-Model-GGUF/resolve/x/" + kName.toLatin1() + "\r\n"}};
    QCOMPARE(run(record(), Task::Download, "secret").outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadServer::otherFileOnTheWayIsRefused() {
    FakeHub cdn;
    cdn.files = m_hub->files;
    m_hub->cdn = cdn.url();
    const DownloadRecord listed = record();
    m_hub->files[kRepo][kName].statedSha = FakeHub::sha("another");
    const JobEnd end = run(listed);
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"Find the model again"), qPrintable(end.sentence));
    QCOMPARE(QFileInfo(path(kName + u".part"_s)).size(), 0);
}

void TestDownloadServer::circleOfRedirectsEnds() {
    m_hub->cdn = m_hub->url();
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"without end"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.size() < 12);
    checkNotHere();
}

void TestDownloadServer::badRedirectsAreRefused_data() {
    QTest::addColumn<QByteArray>("location");
    QTest::newRow("a local file") << QByteArray("file:///etc/passwd");
    QTest::newRow("another scheme") << QByteArray("ftp://127.0.0.1/x.gguf");
    QTest::newRow("no host") << QByteArray("http:///x.gguf");
}

void TestDownloadServer::badRedirectsAreRefused() {
    QFETCH(QByteArray, location);
    m_hub->mischief = {{.status = 302, .headers = "Location: " + location + "\r\n"}};
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be used"), qPrintable(end.sentence));
    QVERIFY(m_waits.isEmpty());
}

void TestDownloadServer::withoutAChecksumNothingIsSpliced_data() {
    QTest::addColumn<QByteArray>("formerEtag");
    QTest::addColumn<QByteArray>("newerEtag");
    QTest::addColumn<bool>("ignoresRange");
    QTest::newRow("weak, all is sent") << QByteArray("W/\"one\"") << QByteArray("W/\"one\"") << true;
    QTest::newRow("weak, a part is sent") << QByteArray("W/\"one\"") << QByteArray("W/\"one\"") << false;
    QTest::newRow("strong, then weak, all is sent") << QByteArray("\"one\"") << QByteArray("W/\"one\"") << true;
    QTest::newRow("strong, then weak, a part is sent") << QByteArray("\"one\"") << QByteArray("W/\"one\"") << false;
}

// Nothing would find it out later.
void TestDownloadServer::withoutAChecksumNothingIsSpliced() {
    QFETCH(QByteArray, formerEtag);
    QFETCH(QByteArray, newerEtag);
    QFETCH(bool, ignoresRange);
    m_hub->files[kRepo][kName].isStated = false;
    m_hub->files[kRepo][kName].etag = formerEtag;
    const DownloadRecord listed = record();
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    const JobEnd end = runUntil(listed, [](const JobProgress& progress) { return progress.doneBytes > 0; });
    const QByteArray newer = noise(m_bytes.size(), 99);
    m_hub->files[kRepo][kName] = FakeHub::File{.bytes = newer, .etag = newerEtag, .isStated = false};
    m_hub->mischief = {{.ignoresRange = ignoresRange, .ignoresIfRange = true}};
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(newer);
}

void TestDownloadServer::silenceAboutTheEtagDoesNotForgetIt() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.dropAfter = 500'000, .ignoresIfRange = true, .etag = "W/\"one\""}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 3);
    QCOMPARE(m_hub->fileRequests().at(2).headers["range"], QByteArray("bytes=1500000-"));
    QCOMPARE(m_hub->fileRequests().at(2).headers["if-range"], QByteArray("\"one\""));
}

void TestDownloadServer::fileThatKeepsChangingEndsWithRangesToo() {
    for (int i = 0; i < 100; ++i) {
        m_hub->mischief.append({.dropAfter = 1000, .etag = "\"" + QByteArray::number(i) + "\""});
    }
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"changed"), qPrintable(end.sentence));
    QVERIFY(m_hub->fileRequests().size() < 10);
    checkNotHere();
}

// Each server behind the hub has its own ETag; the hub says on the way that the file is the same.
void TestDownloadServer::otherEtagOfTheSameChecksumLosesNothing() {
    FakeHub cdn;
    cdn.files = m_hub->files;
    m_hub->cdn = cdn.url();
    cdn.mischief = {{.dropAfter = 2'000'000, .etag = "\"a\""}, {.dropAfter = 1'000'000, .etag = "\"b\""}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(cdn.fileRequests().at(2).headers["range"], QByteArray("bytes=2000000-"));
}

QTEST_GUILESS_MAIN(TestDownloadServer)
#include "tst_download_server.moc"
