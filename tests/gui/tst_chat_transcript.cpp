// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_store.h"
#include "gui/chat/chat_transcript.h"
#include "gui/chat/message_actions.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

#include <sys/resource.h>

using namespace Qt::StringLiterals;
using std::chrono_literals::operator""ms;

namespace {

void addTurn(ChatTranscript& transcript, const QString& own, const QString& reply) {
    transcript.appendOwn(own);
    transcript.beginReply(u"tiny"_s);
    transcript.appendPiece(reply);
    transcript.endReply({.generatedTokens = 3, .firstTokenSeconds = 0.9});
}

QStringList texts(const std::vector<strata::ChatMessage>& messages) {
    QStringList list;
    for (const strata::ChatMessage& message : messages) {
        const char* role = message.role == strata::ChatRole::System ? "s:"
                           : message.role == strata::ChatRole::User ? "u:"
                                                                    : "a:";
        list.append(QString::fromLatin1(role) + QString::fromStdString(message.content));
    }
    return list;
}

QStringList actionTexts(const ChatTranscript& transcript, int row) {
    QStringList list;
    for (const MessageAction& action : messageActions(transcript, row, false)) {
        list.append(action.text);
    }
    return list;
}

} // namespace

class TestChatTranscript : public QObject {
    Q_OBJECT

private slots:
    void growsByPieces();
    void dropsPiecesWithoutAReply();
    void truncatesForAnEdit();
    void removesAnEmptyReply();
    void tellsTheModelEachTurnOnce();
    void joinsTurnsOfOneRole();
    void forgetsOldestTurns();
    void exportsMarkdown();
    void saysHowAReplyWent_data();
    void saysHowAReplyWent();
    void offersWhatFitsTheMessage();
    void storesAndRestores();
    void keepsADamagedFile();
    void saysThatItCannotSave();
    void aFullDiskLeavesWhatWasSaved();
    void setsAChatAside();
};

void TestChatTranscript::growsByPieces() {
    ChatTranscript transcript;
    QAbstractItemModelTester tester(&transcript, QAbstractItemModelTester::FailureReportingMode::Fatal);
    QSignalSpy changed(&transcript, &QAbstractItemModel::dataChanged);
    QSignalSpy ended(&transcript, &ChatTranscript::replyEnded);
    transcript.appendOwn(u"Hi"_s);
    transcript.beginReply(u"tiny"_s);
    QVERIFY(transcript.index(1).data(ChatTranscript::GrowingRole).toBool());
    transcript.appendPiece(u"Hel"_s);
    transcript.appendPiece(u"lo"_s);
    QCOMPARE(changed.size(), 2);
    transcript.endReply({.generatedTokens = 2, .tokensPerSecond = 6.3, .firstTokenSeconds = 0.9});
    QCOMPARE(ended.size(), 1);
    QCOMPARE(transcript.index(1).data(ChatTranscript::TextRole).toString(), u"Hello"_s);
    QCOMPARE(transcript.index(1).data(Qt::AccessibleTextRole).toString(), u"tiny: Hello"_s);
    QVERIFY(!transcript.index(1).data(ChatTranscript::GrowingRole).toBool());
    QCOMPARE(transcript.index(0).data(ChatTranscript::SpeakerRole).toString(), u"You"_s);
}

void TestChatTranscript::dropsPiecesWithoutAReply() {
    ChatTranscript transcript;
    transcript.appendPiece(u"late"_s);
    addTurn(transcript, u"a"_s, u"b"_s);
    transcript.appendPiece(u"late"_s);
    QCOMPARE(transcript.entry(1).text, u"b"_s);
}

void TestChatTranscript::truncatesForAnEdit() {
    ChatTranscript transcript;
    QAbstractItemModelTester tester(&transcript, QAbstractItemModelTester::FailureReportingMode::Fatal);
    addTurn(transcript, u"a"_s, u"b"_s);
    addTurn(transcript, u"c"_s, u"d"_s);
    transcript.truncate(9);
    QCOMPARE(transcript.rowCount(), 4);
    transcript.truncate(2);
    transcript.appendOwn(u"c2"_s);
    QCOMPARE(texts(transcript.messages({})), QStringList({u"u:a"_s, u"a:b"_s, u"u:c2"_s}));
    QCOMPARE(transcript.lastRow(EntryKind::Own), 2);
    QCOMPARE(transcript.lastRow(EntryKind::Reply), 1);
    QCOMPARE(transcript.lastRow(EntryKind::Notice), -1);
}

