// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/context_gauge.h"
#include "gui/chat/transcript_view.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace Qt::StringLiterals;

namespace {

// Of a reply that took 25 tokens of context, prompt and all.
strata::GenerationResult result(strata::StopReason reason = strata::StopReason::EndOfText) {
    strata::GenerationResult result;
    result.reason = reason;
    result.promptTokens = 20;
    result.generatedTokens = 5;
    return result;
}

LoadedModel halfOfItsContext() {
    LoadedModel model;
    model.summary.trainedContext = 12000;
    model.contextTokens = 8192;
    return model;
}

} // namespace

// A full context and a failure: what the chat then says and offers, and for how long.
class TestChatNotices : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_chat.reset(); }
    void contextFullOffersChoices();
    void offersMoreContextOnlyWhereThereIsMore();
    void aLargerContextLetsTheReplyGoOn();
    void choicesGoWithTheTurnTheyWereAbout();
    void gaugeNeverShowsMoreThanThereIs();
    void tryingAgainLoadsTheModelFirst();

private:
    TranscriptView& view() const { return m_chat->transcriptView(); }
    ChatTranscript& transcript() const { return m_chat->transcript(); }
    void turn(const QString& own, const QString& reply);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ChatView> m_chat;
};

void TestChatNotices::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_chat = std::make_unique<ChatView>(m_folder->filePath(u"chat.json"_s));
    m_chat->showModel(halfOfItsContext());
}

void TestChatNotices::turn(const QString& own, const QString& reply) {
    m_chat->send(own);
    m_chat->takePiece(reply);
    m_chat->finishReply(result());
}

void TestChatNotices::contextFullOffersChoices() {
    turn(u"one"_s, u"1"_s);
    m_chat->send(u"two"_s);
    m_chat->takePiece(u"2"_s);
    m_chat->finishReply(result(strata::StopReason::ContextFull));
    const int notice = transcript().rowCount() - 1;
    QCOMPARE(transcript().entry(notice).choices.size(), 3);
    QSignalSpy reload(m_chat.get(), &ChatView::reloadWithMoreContextRequested);
    const auto actions = view().actionsOf(notice);
    view().trigger(notice, actions[2]);
    QCOMPARE(reload.size(), 1);
    QCOMPARE(reload[0][0].toUInt(), 12000U); // twice as much, but no more than it was trained for
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    view().trigger(notice, actions[1]);
    QCOMPARE(asked.size(), 1);
    const auto command = asked[0][0].value<GenerateCommand>();
    QVERIFY(command.continuesReply);
    QCOMPARE(command.messages.size(), 2U);
    QCOMPARE(command.messages[0].content, "two");
    QCOMPARE(command.messages[1].content, "2");
}

void TestChatNotices::offersMoreContextOnlyWhereThereIsMore() {
    LoadedModel model = halfOfItsContext();
    model.contextTokens = model.summary.trainedContext;
    m_chat->showModel(model);
    m_chat->send(u"one"_s);
    m_chat->takePiece(u"1"_s);
    m_chat->finishReply(result(strata::StopReason::ContextFull));
    const QList<NoticeChoice> choices = transcript().entry(transcript().rowCount() - 1).choices;
    QCOMPARE(choices.size(), 2);
    QVERIFY(!choices.contains(NoticeChoice::ReloadWithMoreContext));
}

void TestChatNotices::aLargerContextLetsTheReplyGoOn() {
    const auto canGoOn = [this] {
        const auto actions = view().actionsOf(1);
        return std::any_of(actions.begin(), actions.end(),
            [](const MessageAction& action) { return action.kind == MessageAction::Kind::Continue; });
    };
    LoadedModel model = halfOfItsContext();
    model.contextTokens = 25; // as much as the result says it used
    m_chat->showModel(model);
    m_chat->send(u"one"_s);
    m_chat->takePiece(u"1"_s);
    m_chat->finishReply(result(strata::StopReason::ContextFull));
    QVERIFY(!canGoOn());
    m_chat->showLoading(u"tiny"_s);
    m_chat->showModel(model); // a reload that was refused
    QVERIFY(!canGoOn());
    QCOMPARE(transcript().entry(2).choices.size(), 3);
    model.contextTokens = 50;
    m_chat->showModel(model);
    QVERIFY(transcript().entry(2).choices.isEmpty());
    QVERIFY(canGoOn());
}

void TestChatNotices::choicesGoWithTheTurnTheyWereAbout() {
    m_chat->send(u"one"_s);
    m_chat->failReply(u"It failed."_s, {});
    QCOMPARE(transcript().entry(1).choices.size(), 1);
    turn(u"two"_s, u"2"_s);
    QVERIFY(transcript().entry(1).choices.isEmpty());
}

void TestChatNotices::gaugeNeverShowsMoreThanThereIs() {
    auto* gauge = m_chat->findChild<ContextGauge*>();
    m_chat->setContextTokens(8191);
    QCOMPARE(gauge->text(), u"8,191 of 8,192"_s);
    m_chat->setContextTokens(8200);
    QCOMPARE(gauge->text(), u"full, 8,192 of 8,192"_s);
    QVERIFY(gauge->toolTip().contains(u"8,200"_s));
}

void TestChatNotices::tryingAgainLoadsTheModelFirst() {
    m_chat->send(u"precious"_s);
    m_chat->failReply(u"The device is gone."_s, {}, true);
    m_chat->showNoModel();
    QSignalSpy again(m_chat.get(), &ChatView::loadAgainRequested);
    QSignalSpy onCpu(m_chat.get(), &ChatView::loadOnCpuRequested);
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    const auto actions = view().actionsOf(1);
    QCOMPARE(actions.size(), 2); // Try again, Load on the CPU
    view().trigger(1, actions[0]);
    QCOMPARE(again.size(), 1);
    m_chat->showNoModel(); // it failed
    view().trigger(1, actions[1]);
    QCOMPARE(onCpu.size(), 1);
    m_chat->showLoading(u"tiny"_s);
    QCOMPARE(asked.size(), 0);
    m_chat->showModel(halfOfItsContext());
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].value<GenerateCommand>().messages[0].content, "precious");
}

QTEST_MAIN(TestChatNotices)
#include "tst_chat_notices.moc"
