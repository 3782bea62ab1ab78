// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"
#include "gui/models/model_manager.h"
#include "gui/models/start_folder.h"
#include "gui/settings/setting_keys.h"
#include "gui/theme.h"
#include "tests/gui/desk.h"
#include "tests/support/slow_backend.h"
#include "tests/support/tiny_model.h"

#include <QAbstractButton>
#include <QAction>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPushButton>
#include <QScreen>
#include <QTemporaryDir>
#include <QTest>
#include <QTextEdit>
#include <QToolButton>
#include <QTreeView>

class TestMainWindow : public QObject {
    Q_OBJECT

private slots:
    void init();
    void doubleClickLoads();
    void loadButtonLoadsAndUnloads();
    void loadButtonSaysWhyItIsOff();
    void filterNarrowsTheList();
    void detailsShowTheHeader();
    void droppedFileLoads();
    void droppedFolderIsWatched();
    void openDialogLoads();
    void recentModelsAreRemembered();
    void recentModelsWhoseFileIsGoneSaySo();
    void loadedModelWhoseFileGoesStaysSelected();
    void standardDockShowsAllColumnsButTheLast();
    void tableOutlinesTheRowThatKeysWorkOn_data();
    void tableOutlinesTheRowThatKeysWorkOn();
    void foreignFileOffersAnotherModel();
    void dialogsBeginWhereTheLastOneEnded();
    void failureIsASentenceInPlace();
    void noticesOfAModelGoWithTheNextLoad();
    void cancelWhileLoadingGivesTheWindowBack();
    void closingWhileGeneratingReturns();
    void firstWindowFitsTheScreen();
    void namesOfAnyLengthLeaveTheWindowNarrow_data();
    void namesOfAnyLengthLeaveTheWindowNarrow();
    void docksComeBackWhereTheyWere();
    void keysShowAndHideDocks();
    void f1ListsTheKeys();
    void everyControlHasANameForScreenReaders();
    void tabReachesTheMainControls();
    void themeCanBeSwitched();
    void settingsThatCantBeWrittenGiveASentence();

private:
    QString path(const char* name) const { return m_folder->filePath(QLatin1String(name)); }
    QString modelPath() const { return path("models/tiny.gguf"); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestMainWindow::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(m_folder->path()).mkpath(QStringLiteral("models")));
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(path("models").toStdString(), model);
    Settings(path("strata.ini")).set(setting::watchedFolders, {path("models")});
}

void TestMainWindow::doubleClickLoads() {
    Desk desk(m_folder->path());
    QTreeView* table = desk.table();
    QTRY_COMPARE(table->model()->rowCount(), 1);
    const QPoint place = table->visualRect(table->model()->index(0, 0)).center();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, place);
    QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, place);
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(desk.window->windowTitle().startsWith(QStringLiteral("Tiny")));
    QCOMPARE(desk.find<QLabel>(QStringLiteral("Model"))->text(), QStringLiteral("Tiny"));
    QCOMPARE(desk.find<QLabel>(QStringLiteral("State"))->text(), QStringLiteral("Ready"));
    QVERIFY(desk.find<QLabel>(QStringLiteral("Context"))->text().contains(QStringLiteral("of 256")));
    QVERIFY(desk.find<QLabel>(QStringLiteral("Memory"))->text().startsWith(QStringLiteral("RAM")));
}

void TestMainWindow::loadButtonLoadsAndUnloads() {
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    desk.table()->setFocus();
    desk.table()->setCurrentIndex(desk.table()->model()->index(0, 0));
    QTest::mouseClick(desk.button(QStringLiteral("Load")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(desk.button(QStringLiteral("Load")) == nullptr);
    QTest::mouseClick(desk.button(QStringLiteral("Unload")), Qt::LeftButton);
    QCOMPARE(desk.controller.state(), State::Empty);
}

void TestMainWindow::loadButtonSaysWhyItIsOff() {
    QFile broken(path("models/broken.gguf"));
    QVERIFY(broken.open(QIODevice::WriteOnly) && broken.write("GGUF?") > 0);
    broken.close();
    QVERIFY(QFile::remove(modelPath()));
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    QVERIFY(!desk.button(QStringLiteral("Load"))->isEnabled());
    QCOMPARE(desk.button(QStringLiteral("Load"))->toolTip(), QStringLiteral("Select a model first."));
    desk.table()->setCurrentIndex(desk.table()->model()->index(0, 0));
    QVERIFY(!desk.button(QStringLiteral("Load"))->isEnabled());
    QVERIFY(desk.button(QStringLiteral("Load"))->toolTip().contains(QStringLiteral("broken.gguf")));
    const auto* details = desk.find<QTextEdit>(QStringLiteral("Details of the selected model"));
    QVERIFY(details->toPlainText().contains(desk.button(QStringLiteral("Load"))->toolTip()));
}

void TestMainWindow::filterNarrowsTheList() {
    strata::writeTinyModel(path("models").toStdString(), {.name = "Second", .stem = "second"});
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 2);
    desk.press(Qt::Key_L, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget()->accessibleName(), QStringLiteral("Filter models"));
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("seco"));
    QCOMPARE(desk.table()->model()->rowCount(), 1);
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("xyz"));
    QCOMPARE(desk.table()->model()->rowCount(), 0);
}

