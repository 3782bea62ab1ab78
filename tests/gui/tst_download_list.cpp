// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_list.h"
#include "gui/settings/setting_keys.h"
#include "tests/gui/download_rig.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using State = Download::State;

class TestDownloadList : public QObject {
    Q_OBJECT

private slots:
    void init();
    void bringsAModelAndSaysSo();
    void soManyAtOnceAndTheOthersWait();
    void pausedOneMakesRoomForTheNext();
    void goesOnWherePausedAtTheNextStart();
    void nothingIsAskedByItself();
    void closingWhileItRunsKeepsWhatCame();
    void completeOnesAreKnownAtTheNextStart();
    void modelThatWasMovedAwayIsForgotten();
    void verifyFindsDamage();
    void removingDeletesWhatCame();
    void removingWhileItRunsDeletesWhatCame();
    void removingAModelLeavesNothing();
    void sameModelAgainIsOneRow();
    void newerFileOfTheSameNameBeginsAnew();
    void tokenGoesToItsHubAlone();
    void tokenIsWrittenNowhere();
    void driveIsSharedByAll();
    void waitingIsSaidInWords();
    void tokenDoesNotFollowAChangedHub();
    void tokenIsNotSentInTheClear();
    void noMoreAtOnceThanAServerIsAsked();
    void discardingLeavesAPersonsOwnFile();
    void deletingLeavesAPersonsOwnFile();
    void discardingWaitsForTheOtherWindow();
    void newerListingDeletesNothingOfAnotherWindow();

private:
    std::unique_ptr<DownloadList> makeList();
    DownloadRecord record(const QString& name) const;
    DownloadRecord split() const; // "a" and "b" as one model
    QString path(const QString& name) const { return m_folder->filePath(u"models/"_s + name); }
    static int waitForEnd(DownloadList& list, int row);
    QStringList names() const { return QDir(m_folder->filePath(u"models"_s)).entryList(QDir::Files, QDir::Name); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<FakeHub> m_hub;
    RetryRules m_rules;
    std::atomic<qint64> m_free = qint64(1) << 40;
};

void TestDownloadList::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
        qputenv(name, m_folder->filePath(QString::fromLatin1(name)).toLocal8Bit()); // they are not there yet
    QVERIFY(QDir(m_folder->path()).mkpath(u"models"_s));
    m_settings = std::make_unique<Settings>(m_folder->filePath(u"strata.ini"_s));
    m_hub = std::make_unique<FakeHub>();
    m_settings->set(setting::hubAddress, m_hub->url().toString());
    m_rules = {};
    m_rules.first = m_rules.longest = std::chrono::milliseconds(1);
    m_free = qint64(1) << 40;
    for (const char* name : {"a", "b", "c"}) {
        m_hub->add(kRepo, QString::fromLatin1(name) + u".gguf"_s, QByteArray(1'000'000, name[0]));
    }
}

std::unique_ptr<DownloadList> TestDownloadList::makeList() {
    return std::make_unique<DownloadList>(
        *m_settings, m_rules, [this](const QString& /*folder*/) { return m_free.load(); });
}

DownloadRecord TestDownloadList::record(const QString& name) const {
    const FakeHub::File& file = m_hub->files[kRepo][name + u".gguf"_s];
    HubItem item;
    item.name = name;
    item.files = {{name + u".gguf"_s, static_cast<quint64>(file.bytes.size()), FakeHub::sha(file.bytes)}};
    return recordOf(item, *m_hub, m_folder->filePath(u"models"_s));
}

DownloadRecord TestDownloadList::split() const {
    DownloadRecord both = record(u"a"_s);
    both.files.append(record(u"b"_s).files);
    return both;
}

