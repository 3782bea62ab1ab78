// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/transcript_view.h"
#include "tests/gui/desk.h"
#include "tests/support/tiny_model.h"
#include "tests/support/work_clock.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTimer>

#include <algorithm>
#include <numeric>

using namespace Qt::StringLiterals;

namespace {

constexpr int kOldMessages = 200;
constexpr quint32 kReplyTokens = 4000;
constexpr int kTokensPerUpdate = 32;                             // 2,000 a second, joined for 16 ms
constexpr qint64 kMostWorkMs = 100 * strata::kSanitizerFactor;   // between two looks at what the person does
constexpr qint64 kMostUpdateMs = 300 * strata::kSanitizerFactor; // of the costliest text; a debug build is slower, too

// How long the event loop of this thread was away, at worst: by the clock, and by its own work.
class GapMeter : public QObject {
public:
    GapMeter() {
        m_timer.setInterval(1);
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, &GapMeter::look);
        m_clock.start();
        m_timer.start();
    }
    qint64 longestMs() const { return m_longestMs; }
    qint64 mostWorkMs() const { return m_mostWork / 1000; }

private:
    void look() {
        m_longestMs = std::max(m_longestMs, m_clock.restart());
        m_mostWork = std::max(m_mostWork, qint64(m_work.restart()));
    }

    QTimer m_timer;
    QElapsedTimer m_clock;
    strata::WorkClock m_work;
    qint64 m_longestMs = 0;
    qint64 m_mostWork = 0;
};

QString richText() {
    return u"## Heading\n\nSome *words* with `code` and **weight**, long enough to break over more than one line of "
           u"the window, as people and models write them.\n\n1. first\n2. second\n\n```cpp\nint main() {\n    return "
           u"0; // nothing\n}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"_s;
}

QList<TranscriptEntry> oldConversation() {
    QList<TranscriptEntry> entries;
    TranscriptEntry own;
    TranscriptEntry reply;
    reply.kind = EntryKind::Reply;
    reply.text = richText();
    reply.speaker = u"tiny"_s;
    reply.stats.emplace();
    for (int i = 0; i < kOldMessages / 2; ++i) {
        own.text = u"Question %1?"_s.arg(i);
        entries.append(own);
        entries.append(reply);
    }
    return entries;
}

// What a reply of so many tokens might be, token by token.
QStringList tokensOf(const QString& pattern, const QString& head) {
    QStringList tokens = {head};
    const QStringList words = pattern.split(u' ');
    while (tokens.size() < static_cast<qsizetype>(kReplyTokens)) {
        tokens.append(words[(tokens.size() - 1) % words.size()] + u' ');
    }
    return tokens;
}

QElapsedTimer started() {
    QElapsedTimer clock;
    clock.start();
    return clock;
}

} // namespace

// Text that comes faster than anybody reads must leave the window free to answer.
class TestStreaming : public QObject {
    Q_OBJECT

private slots:
    void init();
    void fastReplyLeavesTheWindowFree();
    void costOfAnUpdateDoesNotGrow_data();
    void costOfAnUpdateDoesNotGrow();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestStreaming::init() {
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestStreaming::fastReplyLeavesTheWindowFree() {
    strata::TinyModel model;
    model.context = 8192;
    model.chatTemplate = strata::kTinyChatTemplate;
    const auto path = strata::writeTinyModel(m_folder->path().toStdString(), model);
    Desk desk(m_folder->path());
    desk.window->loadModel(QString::fromStdString(path.string()));
    QVERIFY(desk.waitFor(State::Ready));
    ChatView& chat = desk.window->chat();
    chat.transcript().restore(oldConversation(), kOldMessages);
    ReplySettings settings;
    settings.maxTokens = kReplyTokens;
    chat.setReplySettings(settings);
    QTest::qWait(100); // the conversation is laid out
    QSignalSpy pieces(&desk.controller, &EngineController::pieceReady);
    const GapMeter meter;
    QElapsedTimer clock;
    clock.start();
    chat.send(u"Write a long story"_s);
    QTRY_COMPARE_WITH_TIMEOUT(desk.controller.state(), State::Ready, 60000);
    const auto& reply = chat.transcript().entry(kOldMessages + 1);
    qInfo("%u tokens in %lld ms (%.0f tok/s, as the window shows), %lld updates, longest gap %lld ms, of "
          "which %lld ms of work",
        reply.stats->generatedTokens, clock.elapsed(), reply.stats->tokensPerSecond,
        static_cast<long long>(pieces.size()), meter.longestMs(), meter.mostWorkMs());
    QVERIFY(reply.stats->generatedTokens > 100);
    QVERIFY(pieces.size() <= clock.elapsed() / 16 + 2);
    QVERIFY(meter.mostWorkMs() < kMostWorkMs);
}

void TestStreaming::costOfAnUpdateDoesNotGrow_data() {
    QTest::addColumn<QStringList>("tokens");
    QTest::newRow("mixed") << tokensOf(richText(), {});
    QTest::newRow("one paragraph") << tokensOf(u"words that never come to an end and have no break"_s, {});
    QTest::newRow("one list") << tokensOf(u"a point of a list, long enough to mean something\n-"_s, u"- "_s);
    QTest::newRow("one code block") << tokensOf(u"int a = b + c; // comment\n"_s, u"```cpp\n"_s);
    QTest::newRow("one table") << tokensOf(u"a cell | b | c |\n|"_s, u"| a | b | c |\n|---|---|---|\n| "_s);
}

void TestStreaming::costOfAnUpdateDoesNotGrow() {
    QFETCH(const QStringList, tokens);
    ChatView chat(m_folder->filePath(u"chat.json"_s));
    chat.resize(800, 700);
    chat.show();
    QVERIFY(QTest::qWaitForWindowExposed(&chat));
    LoadedModel model;
    model.contextTokens = 100000;
    chat.showModel(model);
    chat.transcript().restore(oldConversation(), kOldMessages);
    QTest::qWait(50);
    chat.send(u"Write"_s);
    QList<qint64> costs; // microseconds, with layout and painting
    const QElapsedTimer clock = started();
    for (qsizetype at = 0; at < tokens.size(); at += kTokensPerUpdate) {
        const strata::WorkClock work;
        chat.takePiece(tokens.mid(at, kTokensPerUpdate).join(QString()));
        QCoreApplication::processEvents();
        chat.transcriptView().viewport()->repaint();
        costs.append(work.microseconds());
    }
    strata::GenerationResult result;
    result.generatedTokens = kReplyTokens;
    chat.finishReply(result);
    const qsizetype half = costs.size() / 2;
    const qint64 early = std::accumulate(costs.begin(), costs.begin() + half, qint64(0)) / 1000;
    const qint64 late = std::accumulate(costs.begin() + half, costs.end(), qint64(0)) / 1000;
    const qint64 longest = *std::max_element(costs.begin(), costs.end()) / 1000;
    qInfo("%s: %lld updates in %lld ms; first half %lld ms of work, second half %lld ms, longest update %lld ms",
        QTest::currentDataTag(), static_cast<long long>(costs.size()), clock.elapsed(), early, late, longest);
    QVERIFY(late < 2 * early + kMostWorkMs); // growing with the square: three times as much
    QVERIFY(longest < kMostUpdateMs);
    QCOMPARE(chat.transcript().entry(kOldMessages + 1).text, tokens.join(QString()));
}

QTEST_MAIN(TestStreaming)
#include "tst_streaming.moc"