void TestMainWindow::detailsShowTheHeader() {
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    desk.table()->setCurrentIndex(desk.table()->model()->index(0, 0));
    const QString text = desk.find<QTextEdit>(QStringLiteral("Details of the selected model"))->toPlainText();
    QVERIFY(text.contains(QStringLiteral("llama.context_length")));
    QVERIFY(text.contains(QStringLiteral("F32")));
}

void TestMainWindow::droppedFileLoads() {
    Desk desk(m_folder->path());
    desk.drop(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
}

void TestMainWindow::droppedFolderIsWatched() {
    QVERIFY(QDir(m_folder->path()).mkpath(QStringLiteral("more")));
    strata::writeTinyModel(path("more").toStdString(), {.stem = "other"});
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    desk.drop(path("more"));
    QTRY_COMPARE(desk.table()->model()->rowCount(), 2);
    QCOMPARE(desk.controller.state(), State::Empty);
}

void TestMainWindow::openDialogLoads() {
    Desk desk(m_folder->path());
    desk.press(Qt::Key_O, Qt::ControlModifier);
    QPointer<QFileDialog> dialog;
    QTRY_VERIFY((dialog = desk.window->findChild<QFileDialog*>()) && dialog->isVisible());
    emit dialog->fileSelected(modelPath());
    dialog->close();
    QVERIFY(desk.waitFor(State::Ready));
}

void TestMainWindow::recentModelsAreRemembered() {
    {
        Desk desk(m_folder->path());
        desk.window->loadModel(modelPath());
        QVERIFY(desk.waitFor(State::Ready));
    }
    QCOMPARE(Settings(path("strata.ini")).get(setting::recentModels), QStringList(modelPath()));
}

void TestMainWindow::recentModelsWhoseFileIsGoneSaySo() {
    const QString gone = path("models/gone.gguf");
    Settings(path("strata.ini")).set(setting::recentModels, {gone, modelPath()});
    Desk desk(m_folder->path());
    QTRY_VERIFY(desk.button(QStringLiteral("gone (file is gone)")) != nullptr);
    QVERIFY(desk.button(QStringLiteral("tiny")) != nullptr);
    QTest::mouseClick(desk.button(QStringLiteral("gone (file is gone)")), Qt::LeftButton);
    QCOMPARE(desk.controller.state(), State::Empty); // nothing is tried
    QVERIFY(desk.find<QLabel>(QStringLiteral("Notice"))->isVisible());
    QVERIFY(desk.find<QLabel>(QStringLiteral("Notice"))->text().contains(QStringLiteral("gone.gguf")));
    auto* remove = desk.find<QToolButton>(QStringLiteral("Remove gone from this list"));
    QVERIFY(remove != nullptr);
    QTest::mouseClick(remove, Qt::LeftButton);
    QCOMPARE(desk.settings.get(setting::recentModels), QStringList(modelPath()));
    QTRY_VERIFY(desk.button(QStringLiteral("gone (file is gone)")) == nullptr);
}

void TestMainWindow::loadedModelWhoseFileGoesStaysSelected() {
    strata::writeTinyModel(path("models").toStdString(), {.name = "Another", .stem = "another"});
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 2);
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    QTRY_COMPARE(desk.table()->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("Tiny"));
    QVERIFY(QFile::remove(modelPath()));
    const auto* notice = desk.find<QLabel>(QStringLiteral("Notice"));
    QTRY_VERIFY2(notice->isVisible(), qPrintable(notice->text()));
    QVERIFY2(notice->text().contains(QStringLiteral("tiny.gguf")), qPrintable(notice->text()));
    QCOMPARE(desk.table()->model()->rowCount(), 2);
    QCOMPARE(desk.table()->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("Tiny (file is gone)"));
    QVERIFY(desk.controller.loadedModel());
    desk.window->loadModel(path("models/missing.gguf")); // refused, so the model stays
    QVERIFY(desk.waitFor(State::Ready));
    QTRY_VERIFY(notice->text().contains(QStringLiteral("missing.gguf")));
    QVERIFY(desk.controller.loadedModel());
    QCOMPARE(desk.table()->model()->rowCount(), 2);
    desk.controller.unload();
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    QVERIFY(!desk.table()->currentIndex().isValid()); // rather than a model that nobody chose
}

