// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_job.h"
#include "tests/gui/fake_hub.h"

#include <QDir>
#include <QNetworkAccessManager>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThreadPool>

#include <sys/resource.h>

#include <csignal>
#include <utility>

using namespace Qt::StringLiterals;
using Outcome = JobEnd::Outcome;
using Task = DownloadJob::Task;
using std::chrono::milliseconds;

namespace {

const QString kRepo = u"someone/Some-Model-GGUF"_s;
const QString kName = u"some-model-Q4_K_M.gguf"_s;

// Not the same anywhere, so that a part in the wrong place shows.
QByteArray noise(qsizetype size, quint32 seed = 1) {
    QByteArray bytes(size, Qt::Uninitialized);
    quint32 state = seed;
    for (char& byte : bytes) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class TestDownloadJob : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
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
    void refusalsAreSentences_data();
    void refusalsAreSentences();
    void passingTroubleIsTriedAgain_data();
    void passingTroubleIsTriedAgain();
    void wrongChecksumKeepsNothing();
    void withoutAChecksumItSaysSo();
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
    void withoutAChecksumNothingIsSpliced_data();
    void withoutAChecksumNothingIsSpliced();
    void silenceAboutTheEtagDoesNotForgetIt();
    void fileThatKeepsChangingEndsWithRangesToo();
    void otherEtagOfTheSameChecksumLosesNothing();
    void driveIsWaitedForOnThePool();

private:
    DownloadRecord record(const QString& path = kName) const;
    DownloadRecord shards(int count) const;
    DownloadRecord recordOf(const HubItem& item) const;
    JobEnd run(const DownloadRecord& record, Task task = Task::Download, const QByteArray& token = {});
    JobEnd runUntil(const DownloadRecord& record, const std::function<bool(const JobProgress&)>& isEnough);
    QString path(const QString& name) const { return m_folder->filePath(name); }
    QStringList names() const { return QDir(m_folder->path()).entryList(QDir::Files, QDir::Name); }
    void checkHere(const QByteArray& bytes) const;
    void checkNotHere() const;

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<FakeHub> m_hub;
    std::unique_ptr<QNetworkAccessManager> m_network;
    std::unique_ptr<QThreadPool> m_pool;
    std::unique_ptr<JobTools> m_tools;
    QList<milliseconds> m_waits;
    qint64 m_free = 1'000'000'000'000;
    QByteArray m_bytes;
};

void TestDownloadJob::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_hub = std::make_unique<FakeHub>();
    m_network = std::make_unique<QNetworkAccessManager>();
    m_pool = std::make_unique<QThreadPool>();
    m_waits.clear();
    m_free = 1'000'000'000'000;
    m_bytes = noise(3'000'000);
    RetryRules rules;
    rules.wait = [this](milliseconds delay, QObject* context, const std::function<void()>& then) {
        m_waits.append(delay);
        QMetaObject::invokeMethod(context, then, Qt::QueuedConnection);
    };
    rules.stall = milliseconds(60'000); // a busy machine is not a dead connection
    m_tools = std::make_unique<JobTools>(
        JobTools{*m_network, *m_pool, rules, [this](const QString& /*folder*/) { return m_free; }});
    m_hub->add(kRepo, kName, m_bytes);
}

void TestDownloadJob::cleanup() {
    m_pool->waitForDone();
}

DownloadRecord TestDownloadJob::recordOf(const HubItem& item) const {
    const HubRepo repo{.repo = kRepo, .commit = QString(40, u'c'), .isGated = false, .files = {}};
    return makeRecord(m_hub->url(), repo, item, m_folder->path());
}

DownloadRecord TestDownloadJob::record(const QString& path) const {
    const FakeHub::File& file = m_hub->files[kRepo][path];
    const QByteArray sha = file.statedSha.isEmpty() ? FakeHub::sha(file.bytes) : file.statedSha;
    HubItem item;
    item.name = u"some-model"_s;
    item.files = {{path, static_cast<quint64>(file.bytes.size()), file.isStated ? sha : QByteArray()}};
    return recordOf(item);
}

DownloadRecord TestDownloadJob::shards(int count) const {
    HubItem item;
    item.name = u"big"_s;
    for (int i = 1; i <= count; ++i) {
        const QString path = u"Q8_0/big-%1-of-%2.gguf"_s.arg(i, 5, 10, QChar(u'0')).arg(count, 5, 10, QChar(u'0'));
        const QByteArray bytes = noise(400'000 + i, static_cast<quint32>(i + 1));
        m_hub->add(kRepo, path, bytes);
        item.files.append({path, static_cast<quint64>(bytes.size()), FakeHub::sha(bytes)});
    }
    return recordOf(item);
}

JobEnd TestDownloadJob::run(const DownloadRecord& record, Task task, const QByteArray& token) {
    DownloadJob job(record, {m_hub->url(), token}, task, *m_tools);
    std::optional<JobEnd> end;
    connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) {
        QVERIFY(!end); // once
        end = how;
    });
    job.start();
    [&] { QVERIFY(QTest::qWaitFor([&end] { return end.has_value(); }, 60'000)); }();
    return end.value_or(JobEnd());
}

// Stops it as soon as it is so far.
JobEnd TestDownloadJob::runUntil(
    const DownloadRecord& record, const std::function<bool(const JobProgress&)>& isEnough) {
    DownloadJob job(record, {m_hub->url(), {}}, Task::Download, *m_tools);
    std::optional<JobEnd> end;
    bool isFar = false;
    connect(&job, &DownloadJob::ended, this, [&end](const JobEnd& how) { end = how; });
    connect(&job, &DownloadJob::progressed, this, [&](const JobProgress& progress) { isFar |= isEnough(progress); });
    job.start();
    [&] { QTRY_VERIFY_WITH_TIMEOUT(isFar || end.has_value(), 60'000); }();
    job.stop();
    return end.value_or(JobEnd());
}

void TestDownloadJob::checkHere(const QByteArray& bytes) const {
    QCOMPARE(names(), QStringList({kName, kName + u".origin.json"_s}));
    QVERIFY(contents(path(kName)) == bytes);
}

void TestDownloadJob::checkNotHere() const {
    QVERIFY(!names().contains(kName));
}

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

void TestDownloadJob::fileOfAnotherLengthIsNotTaken_data() {
    QTest::addColumn<qint64>("length");
    QTest::newRow("shorter") << qint64(1000);
    QTest::newRow("longer") << qint64(4'000'000);
}

void TestDownloadJob::fileOfAnotherLengthIsNotTaken() {
    QFETCH(qint64, length);
    m_hub->mischief = QList<Mischief>(100, Mischief{.claimsLength = length});
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"3,000,000 bytes"), qPrintable(end.sentence));
    checkNotHere();
    QCOMPARE(QFileInfo(path(kName + u".part"_s)).size(), 0); // not a byte of it
}

void TestDownloadJob::longerBodyIsNotTaken() {
    m_hub->mischief = QList<Mischief>(100, Mischief{.hasNoLength = true, .extra = "more"});
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"more of"), qPrintable(end.sentence));
    checkNotHere();
    m_hub->mischief = {{.hasNoLength = true, .extra = "more"}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadJob::serverWithoutRangesLosesNothing() {
    m_hub->mischief = {{.dropAfter = 2'000'000}, {.dropAfter = 1'000'000, .ignoresRange = true}, {.ignoresRange = true}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    for (int i = 1; i < 3; ++i) { // what broke off before it reached the end of the part has not shortened that
        QCOMPARE(m_hub->fileRequests().at(i).headers["range"], QByteArray("bytes=2000000-"));
    }
}

void TestDownloadJob::fileThatChangedBeginsAnew_data() {
    QTest::addColumn<bool>("ignoresIfRange");
    QTest::newRow("a server that compares") << false;
    QTest::newRow("a server that does not") << true;
}

// The part came from something that was not the listed file.
void TestDownloadJob::fileThatChangedBeginsAnew() {
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

void TestDownloadJob::fileThatKeepsChangingEnds() {
    for (int i = 0; i < 100; ++i) {
        m_hub->mischief.append(
            {.dropAfter = 1000, .ignoresIfRange = true, .etag = "\"" + QByteArray::number(i) + "\""});
    }
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"changed"), qPrintable(end.sentence));
    checkNotHere();
}

void TestDownloadJob::partFromAnotherPlaceIsNotTaken() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.shiftsRange = 10}, {.shiftsRange = -10}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 4);
}

