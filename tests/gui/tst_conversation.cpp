// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/message_edit.h"
#include "tests/gui/desk.h"
#include "tests/support/failing_backend.h"
#include "tests/support/slow_backend.h"
#include "tests/support/tiny_model.h"

#include <QFile>
#include <QLabel>
#include <QTemporaryDir>

// The whole road from a key to text, through the real window, seam and engine.
class TestConversation : public QObject {
    Q_OBJECT

private slots:
    void init();
    void typedMessageGetsAReply();
    void cursorStandsInTheMessageAtStart();
    void escapeStopsTheReply();
    void stoppedReplyIsKeptAndGoesOn();
    void escapeStopsLoading();
    void regenerateWritesTheReplyAgain();
    void secondMessageGoesOn();
    void contextIsTheSameNumberEverywhere();
    void anotherModelWhileReplyingKeepsTheWords();
    void deviceFailureKeepsTheWordsAndSaysWhy();
    void fileDeletedWhileLoadedStillReplies();
    void closingWhileReplyingReturnsAndKeepsTheWords();

private:
    void type(Desk& desk, const QString& text);
    static const TranscriptEntry& last(Desk& desk) { return desk.window->chat().transcript().entries().last(); }
    QString modelPath() const { return m_folder->filePath(QStringLiteral("tiny.gguf")); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestConversation::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(m_folder->path().toStdString(), model);
}

void TestConversation::type(Desk& desk, const QString& text) {
    auto* edit = desk.window->findChild<MessageEdit*>();
    edit->setFocus();
    QTest::keyClicks(edit, text);
    QTest::keyClick(edit, Qt::Key_Return);
}

void TestConversation::typedMessageGetsAReply() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    type(desk, QStringLiteral("Hello there"));
    QCOMPARE(desk.controller.state(), State::Generating);
    QVERIFY(desk.waitFor(State::Ready));
    const auto& entries = desk.window->chat().transcript().entries();
    QVERIFY(entries.size() >= 2);
    QCOMPARE(entries[0].text, QStringLiteral("Hello there"));
    QCOMPARE(entries[1].kind, EntryKind::Reply);
    QCOMPARE(entries[1].speaker, QStringLiteral("Tiny"));
    QVERIFY(!entries[1].text.isEmpty());
    QVERIFY(entries[1].stats && entries[1].stats->generatedTokens > 0);
}

void TestConversation::cursorStandsInTheMessageAtStart() {
    Desk desk(m_folder->path());
    QCOMPARE(QApplication::focusWidget(), desk.window->findChild<MessageEdit*>());
}

void TestConversation::escapeStopsTheReply() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    type(desk, QStringLiteral("Hello there"));
    gates->verbs.waitForVisitor();
    desk.press(Qt::Key_Escape);
    QVERIFY(desk.controller.isStopping());
    QCOMPARE(desk.find<QLabel>(QStringLiteral("State"))->text(), QStringLiteral("Stopping"));
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(!desk.window->chat().isReplying());
}

void TestConversation::stoppedReplyIsKeptAndGoesOn() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    ReplySettings settings;
    settings.sampling.temperature = 0;
    settings.maxTokens = 40;
    desk.window->chat().setReplySettings(settings);
    gates->verbs.close();
    type(desk, QStringLiteral("Hello there"));
    while (last(desk).text.isEmpty()) {
        gates->verbs.waitForVisitor();
        gates->verbs.letThrough(8);
        QCoreApplication::processEvents();
    }
    gates->verbs.waitForVisitor();
    desk.press(Qt::Key_Escape);
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    const TranscriptEntry half = last(desk);
    QVERIFY(!half.text.isEmpty());
    QCOMPARE(half.stats->stopNote, QStringLiteral("stopped"));
    QVERIFY(half.stats->generatedTokens < 40);
    desk.window->chat().continueReply();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(last(desk).text.startsWith(half.text));
    QVERIFY(last(desk).text.size() > half.text.size());
    QCOMPARE(desk.window->chat().transcript().rowCount(), 2);
}

