// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_archive.h"
#include "gui/chat/chat_json.h"
#include "gui/chat/chat_view.h"
#include "gui/chat/composer.h"
#include "gui/chat/transcript_view.h"
#include "tests/gui/desk.h"
#include "tests/support/tiny_model.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTreeWidget>

using namespace Qt::StringLiterals;

// Conversations that were set aside, as a person reaches them through the window.
class TestChatArchive : public QObject {
    Q_OBJECT

private slots:
    void init();
    void titlesAreFirstWords_data();
    void titlesAreFirstWords();
    void hundredsOfChatsKeepTheMenuShort();
    void openingSetsTheCurrentOneAside();
    void openingKeepsADraftThatWasNeverSent();
    void openingWhileReplyingKeepsWhatIsWritten();
    void replySettingsComeWithTheChat();
    void aFileThatCantBeReadStays_data();
    void aFileThatCantBeReadStays();
    void aNewerChatAtStartStays();
    void deletedChatsCanBeBroughtBack();
    void deletedChatsAreGoneAfterTheWindow();
    void filterFindsByFirstWords();
    void deletingInAFilteredListGoesToTheNextOneShown();
    void emptyChatTurnsVerbsOff();

private:
    QString chatFile() const { return m_folder->filePath(u"chat.json"_s); }
    void keep(const QString& stamp, const QString& words) const;
    QStringList files() const { return QDir(m_folder->path()).entryList({u"chat*.json"_s}, QDir::Files, QDir::Name); }
    static QMenu* earlierMenu(const Desk& desk);
    static QAction* verb(const Desk& desk, const QString& text);
    static void say(Desk& desk, const QString& own, const QString& reply);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestChatArchive::init() {
    m_folder = std::make_unique<QTemporaryDir>();
}

// A chat that was set aside, as a file.
void TestChatArchive::keep(const QString& stamp, const QString& words) const {
    StoredChat chat;
    chat.entries = {
        {.kind = EntryKind::Own, .text = words}, {.kind = EntryKind::Reply, .text = u"reply to "_s + words}};
    chat.settings.systemPrompt = u"Prompt of "_s + words;
    QFile file(m_folder->filePath(u"chat-"_s + stamp + u'-' + words + u".json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QJsonDocument(chatToJson(chat)).toJson());
}

QMenu* TestChatArchive::earlierMenu(const Desk& desk) {
    QMenu* menu = verb(desk, u"Earlier chats"_s)->menu();
    emit menu->aboutToShow();
    return menu;
}

QAction* TestChatArchive::verb(const Desk& desk, const QString& text) {
    for (const QAction* top : desk.window->menuBar()->actions()) {
        for (QAction* action : top->menu()->actions()) {
            if (action->text().remove(u'&') == text) {
                return action;
            }
        }
    }
    return nullptr;
}

void TestChatArchive::say(Desk& desk, const QString& own, const QString& reply) {
    ChatTranscript& transcript = desk.window->chat().transcript();
    transcript.appendOwn(own);
    transcript.beginReply(u"Tiny"_s);
    transcript.appendPiece(reply);
    transcript.endReply({.generatedTokens = 3});
}

void TestChatArchive::titlesAreFirstWords_data() {
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("title");
    QTest::newRow("short") << u"Why is the sky blue?"_s << u"Why is the sky blue?"_s;
    QTest::newRow("lines") << u"  one\n\ttwo  "_s << u"one two"_s;
    QTest::newRow("slashes") << u"../../etc/passwd and/or"_s << u"../../etc/passwd and/or"_s;
    QTest::newRow("control") << u"a\u0001b"_s << u"a b"_s;
    QTest::newRow("long") << u"word "_s.repeated(100) << QString(u"word "_s.repeated(8) + u"word…"_s);
    QTest::newRow("one long word") << u"\U0001F600"_s.repeated(100) << QString(u"\U0001F600"_s.repeated(23) + u"…"_s);
    QTest::newRow("none") << u"\n"_s << u"Untitled chat"_s;
}

// Through a file and back.
void TestChatArchive::titlesAreFirstWords() {
    QFETCH(QString, message);
    QFETCH(QString, title);
    StoredChat chat;
    chat.entries = {{.kind = EntryKind::Own, .text = message}};
    QFile file(archivePath(chatFile(), chatTitle(chat)));
    QVERIFY2(file.open(QIODevice::WriteOnly), qPrintable(file.fileName()));
    const ChatArchive archive(chatFile());
    QCOMPARE(archive.chats().size(), 1);
    QCOMPARE(archive.chats()[0].title, title);
    QVERIFY(archive.chats()[0].when.secsTo(QDateTime::currentDateTime()) < 60);
}

void TestChatArchive::hundredsOfChatsKeepTheMenuShort() {
    for (int i = 100; i < 500; ++i) {
        keep(u"2025-01-01-120000-%1"_s.arg(i), u"number %1"_s.arg(i));
    }
    Desk desk(m_folder->path());
    const QList<QAction*> entries = earlierMenu(desk)->actions();
    QCOMPARE(entries.size(), 17); // fifteen, a line, all
    QCOMPARE(entries[0]->text(), u"number 499\t1 Jan 2025"_s);
    QCOMPARE(entries[14]->text(), u"number 485\t1 Jan 2025"_s);
    entries[16]->trigger();
    QVERIFY(desk.dock("chats")->isVisible());
    QCOMPARE(QApplication::focusWidget()->accessibleName(), u"Filter chats"_s);
    QCOMPARE(desk.find<QTreeWidget>(u"Chats"_s)->topLevelItemCount(), 400);
}

void TestChatArchive::openingSetsTheCurrentOneAside() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    Desk desk(m_folder->path());
    say(desk, u"second"_s, u"two"_s);
    earlierMenu(desk)->actions()[0]->trigger();
    QCOMPARE(desk.window->chat().transcript().entry(0).text, u"first"_s);
    QCOMPARE(desk.window->chat().transcript().entry(1).text, u"reply to first"_s);
    const QList<EarlierChat> chats = desk.window->chat().archive().chats();
    QCOMPARE(chats.size(), 1);
    QCOMPARE(chats[0].title, u"second"_s);
    earlierMenu(desk)->actions()[0]->trigger(); // and back
    QCOMPARE(desk.window->chat().transcript().entry(1).text, u"two"_s);
    QCOMPARE(desk.window->chat().archive().chats()[0].title, u"first"_s);
    QCOMPARE(files().size(), 2); // none was doubled, none was lost
}

void TestChatArchive::openingKeepsADraftThatWasNeverSent() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    Desk desk(m_folder->path());
    desk.window->chat().composer().setDraft(u"half a thought"_s);
    earlierMenu(desk)->actions()[0]->trigger();
    QCOMPARE(desk.window->chat().composer().draft(), QString());
    QCOMPARE(desk.window->chat().archive().chats()[0].title, u"half a thought"_s);
    earlierMenu(desk)->actions()[0]->trigger();
    QCOMPARE(desk.window->chat().composer().draft(), u"half a thought"_s);
}

void TestChatArchive::openingWhileReplyingKeepsWhatIsWritten() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    ChatView chat(chatFile());
    LoadedModel model;
    model.contextTokens = 1000;
    chat.showModel(model);
    chat.send(u"second"_s);
    chat.takePiece(u"two and"_s);
    QSignalSpy stopped(&chat, &ChatView::stopRequested);
    chat.openChat(chat.archive().chats()[0].path);
    QCOMPARE(stopped.size(), 1);
    chat.takePiece(u" late"_s);
    chat.finishReply({});
    QVERIFY(!chat.isReplying());
    QCOMPARE(chat.transcript().rowCount(), 2);
    QCOMPARE(chat.transcript().entry(1).text, u"reply to first"_s);
    chat.openChat(chat.archive().chats()[0].path);
    QCOMPARE(chat.transcript().entry(1).text, u"two and"_s);
    QCOMPARE(chat.transcript().entry(1).stats->stopNote, u"stopped"_s);
}

