// SPDX-License-Identifier: GPL-3.0-or-later
// Several starts of the real program, as a person's double clicks make them.
#include "gui/single_instance.h"
#include "tests/support/tiny_model.h"

#include <QLocalSocket>
#include <QtTest>

#include <csignal>

using namespace Qt::StringLiterals;
using Role = SingleInstance::Role;

namespace {

constexpr auto kWords = "Words of weight";
constexpr auto kChat = R"({"format":1,"entries":[{"kind":"own","text":"Words of weight"}]})";

// A person's home, and the program started in it.
class Home {
public:
    Home() { QVERIFY(QDir().mkpath(dataFolder())); }

    QString path(const QString& name) const { return m_folder.filePath(name); }
    QString dataFolder() const { return path(u".local/share/strata"_s); }
    QString chatFile() const { return dataFolder() + u"/chat.json"_s; }

    std::unique_ptr<QProcess> start(const QStringList& arguments = {}) const {
        auto process = std::make_unique<QProcess>();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
            environment.remove(QLatin1String(name));
        environment.insert(u"HOME"_s, m_folder.path());
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        process->setProcessEnvironment(environment);
        process->setWorkingDirectory(m_folder.path());
        process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process->start(QStringLiteral(STRATA_PROGRAM), arguments);
        return process;
    }