void TestMainWindow::standardDockShowsAllColumnsButTheLast() {
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    const QHeaderView* header = desk.table()->header();
    for (int column = 0; column < ModelManager::Architecture; ++column) // which the details say
        QVERIFY2(!header->isSectionHidden(column), qPrintable(QString::number(column)));
    QVERIFY(header->length() <= desk.table()->viewport()->width());
}

void TestMainWindow::tableOutlinesTheRowThatKeysWorkOn_data() {
    QTest::addColumn<QString>("theme");
    QTest::newRow("light") << QStringLiteral("light");
    QTest::newRow("dark") << QStringLiteral("dark");
}

void TestMainWindow::tableOutlinesTheRowThatKeysWorkOn() {
    QFETCH(const QString, theme);
    const QPalette before = QApplication::palette();
    QApplication::setPalette(theme == QLatin1String("dark") ? darkPalette() : lightPalette());
    {
        Desk desk(m_folder->path());
        QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
        desk.table()->setCurrentIndex(desk.table()->model()->index(0, 0));
        const QPoint edge = desk.table()->visualRect(desk.table()->currentIndex()).topLeft() + QPoint(20, 1);
        const auto edgeColor = [&] { return desk.table()->viewport()->grab().toImage().pixelColor(edge); };
        const QColor line = desk.table()->palette().color(QPalette::Text);
        QVERIFY(edgeColor() != line);
        desk.table()->setFocus(Qt::TabFocusReason);
        QCOMPARE(edgeColor(), line);
    }
    QApplication::setPalette(before);
}

void TestMainWindow::foreignFileOffersAnotherModel() {
    QFile foreign(path("notes.txt"));
    QVERIFY(foreign.open(QIODevice::WriteOnly) && foreign.write("Dear diary") > 0);
    foreign.close();
    Desk desk(m_folder->path());
    desk.window->loadModel(foreign.fileName());
    QVERIFY(desk.waitFor(State::Failed));
    QVERIFY(desk.button(QStringLiteral("Try again")) != nullptr);
    QTest::mouseClick(desk.button(QStringLiteral("Open another…")), Qt::LeftButton);
    QPointer<QFileDialog> dialog;
    QTRY_VERIFY((dialog = desk.window->findChild<QFileDialog*>()) && dialog->isVisible());
    emit dialog->fileSelected(modelPath());
    dialog->close();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(desk.button(QStringLiteral("Open another…")) == nullptr);
}

void TestMainWindow::dialogsBeginWhereTheLastOneEnded() {
    Settings settings(path("other.ini"));
    settings.set(setting::watchedFolders, {path("gone"), path("models")});
    QCOMPARE(startFolder(settings), path("models"));
    settings.set(setting::watchedFolders, {});
    QVERIFY(QFileInfo(startFolder(settings)).isDir());
    QVERIFY(startFolder(settings) != QDir::currentPath());
    rememberFolder(settings, m_folder->path());
    QCOMPARE(startFolder(settings), m_folder->path());
    rememberFolder(settings, modelPath());
    QCOMPARE(startFolder(settings), path("models"));
}