void TestChatArchive::replySettingsComeWithTheChat() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    Desk desk(m_folder->path());
    earlierMenu(desk)->actions()[0]->trigger();
    QCOMPARE(desk.window->chat().replySettings().systemPrompt, u"Prompt of first"_s);
    QCOMPARE(desk.find<QPlainTextEdit>(u"System prompt"_s)->toPlainText(), u"Prompt of first"_s);
}

void TestChatArchive::aFileThatCantBeReadStays_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    QTest::newRow("empty") << QByteArray() << u"it is damaged"_s;
    QTest::newRow("cut short") << QByteArray(R"({"format":1,"entries":[{"kind":"own","te)") << u"it is damaged"_s;
    QTest::newRow("something else") << QByteArray(R"({"name":"x"})") << u"it is damaged"_s;
    QTest::newRow("newer") << QByteArray(R"({"format":7,"entries":[]})") << u"newer Strata (format 7"_s;
}

void TestChatArchive::aFileThatCantBeReadStays() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    const QString path = m_folder->filePath(u"chat-2025-01-01-120000-000-odd.json"_s);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    Desk desk(m_folder->path());
    say(desk, u"mine"_s, u"yours"_s);
    earlierMenu(desk)->actions()[0]->trigger();
    const auto* notice = desk.find<QLabel>(u"Notice"_s);
    QVERIFY(notice->isVisible());
    QVERIFY2(notice->text().contains(reason) && notice->text().contains(path), qPrintable(notice->text()));
    QCOMPARE(notice->text().count(u'\n'), 0);
    QCOMPARE(desk.window->chat().transcript().entry(0).text, u"mine"_s);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), bytes);
}

