// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/composer.h"
#include "gui/chat/message_edit.h"
#include "gui/chat/transcript_view.h"

#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace Qt::StringLiterals;
using std::chrono_literals::operator""ms;

namespace {

LoadedModel tinyModel() {
    LoadedModel model;
    model.summary.name = "tiny";
    model.summary.trainedContext = 12000;
    model.contextTokens = 8192;
    return model;
}

strata::GenerationResult result(strata::StopReason reason = strata::StopReason::EndOfText) {
    strata::GenerationResult result;
    result.reason = reason;
    result.promptTokens = 20;
    result.generatedTokens = 5;
    result.firstToken = 100ms;
    result.decodeTime = 400ms;
    return result;
}

} // namespace

class TestChatView : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void sendsWhatWasTyped();
    void streamsAReply();
    void stopsByEscape();
    void editsAndSendsAgain();
    void escapeLeavesAnEditUndone();
    void regeneratesTheLastReply();
    void continuesACutReply();
    void aNewChatDropsTheReplyStillComing();
    void keepsWordsWhenSendingFails();
    void keepsTheDraftWhenTheModelGoes();
    void showsPromptProgress();
    void suggestionsSend();
    void restoresTheChat();
    void newChatKeepsTheOldOneOnDisk();
    void replyCutOffByQuittingComesBackStopped();
    void enterWithoutAModelOffersTheLast();
    void restoredChatOffersTheLastModel();
    void secondProcessLosesNoWords();
    void fileWrittenMeanwhileIsKept();

private:
    MessageEdit* edit() const { return m_chat->findChild<MessageEdit*>(); }
    TranscriptView& view() const { return m_chat->transcriptView(); }
    ChatTranscript& transcript() const { return m_chat->transcript(); }
    QString storePath() const { return m_folder->filePath(u"chat.json"_s); }
    void makeChat();
    QPushButton* button(const QString& text) const; // a visible one whose text holds this
    QString shownText() const;                      // of all labels
    void turn(const QString& own, const QString& reply);
    void settle() { QTest::qWait(1); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ChatView> m_chat;
};

void TestChatView::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    makeChat();
}

void TestChatView::cleanup() {
    m_chat.reset();
}

void TestChatView::makeChat() {
    m_chat = std::make_unique<ChatView>(storePath());
    m_chat->resize(700, 600);
    m_chat->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_chat.get()));
    m_chat->showModel(tinyModel());
}

QPushButton* TestChatView::button(const QString& text) const {
    for (QPushButton* each : m_chat->findChildren<QPushButton*>()) {
        if (each->isVisible() && each->text().contains(text)) {
            return each;
        }
    }
    return nullptr;
}

QString TestChatView::shownText() const {
    QStringList texts;
    for (const QLabel* label : m_chat->findChildren<QLabel*>()) {
        if (label->isVisible()) {
            texts.append(label->text());
        }
    }
    return texts.join(u'\n');
}

void TestChatView::turn(const QString& own, const QString& reply) {
    m_chat->send(own);
    m_chat->takePiece(reply);
    m_chat->finishReply(result());
}