void TestMainWindow::failureIsASentenceInPlace() {
    Desk desk(m_folder->path());
    desk.window->loadModel(path("models/gone.gguf"));
    QVERIFY(desk.waitFor(State::Failed));
    const auto* line = desk.find<QLabel>(QStringLiteral("What the model is doing"));
    QVERIFY(line->text().contains(QStringLiteral("gone.gguf")));
    QCOMPARE(line->text(), desk.controller.failure().sentence);
    QVERIFY(line->textInteractionFlags() & Qt::TextSelectableByMouse);
    QVERIFY(QFile::copy(modelPath(), path("models/gone.gguf")));
    QTest::mouseClick(desk.button(QStringLiteral("Try again")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
}

void TestMainWindow::noticesOfAModelGoWithTheNextLoad() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    desk.window->showNotice(QStringLiteral("This one stays."));
    const auto* notice = desk.find<QLabel>(QStringLiteral("Notice"));
    for (const char* name : {"models/one.gguf", "models/two.gguf"}) {
        QVERIFY(QFile::copy(QStringLiteral("/dev/null"), path(name)));
        desk.window->loadModel(path(name));
        QTRY_VERIFY(notice->text().contains(path(name)));
    }
    QVERIFY(!notice->text().contains(path("models/one.gguf")));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(notice->text(), QStringLiteral("This one stays."));
    QFile::remove(modelPath());
    QTRY_VERIFY(notice->text().contains(QStringLiteral("is gone")));
    desk.controller.unload();
    QCOMPARE(notice->text(), QStringLiteral("This one stays."));
}

void TestMainWindow::cancelWhileLoadingGivesTheWindowBack() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    gates->allocations.close();
    desk.window->loadModel(modelPath());
    gates->allocations.waitForVisitor();
    QTest::mouseClick(desk.button(QStringLiteral("Cancel")), Qt::LeftButton);
    QCOMPARE(desk.controller.state(), State::Empty);
    gates->allocations.open();
}

void TestMainWindow::closingWhileGeneratingReturns() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    QVERIFY(desk.controller.generate({.messages = {{strata::ChatRole::User, "Hello"}},
        .continuesReply = false,
        .sampling = {},
        .maxTokens = 0,
        .stopStrings = {}}));
    gates->verbs.waitForVisitor();
    QVERIFY(desk.window->close());
    gates->verbs.open();
}

void TestMainWindow::firstWindowFitsTheScreen() {
    Settings settings(path("strata.ini"));
    EngineController controller({strata::cpuBackend(1)});
    const MainWindow window(controller, settings, QString(), path("chat.json"));
    const QSize room = window.screen()->availableSize();
    QVERIFY(window.width() <= room.width());
    QVERIFY(window.height() <= room.height());
    QCOMPARE(window.size(), QSize(1280, 800).boundedTo(room));
}

void TestMainWindow::namesOfAnyLengthLeaveTheWindowNarrow_data() {
    const QString deep(100, u'd');
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("folder");
    QTest::newRow("usual") << QStringLiteral("Tiny") << QStringLiteral("models");
    QTest::newRow("a name without end") << QStringLiteral("Large ").repeated(500) << QStringLiteral("models");
    QTest::newRow("a deep folder") << QStringLiteral("Tiny") << deep + u'/' + deep;
}

void TestMainWindow::namesOfAnyLengthLeaveTheWindowNarrow() {
    QFETCH(QString, name);
    QFETCH(QString, folder);
    const QString models = m_folder->filePath(folder);
    QVERIFY(QDir().mkpath(models));
    const QString good = QString::fromStdString(
        strata::writeTinyModel(models.toStdString(), {.name = name.toStdString(), .stem = "named"}).string());
    const QString broken = models + QStringLiteral("/broken.gguf");
    QVERIFY(QFile::copy(QStringLiteral("/dev/null"), broken));
    const QString gone = models + QStringLiteral("/gone");
    Settings(path("strata.ini")).set(setting::watchedFolders, {gone});
    Desk desk(m_folder->path());
    const auto isNarrow = [&desk] {
        QCoreApplication::sendPostedEvents(); // what new texts ask of the layouts
        desk.window->resize(800, 600);
        return desk.window->width() == 800;
    };
    desk.window->loadModel(good);
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY2(isNarrow(), qPrintable(QString::number(desk.window->width())));
    desk.window->loadModel(broken); // a notice
    QTRY_VERIFY(desk.find<QLabel>(QStringLiteral("Notice"))->text().contains(QStringLiteral("broken.gguf")));
    QVERIFY2(isNarrow(), qPrintable(QString::number(desk.window->width())));
    desk.controller.unload();
    desk.window->loadModel(broken); // a failure
    QVERIFY(desk.waitFor(State::Failed));
    for (QToolButton* fold : desk.window->findChildren<QToolButton*>())
        if (fold->text() == QStringLiteral("Details"))
            fold->click();
    QVERIFY2(isNarrow(), qPrintable(QString::number(desk.window->width())));
}

