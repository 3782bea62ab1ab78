// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_list.h"
#include "tests/gui/desk.h"
#include "tests/gui/fake_hub.h"
#include "tests/support/tiny_model.h"

#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QToolButton>

using namespace Qt::StringLiterals;
using DownloadState = Download::State;

namespace {

const QString kRepo = u"someone/Tiny-GGUF"_s;

} // namespace

class TestDownloadsDock : public QObject {
    Q_OBJECT

private slots:
    void init();
    void keyOpensTheDock();
    void nothingIsAskedBeforeAPersonDoes();
    void findsListsAndDownloads();
    void downloadedModelCanBeLoaded();
    void pastedAddressShowsItsFile();
    void formatBehindAColonIsChosen();
    void recommendedOneIsMarked();
    void headerSaysWhatTheMachineDoes();
    void failureIsASentenceInPlace();
    void pauseAndResume();
    void deletingAsksOnItsButton();
    void buttonsSayWhyTheyAreOff();
    void hubCanBeChanged();
    void everyControlHasAName();
    void dockStaysNarrow();

private:
    std::unique_ptr<Desk> openDesk();
    void search(const Desk& desk, const QString& words) const;
    static QTreeView* view(const Desk& desk, const QString& name) { return desk.find<QTreeView>(name); }
    static QString text(const Desk& desk, const QString& name) { return desk.find<QLabel>(name)->text(); }
    void openRepo(const Desk& desk) const;
    QString models() const { return m_folder->filePath(u"models"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<FakeHub> m_hub;
};

void TestDownloadsDock::init() {
    QStandardPaths::setTestModeEnabled(true);
    m_folder = std::make_unique<QTemporaryDir>();
    m_hub = std::make_unique<FakeHub>();
    QVERIFY(QDir(m_folder->path()).mkpath(u"models"_s));
    QVERIFY(QDir(m_folder->path()).mkpath(u"source"_s));
    const QString source = m_folder->filePath(u"source"_s);
    for (const auto& [stem, type] : {std::pair("tiny-Q4_0", strata::QuantType::Q4_0),
             std::pair("tiny-Q8_0", strata::QuantType::Q8_0), std::pair("tiny-F32", strata::QuantType::F32)}) {
        strata::writeTinyModel(source.toStdString(), {.embeddingLength = 256, .type = type, .name = "Tiny", .stem = stem});
        QFile file(source + u'/' + QString::fromLatin1(stem) + u".gguf"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_hub->add(kRepo, QString::fromLatin1(stem) + u".gguf"_s, file.readAll());
    }
    Settings settings(m_folder->filePath(u"strata.ini"_s));
    settings.set(setting::watchedFolders, {models()});
    settings.set(setting::hubAddress, m_hub->url().toString());
}

std::unique_ptr<Desk> TestDownloadsDock::openDesk() {
    auto desk = std::make_unique<Desk>(m_folder->path());
    desk->press(Qt::Key_D, Qt::ControlModifier);
    return desk;
}

void TestDownloadsDock::search(const Desk& desk, const QString& words) const {
    auto* field = desk.find<QLineEdit>(u"Find models on the hub"_s);
    field->setFocus();
    field->clear();
    QTest::keyClicks(field, words);
    QTest::keyClick(field, Qt::Key_Return);
}

void TestDownloadsDock::openRepo(const Desk& desk) const {
    search(desk, kRepo);
    QTRY_COMPARE(view(desk, u"Formats of the model"_s)->model()->rowCount(), 3);
}

void TestDownloadsDock::keyOpensTheDock() {
    const auto desk = openDesk();
    QVERIFY(desk->dock("downloads")->isVisible());
    QCOMPARE(QApplication::focusWidget()->accessibleName(), u"Find models on the hub"_s);
    QVERIFY(!desk->dock("models")->visibleRegion().isEmpty() || !desk->dock("downloads")->visibleRegion().isEmpty());
}

void TestDownloadsDock::nothingIsAskedBeforeAPersonDoes() {
    const auto desk = openDesk();
    QTest::keyClicks(QApplication::focusWidget(), u"tiny"_s);
    QCoreApplication::processEvents();
    QVERIFY(m_hub->requests.isEmpty());
    QVERIFY(text(*desk, u"State of the search"_s).contains(u"before you search"));
}

void TestDownloadsDock::findsListsAndDownloads() {
    const auto desk = openDesk();
    search(*desk, u"tiny"_s);
    QTreeView* found = view(*desk, u"Models on the hub"_s);
    QTRY_COMPARE(found->model()->rowCount(), 1);
    QCOMPARE(found->model()->index(0, 0).data().toString(), kRepo);
    found->setFocus();
    QTest::keyClick(found, Qt::Key_Return);
    QTreeView* formats = view(*desk, u"Formats of the model"_s);
    QTRY_COMPARE(formats->model()->rowCount(), 3);
    QCOMPARE(text(*desk, u"Model on the hub"_s), kRepo);
    formats->setCurrentIndex(formats->model()->index(1, 0));
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    DownloadList& list = desk->window->downloads();
    QCOMPARE(list.rowCount(), 1);
    QTRY_COMPARE(list.download(0).state, DownloadState::Complete);
    QVERIFY(QFile::exists(models() + u"/tiny-Q8_0.gguf"_s));
    QTRY_COMPARE(desk->table()->model()->rowCount(), 1); // among the models
    QVERIFY(!desk->button(u"Download"_s)->isEnabled());
    QVERIFY(desk->button(u"Download"_s)->toolTip().contains(u"already"));
    QTest::mouseClick(desk->button(u"Back"_s), Qt::LeftButton);
    QVERIFY(found->isVisible());
}

void TestDownloadsDock::downloadedModelCanBeLoaded() {
    const auto desk = openDesk();
    search(*desk, kRepo + u":Q8_0"_s);
    QTRY_VERIFY(desk->button(u"Download"_s) != nullptr && desk->button(u"Download"_s)->isEnabled());
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    QTRY_COMPARE(desk->window->downloads().download(0).state, DownloadState::Complete);
    desk->window->loadModel(models() + u"/tiny-Q8_0.gguf"_s);
    QVERIFY(desk->waitFor(State::Ready));
}

void TestDownloadsDock::pastedAddressShowsItsFile() {
    const auto desk = openDesk();
    search(*desk, m_hub->url().toString() + u"/"_s + kRepo + u"/blob/main/tiny-F32.gguf"_s);
    QTreeView* formats = view(*desk, u"Formats of the model"_s);
    QTRY_COMPARE(formats->model()->rowCount(), 3);
    QCOMPARE(formats->currentIndex().siblingAtColumn(0).data().toString(), u"F32"_s);
}

void TestDownloadsDock::formatBehindAColonIsChosen() {
    const auto desk = openDesk();
    search(*desk, kRepo + u":q8_0"_s);
    QTreeView* formats = view(*desk, u"Formats of the model"_s);
    QTRY_COMPARE(formats->model()->rowCount(), 3);
    QCOMPARE(formats->currentIndex().siblingAtColumn(0).data().toString(), u"Q8_0"_s);
    search(*desk, kRepo + u":Q2_K"_s);
    QTRY_VERIFY(text(*desk, u"State of the search"_s).contains(u"has no Q2_K"));
}

void TestDownloadsDock::recommendedOneIsMarked() {
    const auto desk = openDesk();
    openRepo(*desk);
    QTreeView* formats = view(*desk, u"Formats of the model"_s);
    const QModelIndex current = formats->currentIndex().siblingAtColumn(0);
    QCOMPARE(current.data().toString(), u"Q4_0"_s); // RAM alone: few bytes
    QVERIFY(current.data(Qt::AccessibleTextRole).toString().contains(u"recommended"));
    QVERIFY(text(*desk, u"What it would do on this machine"_s).startsWith(u"Recommended."));
}

void TestDownloadsDock::headerSaysWhatTheMachineDoes() {
    const auto desk = openDesk();
    openRepo(*desk);
    QTRY_COMPARE(m_hub->fileRequests().size(), 1); // of the selected one
    QVERIFY(m_hub->fileRequests()[0].headers["range"].startsWith("bytes=0-"));
    QTRY_VERIFY(!text(*desk, u"What it would do on this machine"_s).contains(u"Reading"));
    QVERIFY(text(*desk, u"What it would do on this machine"_s).contains(u"not measured yet")); // so no speed
}

void TestDownloadsDock::failureIsASentenceInPlace() {
    const auto desk = openDesk();
    search(*desk, u"nobody/Nothing"_s);
    QTRY_VERIFY(text(*desk, u"State of the search"_s).contains(u"no such model"));
    openRepo(*desk);
    m_hub->files[kRepo][u"tiny-Q4_0.gguf"_s].bytes[100] = '!'; // behind the listing's back
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    QTRY_COMPARE(desk->window->downloads().download(0).state, DownloadState::Failed);
    QVERIFY(text(*desk, u"State of the download"_s).contains(u"checksum"));
    QVERIFY(desk->button(u"Try again"_s)->isEnabled());
    QVERIFY(QDir(models()).entryList({u"*.gguf"_s}).isEmpty());
}

void TestDownloadsDock::pauseAndResume() {
    const auto desk = openDesk();
    openRepo(*desk);
    QTRY_VERIFY(!text(*desk, u"What it would do on this machine"_s).contains(u"Reading"));
    m_hub->mischief = {{.stallAfter = 20'000}};
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    DownloadList& list = desk->window->downloads();
    QTRY_VERIFY(list.download(0).progress.doneBytes > 0);
    QTest::mouseClick(desk->button(u"Pause"_s), Qt::LeftButton);
    QTRY_COMPARE(list.download(0).state, DownloadState::Paused);
    QVERIFY(text(*desk, u"State of the download"_s).startsWith(u"Paused"));
    QTest::mouseClick(desk->button(u"Resume"_s), Qt::LeftButton);
    QTRY_COMPARE(list.download(0).state, DownloadState::Complete);
}

void TestDownloadsDock::deletingAsksOnItsButton() {
    const auto desk = openDesk();
    openRepo(*desk);
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    DownloadList& list = desk->window->downloads();
    QTRY_COMPARE(list.download(0).state, DownloadState::Complete);
    auto* rows = desk->find<QListView>(u"Downloads"_s);
    rows->setFocus();
    QTest::keyClick(rows, Qt::Key_Delete);
    QCOMPARE(list.rowCount(), 1);
    auto* button = qobject_cast<QPushButton*>(QApplication::focusWidget());
    QVERIFY(button != nullptr && button->text().endsWith(u"?"));
    QTest::keyClick(button, Qt::Key_Space);
    QCOMPARE(list.rowCount(), 0);
    QTRY_VERIFY(QDir(models()).entryList(QDir::Files).isEmpty());
    QTRY_COMPARE(desk->table()->model()->rowCount(), 0);
}

void TestDownloadsDock::buttonsSayWhyTheyAreOff() {
    const auto desk = openDesk();
    for (const char* name : {"Pause", "Check", "Delete"}) {
        const QPushButton* button = desk->button(QString::fromLatin1(name));
        QVERIFY2(button != nullptr && !button->isEnabled(), name);
        QCOMPARE(button->toolTip(), u"Select a download first."_s);
    }
    openRepo(*desk);
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    QTRY_COMPARE(desk->window->downloads().download(0).state, DownloadState::Complete);
    QCOMPARE(desk->button(u"Pause"_s)->toolTip(), u"It is complete."_s);
    QVERIFY(desk->button(u"Check"_s)->isEnabled());
}

void TestDownloadsDock::hubCanBeChanged() {
    FakeHub mirror;
    mirror.add(u"mirror/Only-Here"_s, u"x-Q4_0.gguf"_s, QByteArray(100, 'x'));
    const auto desk = openDesk();
    desk->find<QToolButton>(u"Settings of downloads"_s)->click();
    auto* address = desk->find<QLineEdit>(u"Address of the hub"_s);
    QVERIFY(address->isVisible());
    QVERIFY(text(*desk, u"Problem with the address"_s).contains(u"not encrypted")); // of the one that was stored
    address->setFocus();
    address->setText(u"not an address"_s);
    QTest::keyClick(address, Qt::Key_Return);
    QVERIFY(text(*desk, u"Problem with the address"_s).contains(u"no address of a hub"));
    auto* token = desk->find<QLineEdit>(u"Access token"_s);
    token->setText(u"secret"_s);
    QCOMPARE(desk->window->downloads().access().token, QByteArray("secret"));
    address->setText(mirror.url().toString() + u'/');
    QTest::keyClick(address, Qt::Key_Return);
    QCOMPARE(desk->settings.get(setting::hubAddress), mirror.url().toString());
    QVERIFY(text(*desk, u"Problem with the address"_s).contains(u"not encrypted"));
    QVERIFY(token->text().isEmpty()); // it was for the former hub
    QVERIFY(desk->window->downloads().access().token.isEmpty());
    search(*desk, u"only"_s);
    QTRY_COMPARE(view(*desk, u"Models on the hub"_s)->model()->rowCount(), 1);
    QVERIFY(m_hub->requests.isEmpty());
}

void TestDownloadsDock::everyControlHasAName() {
    const auto desk = openDesk();
    desk->find<QToolButton>(u"Settings of downloads"_s)->click();
    for (const bool isRepo : {false, true}) {
        if (isRepo) {
            openRepo(*desk);
        }
        for (const QWidget* widget : desk->dock("downloads")->findChildren<QWidget*>()) {
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            const bool isNamed = !widget->accessibleName().isEmpty() ||
                                 (button != nullptr && !button->text().isEmpty()) ||
                                 qobject_cast<const QLabel*>(widget) != nullptr ||
                                 !widget->parentWidget()->accessibleName().isEmpty();
            QVERIFY2(widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || isNamed,
                widget->metaObject()->className());
        }
    }
}

void TestDownloadsDock::dockStaysNarrow() {
    const QString repo = QString(90, u'l') + u'/' + QString(90, u'n');
    m_hub->add(repo, QString(180, u'f') + u".gguf"_s, QByteArray(100, 'x'));
    const auto desk = openDesk();
    search(*desk, repo);
    QTRY_COMPARE(view(*desk, u"Formats of the model"_s)->model()->rowCount(), 1);
    QTest::mouseClick(desk->button(u"Download"_s), Qt::LeftButton);
    QTRY_COMPARE(desk->window->downloads().download(0).state, DownloadState::Complete);
    QCoreApplication::sendPostedEvents();
    desk->window->resize(800, 600);
    QCOMPARE(desk->window->width(), 800);
}

QTEST_MAIN(TestDownloadsDock)
#include "tst_downloads_dock.moc"