void TestChatView::sendsWhatWasTyped() {
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    ReplySettings settings;
    settings.systemPrompt = u"Be brief."_s;
    settings.maxTokens = 9;
    m_chat->setReplySettings(settings);
    QTest::keyClicks(edit(), u"Why?"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(asked.size(), 1);
    const auto command = asked[0][0].value<GenerateCommand>();
    QCOMPARE(command.messages.size(), 2U);
    QCOMPARE(command.messages[0].content, "Be brief.");
    QCOMPARE(command.messages[1].content, "Why?");
    QCOMPARE(command.maxTokens, 9U);
    QVERIFY(m_chat->composer().text().isEmpty());
    QVERIFY(m_chat->isReplying());
    QTest::keyClicks(edit(), u"More"_s); // writing goes on, sending waits
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(m_chat->composer().draft(), u"More"_s);
}

void TestChatView::streamsAReply() {
    m_chat->send(u"Hi"_s);
    for (const QString& piece : {u"Hel"_s, u"lo *th"_s, u"ere*"_s}) {
        m_chat->takePiece(piece);
    }
    QCOMPARE(transcript().entry(1).text, u"Hello *there*"_s);
    m_chat->finishReply(result());
    QVERIFY(!m_chat->isReplying());
    QCOMPARE(transcript().index(1).data(ChatTranscript::StatsRole).toString(),
        u"5 tokens   10.0 tok/s   first after 0.1 s   prompt of 20"_s);
    m_chat->takePiece(u"late"_s);
    QCOMPARE(transcript().entry(1).text, u"Hello *there*"_s);
}

void TestChatView::stopsByEscape() {
    QSignalSpy stopped(m_chat.get(), &ChatView::stopRequested);
    m_chat->send(u"Hi"_s);
    m_chat->takePiece(u"Hel"_s);
    QTest::keyClick(edit(), Qt::Key_Escape);
    QCOMPARE(stopped.size(), 1);
    m_chat->finishReply(result(strata::StopReason::Cancelled));
    QVERIFY(transcript().index(1).data(ChatTranscript::StatsRole).toString().endsWith(u"stopped"_s));
    QCOMPARE(transcript().entry(1).text, u"Hel"_s);
}

void TestChatView::editsAndSendsAgain() {
    turn(u"one"_s, u"1"_s);
    turn(u"two"_s, u"2"_s);
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    const auto actions = view().actionsOf(0);
    QCOMPARE(actions.constLast().kind, MessageAction::Kind::Edit); // the buttons stand from right to left
    view().trigger(0, actions.constLast());
    QCOMPARE(m_chat->composer().draft(), u"one"_s);
    QCOMPARE(transcript().rowCount(), 4); // nothing goes before it is sent
    QTest::keyClicks(edit(), u" changed"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].value<GenerateCommand>().messages.size(), 1U);
    QCOMPARE(transcript().entry(0).text, u"one changed"_s);
    QCOMPARE(transcript().rowCount(), 2);
    QVERIFY(!m_chat->composer().isEditing());
}

void TestChatView::escapeLeavesAnEditUndone() {
    turn(u"one"_s, u"1"_s);
    QTest::keyClick(edit(), Qt::Key_Up);
    QCOMPARE(m_chat->composer().draft(), u"one"_s);
    QTest::keyClicks(edit(), u" x"_s);
    QTest::keyClick(edit(), Qt::Key_Escape);
    QCOMPARE(m_chat->composer().draft(), QString());
    QCOMPARE(transcript().rowCount(), 2);
    QTest::keyClicks(edit(), u"two"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(transcript().entry(0).text, u"one"_s);
    QCOMPARE(transcript().entry(2).text, u"two"_s);
}

void TestChatView::regeneratesTheLastReply() {
    turn(u"one"_s, u"1"_s);
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    m_chat->regenerate();
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].value<GenerateCommand>().messages.size(), 1U);
    QCOMPARE(transcript().rowCount(), 2);
    QVERIFY(transcript().entry(1).text.isEmpty());
    m_chat->regenerate(); // one at a time
    QCOMPARE(asked.size(), 1);
}

void TestChatView::continuesACutReply() {
    m_chat->send(u"one"_s);
    m_chat->takePiece(u"half "_s);
    m_chat->finishReply(result(strata::StopReason::TokenLimit));
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    m_chat->continueReply();
    QCOMPARE(asked.size(), 1);
    QVERIFY(asked[0][0].value<GenerateCommand>().continuesReply);
    m_chat->takePiece(u"and whole"_s);
    m_chat->finishReply(result());
    QCOMPARE(transcript().rowCount(), 2);
    QCOMPARE(transcript().entry(1).text, u"half and whole"_s);
}

void TestChatView::aNewChatDropsTheReplyStillComing() {
    QSignalSpy stopped(m_chat.get(), &ChatView::stopRequested);
    m_chat->send(u"one"_s);
    m_chat->newChat();
    QCOMPARE(stopped.size(), 1);
    m_chat->takePiece(u"late"_s);
    m_chat->finishReply(result(strata::StopReason::ContextFull));
    QCOMPARE(transcript().rowCount(), 0);
    QVERIFY(!m_chat->isReplying());
    m_chat->send(u"two"_s);
    m_chat->newChat();
    m_chat->failReply(u"late"_s, {});
    QCOMPARE(transcript().rowCount(), 0);
}