void TestDownloadJob::refusedRangeLosesNothing() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.status = 416}, {.status = 416}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().last().headers["range"], QByteArray("bytes=1000000-"));
}

void TestDownloadJob::followsToAnotherHostWithoutTheToken() {
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

void TestDownloadJob::keepsTheTokenOnTheOwnHost() {
    m_hub->token = "secret";
    m_hub->mischief = {{.status = 307, .headers = "Location: /someone/Some-Model-GGUF/resolve/x/" + kName.toLatin1() + "\r\n"}};
    QCOMPARE(run(record(), Task::Download, "secret").outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadJob::otherFileOnTheWayIsRefused() {
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

void TestDownloadJob::circleOfRedirectsEnds() {
    m_hub->cdn = m_hub->url();
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"without end"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.size() < 12);
    checkNotHere();
}

void TestDownloadJob::badRedirectsAreRefused_data() {
    QTest::addColumn<QByteArray>("location");
    QTest::newRow("a local file") << QByteArray("file:///etc/passwd");
    QTest::newRow("another scheme") << QByteArray("ftp://127.0.0.1/x.gguf");
    QTest::newRow("no host") << QByteArray("http:///x.gguf");
}

void TestDownloadJob::badRedirectsAreRefused() {
    QFETCH(QByteArray, location);
    m_hub->mischief = {{.status = 302, .headers = "Location: " + location + "\r\n"}};
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be used"), qPrintable(end.sentence));
    QVERIFY(m_waits.isEmpty());
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

void TestDownloadJob::fullDriveIsSeenBefore() {
    m_free = m_bytes.size();
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"too full"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
    QVERIFY(names().isEmpty());
}

// The kernel refuses what goes beyond the limit, as it does on a full drive.
void TestDownloadJob::fullDriveKeepsWhatCame() {
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

void TestDownloadJob::folderThatCantBeWrittenIsASentence() {
    DownloadRecord here = record();
    QFile blocked(path(u"file"_s));
    QVERIFY(blocked.open(QIODevice::WriteOnly));
    here.folder = path(u"file/folder"_s);
    const JobEnd end = run(here);
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be made"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadJob::shardsComeTogetherOrNotAtAll() {
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

void TestDownloadJob::shardsGoOnWhereTheyWere() {
    const DownloadRecord all = shards(2);
    m_hub->mischief = {{}, {.stallAfter = 100'000}};
    runUntil(all, [&](const JobProgress& progress) { return progress.doneBytes > all.files[0].size + 1000; });
    const JobEnd end = run(findRecords({m_folder->path()}).value(0));
    QCOMPARE(end.outcome, Outcome::Complete);
    QCOMPARE(m_hub->fileRequests().size(), 3);
    QVERIFY(m_hub->fileRequests().last().headers.contains("range"));
}

void TestDownloadJob::anotherFileOfTheNameStays() {
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

void TestDownloadJob::sameFileIsTakenAsItIs() {
    QFile own(path(kName));
    QVERIFY(own.open(QIODevice::WriteOnly) && own.write(m_bytes) == m_bytes.size());
    own.close();
    m_free = 0; // none is needed
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    QVERIFY(m_hub->requests.isEmpty());
    checkHere(m_bytes);
}

void TestDownloadJob::twoJobsForOneFileDoNotMix() {
    m_hub->mischief = {{.stallAfter = 1'000'000}};
    DownloadJob first(record(), {m_hub->url(), {}}, Task::Download, *m_tools);
    first.start();
    const JobEnd second = run(record());
    QCOMPARE(second.outcome, Outcome::Failed);
    QVERIFY2(second.sentence.contains(u"Another Strata"), qPrintable(second.sentence));
    first.stop();
    QCOMPARE(run(record()).outcome, Outcome::Complete);
}

void TestDownloadJob::verifyFindsDamage() {
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

void TestDownloadJob::verifyAsksNothingOfTheNetwork() {
    const DownloadRecord here = run(record()).record;
    m_hub->requests.clear();
    m_hub->close();
    const JobEnd end = run(here, Task::Verify);
    QCOMPARE(end.outcome, Outcome::Complete);
    QVERIFY2(end.sentence.contains(u"every byte"), qPrintable(end.sentence));
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadJob::stoppingWhileItChecksEndsAtOnce() {
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
void TestDownloadJob::partThatWasDeletedIsNoModel() {
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

void TestDownloadJob::partThatWasReplacedIsNoModel() {
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
void TestDownloadJob::verifiedPartThatChangedIsReadAgain() {
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

void TestDownloadJob::brokenLinkOfTheNameStays() {
    QVERIFY(QFile::link(path(u"elsewhere"_s), path(kName)));
    const JobEnd end = run(record());
    QCOMPARE(end.outcome, Outcome::Failed);
    QVERIFY2(end.sentence.contains(u"can't be given its name"), qPrintable(end.sentence));
    QVERIFY(!QFile::exists(path(u"elsewhere"_s)));
    QVERIFY(QFile::remove(path(kName)));
    QCOMPARE(run(end.record).outcome, Outcome::Complete);
    checkHere(m_bytes);
}

void TestDownloadJob::withoutAChecksumNothingIsSpliced_data() {
    QTest::addColumn<QByteArray>("formerEtag");
    QTest::addColumn<QByteArray>("newerEtag");
    QTest::addColumn<bool>("ignoresRange");
    QTest::newRow("weak, all is sent") << QByteArray("W/\"one\"") << QByteArray("W/\"one\"") << true;
    QTest::newRow("weak, a part is sent") << QByteArray("W/\"one\"") << QByteArray("W/\"one\"") << false;
    QTest::newRow("strong, then weak, all is sent") << QByteArray("\"one\"") << QByteArray("W/\"one\"") << true;
    QTest::newRow("strong, then weak, a part is sent") << QByteArray("\"one\"") << QByteArray("W/\"one\"") << false;
}

// Nothing would find it out later.
void TestDownloadJob::withoutAChecksumNothingIsSpliced() {
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

void TestDownloadJob::silenceAboutTheEtagDoesNotForgetIt() {
    m_hub->mischief = {{.dropAfter = 1'000'000}, {.dropAfter = 500'000, .ignoresIfRange = true, .etag = "W/\"one\""}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(m_hub->fileRequests().size(), 3);
    QCOMPARE(m_hub->fileRequests().at(2).headers["range"], QByteArray("bytes=1500000-"));
    QCOMPARE(m_hub->fileRequests().at(2).headers["if-range"], QByteArray("\"one\""));
}

void TestDownloadJob::fileThatKeepsChangingEndsWithRangesToo() {
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
void TestDownloadJob::otherEtagOfTheSameChecksumLosesNothing() {
    FakeHub cdn;
    cdn.files = m_hub->files;
    m_hub->cdn = cdn.url();
    cdn.mischief = {{.dropAfter = 2'000'000, .etag = "\"a\""}, {.dropAfter = 1'000'000, .etag = "\"b\""}};
    QCOMPARE(run(record()).outcome, Outcome::Complete);
    checkHere(m_bytes);
    QCOMPARE(cdn.fileRequests().at(2).headers["range"], QByteArray("bytes=2000000-"));
}

// A slow drive holds up neither the other downloads nor Pause, which share the thread of the job.
void TestDownloadJob::driveIsWaitedForOnThePool() {
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

QTEST_GUILESS_MAIN(TestDownloadJob)
#include "tst_download_job.moc"