void TestChatTranscript::removesAnEmptyReply() {
    ChatTranscript transcript;
    QAbstractItemModelTester tester(&transcript, QAbstractItemModelTester::FailureReportingMode::Fatal);
    transcript.appendOwn(u"a"_s);
    transcript.beginReply(u"tiny"_s);
    transcript.endReply({});
    QCOMPARE(transcript.rowCount(), 1);
    transcript.beginReply(u"tiny"_s);
    transcript.endReply({.stopNote = u"stopped"_s});
    QCOMPARE(transcript.rowCount(), 2);
}

void TestChatTranscript::tellsTheModelEachTurnOnce() {
    ChatTranscript transcript;
    addTurn(transcript, u"a"_s, u"b"_s);
    transcript.appendNotice(u"notice"_s, {}, {});
    transcript.appendOwn(u"c"_s);
    QCOMPARE(texts(transcript.messages(u"Be brief."_s)), QStringList({u"s:Be brief."_s, u"u:a"_s, u"a:b"_s, u"u:c"_s}));
    QCOMPARE(transcript.messages(u"  "_s).size(), 3U);
}

void TestChatTranscript::joinsTurnsOfOneRole() {
    ChatTranscript transcript;
    transcript.appendOwn(u"a"_s);
    transcript.beginReply(u"tiny"_s);
    transcript.endReply({.stopNote = u"stopped"_s});
    transcript.appendOwn(u"b"_s);
    QCOMPARE(texts(transcript.messages({})), QStringList({u"u:a\n\nb"_s}));
}

void TestChatTranscript::forgetsOldestTurns() {
    ChatTranscript transcript;
    addTurn(transcript, u"a"_s, u"b"_s);
    addTurn(transcript, u"c"_s, u"d"_s);
    QVERIFY(transcript.forgetOldestTurn());
    QCOMPARE(texts(transcript.messages({})), QStringList({u"u:c"_s, u"a:d"_s}));
    QCOMPARE(transcript.rowCount(), 4);
    QVERIFY(!transcript.index(1).data(ChatTranscript::RememberedRole).toBool());
    QVERIFY(!transcript.forgetOldestTurn());
    transcript.truncate(1);
    QCOMPARE(transcript.rememberedFrom(), 1);
}

void TestChatTranscript::exportsMarkdown() {
    ChatTranscript transcript;
    QCOMPARE(transcript.toMarkdown(), QString());
    addTurn(transcript, u"a"_s, u"**b**\n"_s);
    QCOMPARE(transcript.toMarkdown(), u"## You\n\na\n\n## tiny\n\n**b**\n\n*3 tokens   first after 0.9 s*\n"_s);
}

void TestChatTranscript::saysHowAReplyWent_data() {
    QTest::addColumn<int>("reason");
    QTest::addColumn<QString>("expected");
    using strata::StopReason;
    const QString numbers = u"213 tokens   6.3 tok/s   first after 0.9 s   prompt of 1,204"_s;
    QTest::newRow("ended") << static_cast<int>(StopReason::EndOfText) << numbers;
    QTest::newRow("stopped") << static_cast<int>(StopReason::Cancelled) << QString(numbers + u"   stopped"_s);
    QTest::newRow("full") << static_cast<int>(StopReason::ContextFull) << QString(numbers + u"   context full"_s);
    QTest::newRow("limit") << static_cast<int>(StopReason::TokenLimit)
                           << QString(numbers + u"   reached the longest reply set"_s);
    QTest::newRow("string") << static_cast<int>(StopReason::StopString)
                            << QString(numbers + u"   ended at \u201CEND\u201D"_s);
}

void TestChatTranscript::saysHowAReplyWent() {
    QFETCH(int, reason);
    QFETCH(QString, expected);
    strata::GenerationResult result;
    result.reason = static_cast<strata::StopReason>(reason);
    result.stopText = "END";
    result.promptTokens = 1204;
    result.generatedTokens = 213;
    result.firstToken = 900ms;
    result.decodeTime = 33651ms; // 212 / 6.3
    QCOMPARE(statsLine(replyStats(result)), expected);
    QVERIFY(statsToolTip(replyStats(result)).contains(u"1,204"_s));
    result.generatedTokens = 1;
    QCOMPARE(replyStats(result).tokensPerSecond, 0.0);
}