void TestChatView::keepsWordsWhenSendingFails() {
    m_chat->send(u"precious"_s);
    m_chat->failReply(u"The device is gone."_s, u"cuda:0"_s);
    QCOMPARE(transcript().rowCount(), 2);
    QCOMPARE(transcript().entry(0).text, u"precious"_s);
    QCOMPARE(transcript().entry(1).text, u"The device is gone."_s);
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    const auto actions = view().actionsOf(1);
    QCOMPARE(actions.size(), 2); // Try again, Details
    view().trigger(1, actions[1]);
    QVERIFY(transcript().entry(1).isUnfolded);
    view().trigger(1, actions[0]);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].value<GenerateCommand>().messages[0].content, "precious");
}

void TestChatView::keepsTheDraftWhenTheModelGoes() {
    QTest::keyClicks(edit(), u"half a thought"_s);
    m_chat->showNoModel();
    auto* button = m_chat->composer().findChild<QPushButton*>();
    QVERIFY(!button->isEnabled());
    QVERIFY(button->toolTip().contains(u"No model"_s));
    m_chat->showModel(tinyModel());
    QCOMPARE(m_chat->composer().draft(), u"half a thought"_s);
    QVERIFY(button->isEnabled());
}

void TestChatView::showsPromptProgress() {
    m_chat->send(u"Hi"_s);
    m_chat->showPromptProgress({.doneTokens = 1280, .totalTokens = 3120});
    const auto labels = m_chat->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(),
        [](QLabel* label) { return label->text().startsWith(u"Reading 3,120 tokens, 41 %"_s); }));
}

void TestChatView::suggestionsSend() {
    settle(); // the page lays its buttons out
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    QPushButton* suggestion = nullptr;
    for (QPushButton* button : m_chat->findChildren<QPushButton*>()) {
        suggestion = button->isVisible() && button->text().contains(u"violin"_s) ? button : suggestion;
    }
    QVERIFY(suggestion != nullptr);
    QTest::mouseClick(suggestion, Qt::LeftButton);
    QCOMPARE(asked.size(), 1);
}

void TestChatView::restoresTheChat() {
    turn(u"one"_s, u"1"_s);
    QTest::keyClicks(edit(), u"draft"_s);
    m_chat->composer().attach(u"notes"_s, u"text"_s);
    m_chat.reset();
    makeChat();
    QCOMPARE(m_chat->composer().attachments().size(), 1);
    QCOMPARE(m_chat->composer().attachments()[0].text, u"text"_s);
    QCOMPARE(transcript().rowCount(), 2);
    QCOMPARE(transcript().entry(1).text, u"1"_s);
    QCOMPARE(m_chat->composer().draft(), u"draft"_s);
}

void TestChatView::newChatKeepsTheOldOneOnDisk() {
    turn(u"one"_s, u"1"_s);
    m_chat->newChat();
    QCOMPARE(transcript().rowCount(), 0);
    QCOMPARE(QDir(m_folder->path()).entryList({u"chat-*.json"_s}).size(), 1);
}

void TestChatView::replyCutOffByQuittingComesBackStopped() {
    m_chat->send(u"one"_s);
    m_chat->takePiece(u"half "_s);
    m_chat.reset();
    makeChat();
    QCOMPARE(transcript().rowCount(), 2);
    QVERIFY(!transcript().entry(1).isGrowing);
    QCOMPARE(transcript().index(1).data(ChatTranscript::StatsRole).toString(), u"stopped"_s);
    settle();
    const auto actions = view().actionsOf(1);
    QVERIFY(std::any_of(actions.begin(), actions.end(),
        [](const MessageAction& action) { return action.kind == MessageAction::Kind::Continue && action.isEnabled; }));
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    m_chat->continueReply();
    QCOMPARE(asked.size(), 1);
    m_chat->takePiece(u"and whole"_s);
    m_chat->finishReply(result());
    QCOMPARE(transcript().entry(1).text, u"half and whole"_s);

    m_chat->send(u"two"_s); // cut off before its first word: nothing came, so nothing is shown
    m_chat.reset();
    makeChat();
    QCOMPARE(transcript().rowCount(), 3);
}

