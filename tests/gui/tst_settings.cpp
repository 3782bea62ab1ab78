// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/settings/setting_keys.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

class TestSettings : public QObject {
    Q_OBJECT

private slots:
    void givesFallbacksFromAnEmptyFile();
    void keepsValuesOverARestart();
    void announcesOnlyRealChanges();
    void manyChangesAreWrittenOnceAndSoon();
    void damagedFileIsKeptAndWhatCanBeReadHolds();
    void unwritableFolderGivesOneSentenceAndKeepsValues();
    void fullDiskKeepsTheOldFile();
};

void TestSettings::givesFallbacksFromAnEmptyFile() {
    const QTemporaryDir folder;
    const Settings settings(folder.filePath(QStringLiteral("strata.ini")));
    QCOMPARE(settings.get(setting::theme), QStringLiteral("system"));
    QCOMPARE(settings.get(setting::sendWithEnter), true);
    QVERIFY(settings.get(setting::watchedFolders).isEmpty());
}

void TestSettings::keepsValuesOverARestart() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("new/strata.ini"));
    const QStringList folders = {QStringLiteral("/models, with a comma"), QStringLiteral("/größe")};
    {
        Settings settings(path);
        settings.set(setting::watchedFolders, folders);
        settings.set(setting::sendWithEnter, false);
        settings.set(setting::contextTokens, 4096);
        settings.set(setting::windowState, QByteArray("\0\xff\n", 3));
    }
    const Settings settings(path);
    QCOMPARE(settings.get(setting::watchedFolders), folders);
    QCOMPARE(settings.get(setting::sendWithEnter), false);
    QCOMPARE(settings.get(setting::contextTokens), 4096);
    QCOMPARE(settings.get(setting::windowState), QByteArray("\0\xff\n", 3));
}

void TestSettings::announcesOnlyRealChanges() {
    const QTemporaryDir folder;
    Settings settings(folder.filePath(QStringLiteral("strata.ini")));
    const QSignalSpy changed(&settings, &Settings::changed);
    settings.set(setting::theme, QStringLiteral("dark"));
    settings.set(setting::theme, QStringLiteral("dark"));
    QCOMPARE(changed.size(), 1);
}

// Each writing waits for the disk, in the thread that draws.
void TestSettings::manyChangesAreWrittenOnceAndSoon() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("strata.ini"));
    Settings settings(path);
    for (int tokens : {1024, 2048, 4096}) { // as a slider that is dragged
        settings.set(setting::contextTokens, tokens);
        QCoreApplication::processEvents();
        QVERIFY(!QFile::exists(path));
    }
    QTRY_VERIFY(QFile::exists(path));
    QCOMPARE(Settings(path).get(setting::contextTokens), 4096);
}

void TestSettings::damagedFileIsKeptAndWhatCanBeReadHolds() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("strata.ini"));
    const QByteArray damaged = "[window]\ntheme=dark\nno value \x01\xff\n[models]\ncontext_tokens=4096\n";
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(damaged) == damaged.size());
    file.close();
    {
        Settings settings(path);
        const QSignalSpy failed(&settings, &Settings::writeFailed);
        QVERIFY(settings.damage().contains(QStringLiteral("strata.ini")));
        QCOMPARE(settings.get(setting::theme), QStringLiteral("dark"));
        settings.set(setting::sendWithEnter, false);
        settings.write();
        QCOMPARE(failed.size(), 0);
    }
    const Settings settings(path);
    QCOMPARE(settings.damage(), QString());
    QCOMPARE(settings.get(setting::contextTokens), 4096);
    QCOMPARE(settings.get(setting::sendWithEnter), false);
    const QStringList kept = QDir(folder.path()).entryList({QStringLiteral("strata-*-damaged.ini")});
    QCOMPARE(kept.size(), 1);
    QFile aside(folder.filePath(kept.first()));
    QVERIFY(aside.open(QIODevice::ReadOnly));
    QCOMPARE(aside.readAll(), damaged);
}

// Where a folder should be there is a file: no user, not even root, can write below it.
void TestSettings::unwritableFolderGivesOneSentenceAndKeepsValues() {
    const QTemporaryDir folder;
    QFile blocker(folder.filePath(QStringLiteral("blocker")));
    QVERIFY(blocker.open(QIODevice::WriteOnly));
    Settings settings(blocker.fileName() + QStringLiteral("/strata.ini"));
    const QSignalSpy failed(&settings, &Settings::writeFailed);
    settings.set(setting::theme, QStringLiteral("dark"));
    settings.write();
    settings.set(setting::sendWithEnter, false);
    settings.write();
    QCOMPARE(failed.size(), 1);
    QVERIFY(failed.first().first().toString().contains(QStringLiteral("blocker")));
    QCOMPARE(settings.get(setting::theme), QStringLiteral("dark"));
    QCOMPARE(settings.get(setting::sendWithEnter), false);
}

// A process that may not write a byte more to any file sees what a full disk shows it.
void TestSettings::fullDiskKeepsTheOldFile() {
    const QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("strata.ini"));
    Settings(path).set(setting::theme, QStringLiteral("light"));

    Settings settings(path);
    const QSignalSpy failed(&settings, &Settings::writeFailed);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit nothing{.rlim_cur = 0, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &nothing);
    settings.set(setting::theme, QStringLiteral("dark"));
    settings.write();
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_DFL);

    QCOMPARE(failed.size(), 1);
    QCOMPARE(settings.get(setting::theme), QStringLiteral("dark"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("theme=light"));
}

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