int TestDownloadList::waitForEnd(DownloadList& list, int row) {
    [&] {
        QVERIFY(QTest::qWaitFor([&] {
            const State state = list.download(row).state;
            return state == State::Complete || state == State::Failed || state == State::Paused;
        }, 60'000));
    }();
    return static_cast<int>(list.download(row).state);
}

void TestDownloadList::bringsAModelAndSaysSo() {
    const auto list = makeList();
    const QAbstractItemModelTester tester(list.get(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    QSignalSpy completed(list.get(), &DownloadList::completed);
    const int row = list->add(record(u"a"_s));
    QCOMPARE(waitForEnd(*list, row), int(State::Complete));
    QCOMPARE(completed.size(), 1);
    QCOMPARE(names(), QStringList({u"a.gguf"_s, u"a.gguf.origin.json"_s}));
    QVERIFY(!list->index(row).data(DownloadList::ShareRole).isValid());
    QVERIFY(list->index(row).data(DownloadList::DetailRole).toString().startsWith(u"1.00 MB"_s.left(1)));
    QCOMPARE(m_settings->get(setting::downloadFolders), QStringList(m_folder->filePath(u"models"_s)));
}

void TestDownloadList::soManyAtOnceAndTheOthersWait() {
    m_settings->set(setting::downloadsAtOnce, 2);
    m_hub->mischief = {{.stallAfter = 500'000}, {.stallAfter = 500'000}};
    const auto list = makeList();
    for (const char* name : {"a", "b", "c"}) {
        list->add(record(QString::fromLatin1(name)));
    }
    QTRY_COMPARE(m_hub->served, 2);
    QCOMPARE(list->runningCount(), 2);
    QCOMPARE(list->download(2).state, State::Queued);
    QCOMPARE(list->index(2).data(DownloadList::DetailRole).toString(), u"Waits for its turn"_s);
}

void TestDownloadList::pausedOneMakesRoomForTheNext() {
    m_settings->set(setting::downloadsAtOnce, 1);
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto list = makeList();
    list->add(record(u"a"_s));
    list->add(record(u"b"_s));
    QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    list->pause(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
    QCOMPARE(waitForEnd(*list, 1), int(State::Complete));
    list->resume(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QVERIFY(contents(m_folder->filePath(u"models/a.gguf"_s)) == QByteArray(1'000'000, 'a'));
}

void TestDownloadList::goesOnWherePausedAtTheNextStart() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    {
        const auto list = makeList();
        list->add(record(u"a"_s));
        QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
        list->pause(0);
        QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
    }
    const auto list = makeList();
    QCOMPARE(list->rowCount(), 1);
    QCOMPARE(list->download(0).state, State::Paused);
    QVERIFY(list->download(0).progress.doneBytes > 0);
    list->resume(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QVERIFY(m_hub->fileRequests().last().headers.contains("range"));
}

void TestDownloadList::nothingIsAskedByItself() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    {
        const auto list = makeList();
        list->add(record(u"a"_s));
        QTRY_COMPARE(m_hub->served, 1);
    }
    const auto list = makeList();
    QCOMPARE(list->download(0).state, State::Paused);
    QCOMPARE(list->runningCount(), 0);
    QCoreApplication::processEvents();
    QCOMPARE(m_hub->requests.size(), 1);
}

void TestDownloadList::closingWhileItRunsKeepsWhatCame() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    {
        const auto list = makeList();
        list->add(record(u"a"_s));
        QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    }
    QCOMPARE(names(), QStringList({u"a.gguf.part"_s, u"a.gguf.part.json"_s}));
    QVERIFY(QFileInfo(m_folder->filePath(u"models/a.gguf.part"_s)).size() > 0);
}

void TestDownloadList::completeOnesAreKnownAtTheNextStart() {
    {
        const auto list = makeList();
        list->add(record(u"a"_s));
        QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    }
    m_hub->close();
    const auto list = makeList();
    QCOMPARE(list->rowCount(), 1);
    QCOMPARE(list->download(0).state, State::Complete);
    list->verify(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QVERIFY(list->download(0).sentence.contains(u"every byte"));
}

void TestDownloadList::modelThatWasMovedAwayIsForgotten() {
    {
        const auto list = makeList();
        list->add(record(u"a"_s));
        QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    }
    QVERIFY(QFile::rename(m_folder->filePath(u"models/a.gguf"_s), m_folder->filePath(u"elsewhere.gguf"_s)));
    const auto list = makeList();
    QCOMPARE(list->rowCount(), 0);
    QVERIFY(names().isEmpty());
}

void TestDownloadList::verifyFindsDamage() {
    const auto list = makeList();
    list->add(record(u"a"_s));
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QFile file(m_folder->filePath(u"models/a.gguf"_s));
    QVERIFY(file.open(QIODevice::ReadWrite) && file.putChar('!'));
    file.close();
    list->verify(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Failed));
    QVERIFY(list->index(0).data(DownloadList::DetailRole).toString().contains(u"damaged"));
    QVERIFY(QFile::resize(file.fileName(), 0) && file.open(QIODevice::WriteOnly) &&
            file.write(QByteArray(1'000'000, 'a')) == 1'000'000);
    file.close();
    list->verify(0); // can be asked again
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
}

void TestDownloadList::removingDeletesWhatCame() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto list = makeList();
    list->add(record(u"a"_s));
    QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    list->pause(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
    list->remove(0);
    QCOMPARE(list->rowCount(), 0);
    QTRY_VERIFY(names().isEmpty());
}

void TestDownloadList::removingWhileItRunsDeletesWhatCame() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto list = makeList();
    const QAbstractItemModelTester tester(list.get(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    list->add(record(u"a"_s));
    list->add(record(u"b"_s));
    QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    QCOMPARE(waitForEnd(*list, 1), int(State::Complete));
    list->remove(0);
    QTRY_COMPARE(list->rowCount(), 1);
    QTRY_COMPARE(names(), QStringList({u"b.gguf"_s, u"b.gguf.origin.json"_s}));
}

void TestDownloadList::removingAModelLeavesNothing() {
    const auto list = makeList();
    list->add(record(u"a"_s));
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QSignalSpy removed(list.get(), &DownloadList::removed);
    const QString current = QDir::currentPath();
    QVERIFY(QDir::setCurrent(m_folder->path()));
    list->remove(0);
    QTRY_COMPARE(removed.size(), 1);
    QVERIFY(QDir::setCurrent(current));
    QVERIFY(names().isEmpty());
    QVERIFY2(!QDir(m_folder->path()).exists(u"files"_s), "it went to the current folder instead of the trash");
}

void TestDownloadList::sameModelAgainIsOneRow() {
    const auto list = makeList();
    list->add(record(u"a"_s));
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QCOMPARE(list->add(record(u"a"_s)), 0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QCOMPARE(list->rowCount(), 1);
    QCOMPARE(m_hub->served, 1); // it was checked instead
}

// The hub has another file of that name now; what was there of the former one does not pass for it.
void TestDownloadList::newerFileOfTheSameNameBeginsAnew() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto list = makeList();
    list->add(record(u"a"_s));
    QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    list->pause(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
    m_hub->add(kRepo, u"a.gguf"_s, FakeHub::File{.bytes = QByteArray(900'000, 'z'), .etag = "\"two\""});
    DownloadRecord newer = record(u"a"_s);
    newer.commit = QString(40, u'd');
    list->add(newer);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QVERIFY(contents(m_folder->filePath(u"models/a.gguf"_s)) == QByteArray(900'000, 'z'));
    QVERIFY(!m_hub->fileRequests().last().headers.contains("range"));
}

void TestDownloadList::tokenGoesToItsHubAlone() {
    FakeHub other;
    other.files = m_hub->files;
    const auto list = makeList();
    list->setToken("secret");
    list->add(record(u"a"_s));
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QCOMPARE(m_hub->requests.last().headers["authorization"], QByteArray("Bearer secret"));
    DownloadRecord elsewhere = record(u"b"_s); // begun when another hub was in use
    elsewhere.hub = other.url();
    list->add(elsewhere);
    QCOMPARE(waitForEnd(*list, 1), int(State::Complete));
    QVERIFY(!other.requests.last().headers.contains("authorization"));
}

void TestDownloadList::tokenIsWrittenNowhere() {
    {
        const auto list = makeList();
        list->setToken("secret");
        list->add(record(u"a"_s));
        QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    }
    m_settings->write();
    QVERIFY(!contents(m_folder->filePath(u"strata.ini"_s)).contains("secret"));
    for (const QString& name : names()) {
        QVERIFY(!contents(m_folder->filePath(u"models/"_s + name)).contains("secret"));
    }
}

// Each fits by itself; both do not.
void TestDownloadList::driveIsSharedByAll() {
    m_free = 101'500'000; // less 100 MB that are left to others
    m_hub->mischief = {{.stallAfter = 100'000}};
    const auto list = makeList();
    list->add(record(u"a"_s));
    QTRY_VERIFY(list->download(0).progress.doneBytes > 0);
    list->add(record(u"b"_s));
    QCOMPARE(waitForEnd(*list, 1), int(State::Failed));
    QVERIFY2(list->download(1).sentence.contains(u"too full"), qPrintable(list->download(1).sentence));
}

void TestDownloadList::waitingIsSaidInWords() {
    m_rules.first = m_rules.longest = std::chrono::minutes(2);
    m_hub->mischief = {{.status = 503}};
    const auto list = makeList();
    list->add(record(u"a"_s));
    QTRY_COMPARE(list->download(0).state, State::Waiting);
    const QString detail = list->index(0).data(DownloadList::DetailRole).toString();
    QVERIFY2(detail.contains(u"trouble") && detail.contains(u"2 min 0 s"), qPrintable(detail));
    list->pause(0); // at once, not after two minutes
    QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
}

void TestDownloadList::tokenDoesNotFollowAChangedHub() {
    FakeHub mirror;
    mirror.files = m_hub->files;
    const auto list = makeList();
    list->setToken("secret");
    QCOMPARE(list->access().token, QByteArray("secret"));
    m_settings->set(setting::hubAddress, mirror.url().toString());
    QVERIFY(list->access().token.isEmpty());
    DownloadRecord there = record(u"a"_s);
    there.hub = mirror.url();
    list->add(there);
    QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
    QVERIFY(!mirror.requests.isEmpty());
    QVERIFY(!mirror.requests.last().headers.contains("authorization"));
    m_settings->set(setting::hubAddress, m_hub->url().toString()); // it is still for this one
    QCOMPARE(list->access().token, QByteArray("secret"));
}

void TestDownloadList::tokenIsNotSentInTheClear() {
    m_settings->set(setting::hubAddress, u"http://mirror.example"_s);
    const auto list = makeList();
    list->setToken("secret");
    QVERIFY(list->access().token.isEmpty());
    m_settings->set(setting::hubAddress, u"https://mirror.example"_s);
    list->setToken("secret");
    QCOMPARE(list->access().token, QByteArray("secret"));
}

// Qt opens six connections to a host; what waits for a seventh counts as a silent server.
void TestDownloadList::noMoreAtOnceThanAServerIsAsked() {
    m_settings->set(setting::downloadsAtOnce, 8);
    m_hub->mischief = QList<Mischief>(8, Mischief{.stallAfter = 500'000});
    const auto list = makeList();
    for (const char name : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) {
        m_hub->add(kRepo, QString(QLatin1Char(name)) + u".gguf"_s, QByteArray(1'000'000, name));
        list->add(record(QString(QLatin1Char(name))));
    }
    QCOMPARE(list->runningCount(), 6);
    QTRY_COMPARE(m_hub->served, 6);
}

void TestDownloadList::discardingLeavesAPersonsOwnFile() {
    QFile own(path(u"a.gguf"_s));
    QVERIFY(own.open(QIODevice::WriteOnly) && own.write(QByteArray(1'000'000, 'a')) == 1'000'000);
    own.close();
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto list = makeList();
    list->add(split());
    QTRY_VERIFY(list->download(0).progress.doneBytes > 1'000'000);
    list->pause(0);
    QCOMPARE(waitForEnd(*list, 0), int(State::Paused));
    list->remove(0);
    QTRY_COMPARE(names(), QStringList({u"a.gguf"_s}));
}

void TestDownloadList::deletingLeavesAPersonsOwnFile() {
    QFile own(path(u"a.gguf"_s));
    QVERIFY(own.open(QIODevice::WriteOnly) && own.write(QByteArray(1'000'000, 'a')) == 1'000'000);
    own.close();
    {
        const auto list = makeList();
        list->add(split());
        QCOMPARE(waitForEnd(*list, 0), int(State::Complete));
        QCOMPARE(names(), QStringList({u"a.gguf"_s, u"a.gguf.origin.json"_s, u"b.gguf"_s}));
    }
    const auto list = makeList(); // it is known at the next start too
    list->remove(0);
    QTRY_COMPARE(names(), QStringList({u"a.gguf"_s}));
}

void TestDownloadList::discardingWaitsForTheOtherWindow() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto first = makeList();
    first->add(record(u"a"_s));
    QTRY_VERIFY(first->download(0).progress.doneBytes > 0);
    const auto second = makeList();
    QCOMPARE(second->rowCount(), 1);
    QSignalSpy told(second.get(), &DownloadList::told);
    second->remove(0);
    QTRY_COMPARE(told.size(), 1);
    QVERIFY2(told[0][0].toString().contains(u"Another Strata"), qPrintable(told[0][0].toString()));
    QVERIFY(QFile::exists(path(u"a.gguf.part"_s)));
    QVERIFY(QFile::exists(path(u"a.gguf.part.json"_s)));
}

void TestDownloadList::newerListingDeletesNothingOfAnotherWindow() {
    m_hub->mischief = {{.stallAfter = 500'000}};
    const auto first = makeList();
    first->add(record(u"a"_s));
    QTRY_VERIFY(first->download(0).progress.doneBytes > 0);
    const auto second = makeList();
    DownloadRecord newer = record(u"a"_s);
    newer.files[0].sha256 = FakeHub::sha("newer");
    second->add(newer);
    QCOMPARE(waitForEnd(*second, 0), int(State::Failed));
    QVERIFY(QFile::exists(path(u"a.gguf.part"_s)));
}

QTEST_GUILESS_MAIN(TestDownloadList)
#include "tst_download_list.moc"