void TestConversation::escapeStopsLoading() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    gates->allocations.close();
    desk.window->loadModel(modelPath());
    gates->allocations.waitForVisitor();
    desk.press(Qt::Key_Escape);
    QCOMPARE(desk.controller.state(), State::Empty);
    gates->allocations.open();
}

void TestConversation::regenerateWritesTheReplyAgain() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    ReplySettings settings;
    settings.maxTokens = 12;
    settings.sampling.temperature = 0;
    desk.window->chat().setReplySettings(settings);
    type(desk, QStringLiteral("Hello there"));
    QVERIFY(desk.waitFor(State::Ready));
    const QString first = last(desk).text;
    desk.press(Qt::Key_R, Qt::ControlModifier);
    QCOMPARE(desk.controller.state(), State::Generating);
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.window->chat().transcript().entries().size(), 2);
    QCOMPARE(last(desk).text, first); // greedy: the same words
}

void TestConversation::secondMessageGoesOn() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    ReplySettings settings;
    settings.maxTokens = 8;
    desk.window->chat().setReplySettings(settings);
    for (const char* text : {"One", "Two"}) {
        type(desk, QLatin1String(text));
        QVERIFY(desk.waitFor(State::Ready));
    }
    QCOMPARE(desk.window->chat().transcript().entries().size(), 4);
    QVERIFY(last(desk).stats->cachedTokens > 0);
}

void TestConversation::contextIsTheSameNumberEverywhere() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.find<QLabel>(QStringLiteral("Context"))->text(), QStringLiteral("context 0 of 256"));
    ReplySettings settings;
    settings.maxTokens = 8;
    desk.window->chat().setReplySettings(settings);
    type(desk, QStringLiteral("Hello"));
    QVERIFY(desk.waitFor(State::Ready));
    const quint32 used = last(desk).stats->promptTokens + last(desk).stats->generatedTokens;
    QCOMPARE(desk.find<QLabel>(QStringLiteral("Context"))->text(), QStringLiteral("context %1 of 256").arg(used));
}

void TestConversation::anotherModelWhileReplyingKeepsTheWords() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    type(desk, QStringLiteral("Hello there"));
    gates->verbs.waitForVisitor();
    desk.window->loadModel(modelPath());
    QVERIFY(!desk.window->chat().isReplying());
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.window->chat().transcript().entries().first().text, QStringLiteral("Hello there"));
}

void TestConversation::deviceFailureKeepsTheWordsAndSaysWhy() {
    const auto plan = std::make_shared<strata::FailurePlan>();
    Desk desk(m_folder->path(), strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), plan));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    plan->verbsLeft = 30;
    type(desk, QStringLiteral("Hello there"));
    QVERIFY(desk.waitFor(State::Failed));
    QVERIFY(!desk.window->chat().isReplying());
    QVERIFY(last(desk).text.contains(QStringLiteral("as planned")));
    QCOMPARE(desk.window->chat().transcript().entries().first().text, QStringLiteral("Hello there"));
    plan->verbsLeft = -1;
    QTest::mouseClick(desk.button(QStringLiteral("Try again")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
}

void TestConversation::fileDeletedWhileLoadedStillReplies() {
    Desk desk(m_folder->path());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(QFile::remove(modelPath()));
    type(desk, QStringLiteral("Hello there"));
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(desk.window->chat().transcript().entries()[1].stats->generatedTokens > 0);
}

void TestConversation::closingWhileReplyingReturnsAndKeepsTheWords() {
    const auto gates = std::make_shared<strata::Gates>();
    {
        Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
        desk.window->loadModel(modelPath());
        QVERIFY(desk.waitFor(State::Ready));
        gates->verbs.close();
        type(desk, QStringLiteral("Remember me"));
        gates->verbs.waitForVisitor();
        QVERIFY(desk.window->close());
        gates->verbs.open();
    }
    Desk desk(m_folder->path());
    QCOMPARE(desk.window->chat().transcript().entries().first().text, QStringLiteral("Remember me"));
}

QTEST_MAIN(TestConversation)
#include "tst_conversation.moc"