void TestChatArchive::aNewerChatAtStartStays() {
    const QByteArray bytes(R"({"format":7,"entries":[{"kind":"own","text":"x"}]})");
    QFile file(chatFile());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    { const Desk desk(m_folder->path()); }
    const ChatArchive archive(chatFile());
    QCOMPARE(archive.chats().size(), 1);
    QFile kept(archive.chats()[0].path);
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), bytes);
}

void TestChatArchive::deletedChatsCanBeBroughtBack() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    keep(u"2025-01-02-120000-000"_s, u"second"_s);
    keep(u"2025-01-03-120000-000"_s, u"third"_s);
    const QStringList before = files();
    Desk desk(m_folder->path());
    earlierMenu(desk)->actions().last()->trigger();
    auto* list = desk.find<QTreeWidget>(u"Chats"_s);
    QVERIFY(!desk.button(u"Undo"_s)->isEnabled());
    list->setCurrentItem(list->topLevelItem(1));
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(list->topLevelItemCount(), 2);
    QCOMPARE(list->currentItem()->text(0), u"first"_s); // where the deleted one stood
    QTest::mouseClick(desk.button(u"Delete"_s), Qt::LeftButton);
    QCOMPARE(list->topLevelItemCount(), 1);
    QCOMPARE(list->topLevelItem(0)->text(0), u"third"_s);
    QTest::mouseClick(desk.button(u"Undo"_s), Qt::LeftButton);
    QTest::mouseClick(desk.button(u"Undo"_s), Qt::LeftButton);
    QCOMPARE(list->topLevelItemCount(), 3);
    QCOMPARE(files(), before);
    QVERIFY(!desk.button(u"Undo"_s)->isEnabled());
}

void TestChatArchive::deletedChatsAreGoneAfterTheWindow() {
    keep(u"2025-01-01-120000-000"_s, u"first"_s);
    {
        Desk desk(m_folder->path());
        ChatArchive& archive = desk.window->chat().archive();
        archive.remove(archive.chats()[0].path);
        QCOMPARE(QDir(m_folder->path()).entryList({u"deleted-*"_s}).size(), 1);
    }
    QCOMPARE(QDir(m_folder->path()).entryList({u"*first*"_s}).size(), 0);
}

void TestChatArchive::filterFindsByFirstWords() {
    keep(u"2025-01-01-120000-000"_s, u"The sky"_s);
    keep(u"2025-01-02-120000-000"_s, u"A violin"_s);
    Desk desk(m_folder->path());
    earlierMenu(desk)->actions().last()->trigger();
    QTest::keyClicks(QApplication::focusWidget(), u"VIOL"_s);
    const auto* list = desk.find<QTreeWidget>(u"Chats"_s);
    QVERIFY(!list->topLevelItem(0)->isHidden());
    QVERIFY(list->topLevelItem(1)->isHidden());
}

void TestChatArchive::deletingInAFilteredListGoesToTheNextOneShown() {
    for (const int day : {1, 2, 3, 4, 5}) {
        keep(u"2025-01-0%1-120000-000"_s.arg(day), day % 2 == 0 ? u"even %1"_s.arg(day) : u"odd %1"_s.arg(day));
    }
    Desk desk(m_folder->path());
    earlierMenu(desk)->actions().last()->trigger();
    QTest::keyClicks(QApplication::focusWidget(), u"odd"_s);
    auto* list = desk.find<QTreeWidget>(u"Chats"_s);
    list->setCurrentItem(list->topLevelItem(2));
    QTest::mouseClick(desk.button(u"Delete"_s), Qt::LeftButton);
    QCOMPARE(list->currentItem()->text(0), u"odd 1"_s);
    QTest::mouseClick(desk.button(u"Delete"_s), Qt::LeftButton);
    QCOMPARE(list->currentItem()->text(0), u"odd 5"_s);
    QTest::mouseClick(desk.button(u"Delete"_s), Qt::LeftButton);
    QVERIFY(list->currentItem() == nullptr || !desk.button(u"Delete"_s)->isEnabled());
}

void TestChatArchive::emptyChatTurnsVerbsOff() {
    Desk desk(m_folder->path());
    const QStringList verbs = {u"New chat"_s, u"Regenerate the last reply"_s, u"Edit the last message"_s,
        u"Copy the last reply"_s, u"Copy the chat as Markdown"_s};
    for (const QString& text : verbs) {
        QVERIFY2(!verb(desk, text)->isEnabled(), qPrintable(text));
        QVERIFY2(verb(desk, text)->toolTip().contains(u"empty"_s), qPrintable(text));
    }
    say(desk, u"one"_s, u"1"_s);
    for (const QString& text : verbs) {
        QVERIFY2(verb(desk, text)->isEnabled(), qPrintable(text));
    }
    verb(desk, u"New chat"_s)->trigger();
    QVERIFY(!verb(desk, u"Copy the last reply"_s)->isEnabled());
}

QTEST_MAIN(TestChatArchive)
#include "tst_chat_archive.moc"