    qint64 holder() const { // the process that has the window; 0: none
        qint64 process = 0;
        QString host;
        QString program;
        QLockFile(dataFolder() + u"/strata.lock"_s).getLockInfo(&process, &host, &program);
        return QFile::exists(dataFolder() + u"/strata.socket"_s) ? process : 0;
    }
    bool waitForWindow(const QProcess& process) const {
        return QTest::qWaitFor([&] { return holder() == process.processId(); }, 20000);
    }
    // Settings are written within a second. The bytes are read and not Settings: QSettings takes a file's date after
    // its text, so that one replaced in between keeps its old text under the new date for as long as this process runs.
    bool waitForLoaded(const QString& model) const {
        return QTest::qWaitFor(
            [&] { return read(path(u".config/strata/strata.ini"_s)).contains(model.toUtf8()); }, 20000);
    }
    void write(const QString& name, const QByteArray& bytes) const {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
    QByteArray read(const QString& name) const {
        QFile file(name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QString makeModel() const {
        return QString::fromStdString(strata::writeTinyModel(m_folder.path().toStdString()).string());
    }

private:
    QTemporaryDir m_folder;
};

int exitCode(QProcess& process) {
    return process.waitForFinished(20000) && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
}

} // namespace

class TestInstances : public QObject {
    Q_OBJECT

private slots:
    void secondStartHandsItsFileOver();
    void crashLeavesNothingInTheWay();
    void homesAreIndependent();
    void pictureNeitherWaitsNorWrites();
    void silentFirstKeepsItsWords();
    void longFolderNamesWork();
    void strangeBytesOnTheSocketDoNothing();
    void answersWithoutADisplay_data();
    void answersWithoutADisplay();
};

void TestInstances::secondStartHandsItsFileOver() {
    const Home home;
    const QString model = home.makeModel();
    home.write(home.chatFile(), kChat);
    const auto first = home.start();
    QVERIFY(home.waitForWindow(*first));
    QCOMPARE(exitCode(*home.start()), 0);                              // only to come forward
    QCOMPARE(exitCode(*home.start({QFileInfo(model).fileName()})), 0); // a path as typed in that folder
    QVERIFY(home.waitForLoaded(model));
    QCOMPARE(first->state(), QProcess::Running);
    QCOMPARE(home.holder(), first->processId());
    QVERIFY(home.read(home.chatFile()).contains(kWords)); // the first may have saved them by now
    first->kill();
    first->waitForFinished();
}

void TestInstances::crashLeavesNothingInTheWay() {
    const Home home;
    const QString model = home.makeModel();
    const auto first = home.start();
    QVERIFY(home.waitForWindow(*first));
    ::kill(static_cast<pid_t>(first->processId()), SIGKILL);
    first->waitForFinished();
    QVERIFY(QFile::exists(home.dataFolder() + u"/strata.lock"_s)); // as a crash leaves it
    const auto next = home.start();
    QVERIFY(home.waitForWindow(*next));
    QCOMPARE(exitCode(*home.start({model})), 0);
    QVERIFY(home.waitForLoaded(model));
    next->kill();
    next->waitForFinished();
}

void TestInstances::homesAreIndependent() {
    const Home one;
    const Home other;
    const auto first = one.start();
    const auto second = other.start();
    QVERIFY(one.waitForWindow(*first));
    QVERIFY(other.waitForWindow(*second));
    for (QProcess* process : {first.get(), second.get()}) {
        process->kill();
        process->waitForFinished();
    }
}

void TestInstances::pictureNeitherWaitsNorWrites() {
    const Home home;
    const QString model = home.makeModel();
    home.write(home.chatFile(), kChat);
    const auto first = home.start();
    QVERIFY(home.waitForWindow(*first));
    ::kill(static_cast<pid_t>(first->processId()), SIGSTOP);
    const QByteArray chat = home.read(home.chatFile());
    QVERIFY(chat.contains(kWords));
    const QString picture = home.path(u"picture.png"_s);
    QCOMPARE(exitCode(*home.start({u"--screenshot"_s, picture, model})), 0);
    QVERIFY(!QImage(picture).isNull());
    QCOMPARE(exitCode(*home.start({u"--version"_s})), 0);
    QCOMPARE(first->state(), QProcess::Running);
    QCOMPARE(home.read(home.chatFile()), chat);
    first->kill();
    first->waitForFinished();
}

// One that hangs, or that runs on another machine with the same home.
void TestInstances::silentFirstKeepsItsWords() {
    const Home home;
    const QString model = home.makeModel();
    home.write(home.chatFile(), kChat);
    const auto first = home.start();
    QVERIFY(home.waitForWindow(*first));
    QVERIFY(QTest::qWaitFor([&] { return QFile::exists(home.chatFile() + u".lock"_s); }, 20000));
    ::kill(static_cast<pid_t>(first->processId()), SIGSTOP);
    const QByteArray chat = home.read(home.chatFile());
    const auto second = home.start({model});
    QVERIFY(home.waitForLoaded(model)); // it opened a window of its own
    QCOMPARE(second->state(), QProcess::Running);
    QVERIFY(chat.contains(kWords));
    QCOMPARE(home.read(home.chatFile()), chat);
    QCOMPARE(QDir(home.dataFolder()).entryList({u"chat*.json"_s}), QStringList{u"chat.json"_s});
    for (QProcess* process : {first.get(), second.get()}) {
        process->kill();
        process->waitForFinished();
    }
}

void TestInstances::longFolderNamesWork() {
    const QTemporaryDir folder;
    const QString longName = folder.filePath(QString(120, u'n'));
    SingleInstance first(longName);
    QCOMPARE(first.start({}), Role::First);
    QStringList files;
    connect(&first, &SingleInstance::fileHandedOver, this, [&](const QString& file) { files.append(file); });
    std::unique_ptr<QThread> other(QThread::create([&] {
        SingleInstance second(longName);
        if (second.start(u"/models/\u00fc\n.gguf"_s) != Role::HandedOver)
            qWarning("not handed over");
    }));
    other->start();
    QTRY_VERIFY(other->isFinished());
    QCOMPARE(files, QStringList{u"/models/\u00fc\n.gguf"_s});
}

void TestInstances::strangeBytesOnTheSocketDoNothing() {
    const QTemporaryDir folder;
    SingleInstance first(folder.path());
    QCOMPARE(first.start({}), Role::First);
    QSignalSpy handed(&first, &SingleInstance::fileHandedOver);
    QLocalSocket socket;
    socket.connectToServer(folder.filePath(u"strata.socket"_s));
    QVERIFY(socket.waitForConnected(5000));
    socket.write(QByteArray(100000, '\x7f'));
    QTRY_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
    QVERIFY(handed.isEmpty());
}

void TestInstances::answersWithoutADisplay_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("words");
    QTest::newRow("help") << QStringList{u"--help"_s} << 0 << u"Usage: "_s;
    QTest::newRow("help, and what is Qt's") << QStringList{u"-style"_s, u"fusion"_s, u"-h"_s} << 0 << u"--screenshot"_s;
    QTest::newRow("version") << QStringList{u"--version"_s} << 0 << u"strata "_s;
    QTest::newRow("a wrong option") << QStringList{u"--nonsense"_s} << 1 << u"nonsense"_s;
    QTest::newRow("an option without its value") << QStringList{u"--screenshot"_s} << 1 << u"screenshot"_s;
    // Where a window is wanted Qt looks for the display, and this test would see it.
    QTest::newRow("a window") << QStringList{u"-platform"_s, u"nowhere"_s} << -1 << u"platform"_s;
}

void TestInstances::answersWithoutADisplay() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, words);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        environment.remove(QLatin1String(name));
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QStringLiteral(STRATA_PROGRAM), arguments);
    QCOMPARE(exitCode(process), code);
    const QString said = QString::fromUtf8(process.readAll());
    QVERIFY2(said.contains(words), qPrintable(said));
    QCOMPARE(said.contains(u"platform plugin"), code < 0);
}

QTEST_MAIN(TestInstances)
#include "tst_instances.moc"