void TestMainWindow::docksComeBackWhereTheyWere() {
    {
        Desk desk(m_folder->path());
        desk.window->addDockWidget(Qt::RightDockWidgetArea, desk.dock("models"));
        desk.dock("keys")->show();
        desk.window->resize(1010, 707);
        desk.window->close();
    }
    Desk desk(m_folder->path());
    QCOMPARE(desk.window->dockWidgetArea(desk.dock("models")), Qt::RightDockWidgetArea);
    QVERIFY(desk.dock("keys")->isVisible());
    QCOMPARE(desk.window->size(), QSize(1010, 707));
}

void TestMainWindow::keysShowAndHideDocks() {
    Desk desk(m_folder->path());
    QVERIFY(desk.dock("models")->isVisible());
    desk.press(Qt::Key_1, Qt::ControlModifier);
    QVERIFY(!desk.dock("models")->isVisible());
    desk.press(Qt::Key_1, Qt::ControlModifier);
    QVERIFY(desk.dock("models")->isVisible());
    desk.press(Qt::Key_2, Qt::ControlModifier);
    QVERIFY(desk.dock("replies")->isVisible());
}

void TestMainWindow::f1ListsTheKeys() {
    Desk desk(m_folder->path());
    QVERIFY(!desk.dock("keys")->isVisible());
    desk.press(Qt::Key_F1);
    QVERIFY(desk.dock("keys")->isVisible());
    const QString text = desk.find<QTextEdit>(QStringLiteral("List of keys"))->toPlainText();
    for (const char* key :
        {"Ctrl+O", "Ctrl+L", "Ctrl+N", "Ctrl+R", "Ctrl+Shift+C", "Ctrl+1", "Ctrl+2", "Esc", "F1", "F11", "Ctrl+Enter"})
        QVERIFY2(text.contains(QLatin1String(key)), key);
}

void TestMainWindow::everyControlHasANameForScreenReaders() {
    Desk desk(m_folder->path());
    desk.dock("keys")->show();
    desk.dock("replies")->show();
    for (const QWidget* widget : desk.window->findChildren<QWidget*>()) {
        if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || qobject_cast<const QMenuBar*>(widget))
            continue;
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        const auto* label = qobject_cast<const QLabel*>(widget); // its text is its name
        const QWidget* owner = widget->parentWidget(); // parts of one control, such as the field of a spin box
        const bool isNamed = !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty()) ||
                             label != nullptr || (owner != nullptr && !owner->accessibleName().isEmpty());
        QVERIFY2(isNamed, qPrintable(QString::fromLatin1(widget->metaObject()->className()) + widget->objectName()));
    }
}

void TestMainWindow::tabReachesTheMainControls() {
    Desk desk(m_folder->path());
    QTRY_COMPARE(desk.table()->model()->rowCount(), 1);
    desk.table()->setCurrentIndex(desk.table()->model()->index(0, 0)); // so that Load is on
    QSet<QString> reached;
    for (int i = 0; i < 60; ++i) {
        QWidget* focus = QApplication::focusWidget();
        QVERIFY(focus != nullptr);
        const auto* button = qobject_cast<const QPushButton*>(focus);
        reached.insert(button != nullptr ? button->text().remove(QLatin1Char('&')) : focus->accessibleName());
        QTest::keyClick(focus, Qt::Key_Tab);
    }
    for (const char* name : {"Filter models", "Watched folders", "Models", "Context", "Load", "Open…"})
        QVERIFY2(reached.contains(QString::fromUtf8(name)), name);
}

void TestMainWindow::themeCanBeSwitched() {
    Desk desk(m_folder->path());
    for (QAction* action : desk.window->findChildren<QAction*>())
        if (action->text().remove(QLatin1Char('&')) == QLatin1String("Dark"))
            action->trigger();
    QCOMPARE(desk.settings.get(setting::theme), QStringLiteral("dark"));
}

void TestMainWindow::settingsThatCantBeWrittenGiveASentence() {
    const QString blocked = modelPath(); // a file where a folder would have to be
    Desk desk(blocked);
    desk.settings.write();
    desk.settings.set(setting::theme, QStringLiteral("dark"));
    desk.settings.write();
    const auto* notice = desk.find<QLabel>(QStringLiteral("Notice"));
    QVERIFY(notice->isVisible());
    QVERIFY(notice->text().contains(QStringLiteral("tiny.gguf")));
}

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