void TestChatView::enterWithoutAModelOffersTheLast() {
    const QString here = m_folder->filePath(u"last & best.gguf"_s);
    QFile file(here);
    QVERIFY(file.open(QIODevice::WriteOnly));
    m_chat->setRecentModels({m_folder->filePath(u"gone.gguf"_s), here}, {m_folder->filePath(u"gone.gguf"_s)});
    m_chat->showNoModel();
    QTest::keyClicks(edit(), u"Hi"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QVERIFY(shownText().contains(u"Not sent: no model"_s));
    QCOMPARE(m_chat->composer().draft(), u"Hi"_s);
    QSignalSpy wanted(m_chat.get(), &ChatView::modelRequested);
    QTest::mouseClick(button(u"Load last && best"_s), Qt::LeftButton);
    QCOMPARE(wanted.size(), 1);
    QCOMPARE(wanted[0][0].toString(), here);
    m_chat->showLoading(u"last & best"_s);
    QVERIFY(!shownText().contains(u"Not sent"_s));
    QTest::keyClick(edit(), Qt::Key_Return);
    QVERIFY(shownText().contains(u"Not sent: last & best is still being loaded"_s));
    m_chat->showModel(tinyModel());
    QVERIFY(!shownText().contains(u"Not sent"_s));
    QCOMPARE(m_chat->composer().draft(), u"Hi"_s);
}

void TestChatView::restoredChatOffersTheLastModel() {
    turn(u"one"_s, u"1"_s);
    m_chat->showNoModel();
    QVERIFY(shownText().contains(u"No model is loaded"_s));
    QSignalSpy open(m_chat.get(), &ChatView::openModelRequested);
    QTest::mouseClick(button(u"Open a model file"_s), Qt::LeftButton); // none was loaded yet
    QCOMPARE(open.size(), 1);
    m_chat->regenerate();
    QVERIFY(shownText().contains(u"Not sent"_s));
    QCOMPARE(transcript().rowCount(), 2);
    m_chat->showModel(tinyModel());
    QVERIFY(button(u"Open a model file"_s) == nullptr);
}

// Two views stand for two processes: the lock knows no difference.
void TestChatView::secondProcessLosesNoWords() {
    turn(u"one"_s, u"1"_s);
    ChatView second(storePath());
    second.resize(700, 600);
    second.show();
    const QList<QLabel*> labels = second.findChildren<QLabel*>();
    const auto sentence = std::find_if(labels.begin(), labels.end(),
        [](const QLabel* label) { return label->isVisible() && label->text().contains(u"another Strata"_s); });
    QVERIFY(sentence != labels.end());
    second.showModel(tinyModel());
    second.send(u"of the second"_s);
    second.newChat(); // sets nothing aside that is not its own
    QCOMPARE(second.transcript().rowCount(), 2);
    m_chat.reset(); // the first is closed and saved
    second.finishReply(result());
    QTRY_VERIFY_WITH_TIMEOUT(!(*sentence)->isVisible(), 6000);
    const QDir folder = QFileInfo(storePath()).dir();
    QByteArray all;
    for (const QString& name : folder.entryList({u"chat*.json"_s})) {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        all += file.readAll();
    }
    QVERIFY(all.contains("\"one\""));
    QVERIFY(all.contains("of the second"));
}

void TestChatView::fileWrittenMeanwhileIsKept() {
    turn(u"one"_s, u"1"_s);
    const QByteArray words = R"({"entries":[{"kind":"own","text":"by a program that knows no lock"}]})";
    QFile file(storePath());
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(words) == words.size());
    file.close();
    m_chat.reset(); // saves
    const QDir folder = QFileInfo(storePath()).dir();
    const QStringList names = folder.entryList({u"chat-*.json"_s});
    QCOMPARE(names.size(), 1);
    QFile kept(folder.filePath(names.first()));
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), words);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("\"one\""));
}

QTEST_MAIN(TestChatView)
#include "tst_chat_view.moc"