void TestChatTranscript::offersWhatFitsTheMessage() {
    ChatTranscript transcript;
    addTurn(transcript, u"a"_s, u"b"_s);
    addTurn(transcript, u"c"_s, u"d"_s);
    transcript.appendNotice(u"full"_s, u"details"_s, {NoticeChoice::StartNewChat, NoticeChoice::DropOldest});
    QCOMPARE(actionTexts(transcript, 0), QStringList({u"Edit"_s, u"Copy"_s}));
    QCOMPARE(actionTexts(transcript, 1), QStringList({u"Copy"_s}));
    QCOMPARE(actionTexts(transcript, 3), QStringList({u"Regenerate"_s, u"Copy"_s}));
    QCOMPARE(actionTexts(transcript, 4), QStringList({u"Start a new chat"_s, u"Drop oldest"_s, u"Details"_s}));
    for (const MessageAction& action : messageActions(transcript, 3, true)) {
        QCOMPARE(action.isEnabled, action.kind == MessageAction::Kind::Copy);
        QVERIFY(!action.hint.isEmpty());
    }
}

void TestChatTranscript::storesAndRestores() {
    QTemporaryDir folder;
    StoredChat kept;
    ChatTranscript transcript;
    addTurn(transcript, u"a \U0001F600"_s, u"b"_s);
    addTurn(transcript, u"c"_s, u"d"_s);
    transcript.appendNotice(u"sentence"_s, u"details"_s, {});
    kept.entries = transcript.entries();
    kept.rememberedFrom = 2;
    kept.draft = u"not yet sent"_s;
    kept.settings.systemPrompt = u"Be brief."_s;
    kept.settings.sampling.temperature = 0.25F;
    kept.settings.sampling.seed = 18446744073709551615ULL;
    kept.settings.stopStrings = {u"END"_s};
    kept.settings.maxTokens = 77;
    ChatStore store(folder.filePath(u"deep/chat.json"_s), [&kept] { return kept; });
    QVERIFY(store.saveNow());
    const StoredChat found = store.load();
    QCOMPARE(found.entries, kept.entries);
    QCOMPARE(found.rememberedFrom, 2);
    QCOMPARE(found.draft, kept.draft);
    QVERIFY(found.settings == kept.settings);
}

void TestChatTranscript::keepsADamagedFile() {
    QTemporaryDir folder;
    const QString path = folder.filePath(u"chat.json"_s);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{ \"entries\": [ {");
    file.close();
    ChatStore store(path, [] { return StoredChat(); });
    QSignalSpy failed(&store, &ChatStore::failed);
    QVERIFY(store.load().entries.isEmpty());
    QCOMPARE(failed.size(), 1);
    QCOMPARE(QDir(folder.path()).entryList({u"chat-*-Could not be read.json"_s}).size(), 1);
}

void TestChatTranscript::saysThatItCannotSave() {
    QTemporaryDir folder;
    QFile blocker(folder.filePath(u"file"_s));
    QVERIFY(blocker.open(QIODevice::WriteOnly));
    ChatStore store(folder.filePath(u"file/chat.json"_s), [] { return StoredChat(); }); // a file stands for the folder
    QSignalSpy failed(&store, &ChatStore::failed);
    QVERIFY(!store.saveNow());
    QVERIFY(!store.saveNow());
    QCOMPARE(failed.size(), 1); // once, not with each piece
    QVERIFY(failed[0][0].toString().contains(u"chat.json"_s));
    QVERIFY(failed[0][0].toString().contains(u"folder"_s));
}

void TestChatTranscript::aFullDiskLeavesWhatWasSaved() {
    QTemporaryDir folder;
    StoredChat kept;
    kept.draft = u"saved"_s;
    const QString path = folder.filePath(u"chat.json"_s);
    ChatStore store(path, [&kept] { return kept; });
    QSignalSpy failed(&store, &ChatStore::failed);
    QVERIFY(store.saveNow());
    kept.draft = u"not saved"_s;
    std::signal(SIGXFSZ, SIG_IGN); // the signal ends the process, the error number is what a full disk gives
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit nothing{0, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &nothing);
    const bool isSaved = store.saveNow();
    setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY(!isSaved);
    QCOMPARE(failed.size(), 1);
    QCOMPARE(store.load().draft, u"saved"_s);
}

void TestChatTranscript::setsAChatAside() {
    QTemporaryDir folder;
    ChatStore store(folder.filePath(u"chat.json"_s), [] { return StoredChat(); });
    QVERIFY(store.setAside());
    QVERIFY(!QFile::exists(folder.filePath(u"chat.json"_s)));
    QCOMPARE(QDir(folder.path()).entryList({u"chat-*.json"_s}).size(), 1);
}

QTEST_GUILESS_MAIN(TestChatTranscript)
#include "tst_chat_transcript.moc"
