// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/composer.h"
#include "gui/chat/transcript_view.h"
#include "gui/why/why_panel.h"
#include "tests/gui/desk.h"
#include "tests/support/tiny_model.h"

#include <QLabel>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>
#include <cmath>

using namespace std::chrono_literals;
using Kind = AccountPart::Kind;
using strata::Wire;

namespace {

// Of a model on a GPU, beside it and on disk; the GPU's part is the longest.
strata::GenerationResult someResult() {
    strata::GenerationResult result;
    result.promptTokens = 100;
    result.cachedTokens = 40;
    result.generatedTokens = 11;
    result.times.whole = 10s;
    result.times.prompt = {.whole = 2s, .gpu = 1s, .passes = 1};
    result.times.decode = {.whole = 7s, .gpu = 3s, .cpu = 2s, .linkWait = 1s, .diskWait = 500ms, .passes = 10};
    result.times.decode.bytes = {40'000'000'000, 10'000'000'000, 20'000'000'000, 1'000'000'000};
    result.times.sampling = 200ms;
    return result;
}

LoadedModel someModel(bool usesGpu) {
    strata::Plan plan;
    plan.usesGpu = usesGpu;
    LoadedModel model;
    model.summary.name = "Some";
    model.plan = std::make_shared<strata::Plan>(plan);
    return model;
}

double sumOf(const ReplyAccount& account) {
    double sum = 0.0;
    for (const AccountPart& part : account.parts)
        sum += part.seconds;
    return sum;
}

} // namespace

class TestWhySpeed : public QObject {
    Q_OBJECT

private slots:
    void partsAddUpToTheReply();
    void theLongestWaitIsNamed_data();
    void theLongestWaitIsNamed();
    void ratesStandBesideWhatWasMeasured();
    void aReplyThatComputedNothingHasNoAccount();
    void aReplyOpensItsAccount();
};

void TestWhySpeed::partsAddUpToTheReply() {
    const ReplyAccountPointer account = replyAccount(someResult(), someModel(true));
    QCOMPARE(account->parts.size(), 7);
    QVERIFY(std::abs(sumOf(*account) - 10.0) < 1e-9);
    QCOMPARE(account->parts.first().kind, Kind::Prompt);
    QCOMPARE(account->parts.last().kind, Kind::Other);
    QVERIFY(std::abs(account->parts.last().seconds - 1.3) < 1e-9); // passes' own, and what is no pass
    QVERIFY(account->howMeasured.contains(QStringLiteral("exchanges")));
    QVERIFY(accountText(*account).contains(QStringLiteral("GPU: 3.0 s, 30.0 %")));
}

void TestWhySpeed::theLongestWaitIsNamed_data() {
    QTest::addColumn<int>("part");
    QTest::addColumn<bool>("usesGpu");
    QTest::addColumn<QString>("begins");
    QTest::addColumn<QString>("helps");
    QTest::newRow("GPU") << 0 << true << "The GPU and its memory set" << "fewer tokens";
    QTest::newRow("link") << 1 << true << "The link to the GPU sets" << "faster slot";
    QTest::newRow("CPU beside a GPU") << 2 << true << "RAM and the CPU set" << "smaller context";
    QTest::newRow("CPU alone") << 2 << false << "RAM and the CPU set" << "or a GPU";
    QTest::newRow("disk") << 3 << true << "The disk sets" << "More RAM";
    QTest::newRow("prompt") << 4 << true << "Reading the prompt took" << "fewer tokens";
    QTest::newRow("sampling") << 5 << true << "Choosing tokens set" << "sampling";
}

void TestWhySpeed::theLongestWaitIsNamed() {
    QFETCH(int, part);
    QFETCH(bool, usesGpu);
    QFETCH(QString, begins);
    QFETCH(QString, helps);
    strata::GenerationResult result = someResult();
    strata::PassTimes& decode = result.times.decode;
    std::chrono::nanoseconds* const longest[] = {&decode.gpu, &decode.linkWait, &decode.cpu, &decode.diskWait,
        &result.times.prompt.whole, &result.times.sampling};
    *longest[part] = 30s;
    decode.whole = part < 4 ? 40s : 7s;
    result.times.whole = 50s;
    const QString sentence = replyAccount(result, someModel(usesGpu))->sentence;
    QVERIFY2(sentence.startsWith(begins), qPrintable(sentence));
    QVERIFY2(sentence.contains(helps), qPrintable(sentence));
}

void TestWhySpeed::ratesStandBesideWhatWasMeasured() {
    LoadedModel model = someModel(true);
    QVERIFY(replyAccount(someResult(), model)->sentence.contains(QStringLiteral("4.00 GB for every token, 5.71 GB/s. ")));
    auto profile = std::make_shared<strata::MachineProfile>();
    profile->vramRead = 800e9;
    model.command.profile = profile;
    model.isMeasured = true;
    const QString sentence = replyAccount(someResult(), model)->sentence;
    QVERIFY2(sentence.contains(QStringLiteral("5.71 GB/s of the 800 GB/s that were measured")), qPrintable(sentence));
}

void TestWhySpeed::aReplyThatComputedNothingHasNoAccount() {
    QVERIFY(replyAccount({}, someModel(true)) == nullptr);
}

void TestWhySpeed::aReplyOpensItsAccount() {
    const QTemporaryDir folder;
    strata::TinyModel tiny;
    tiny.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(folder.path().toStdString(), tiny);
    Desk desk(folder.path());
    desk.window->loadModel(folder.filePath(QStringLiteral("tiny.gguf")));
    QVERIFY(desk.waitFor(State::Ready));
    ReplySettings settings = desk.window->chat().replySettings();
    settings.maxTokens = 5;
    desk.window->chat().setReplySettings(settings);
    desk.window->chat().send(QStringLiteral("Hello"));
    QVERIFY(desk.waitFor(State::Ready));
    QTRY_VERIFY(!desk.window->chat().isReplying());
    TranscriptView& view = desk.window->chat().transcriptView();
    const int row = desk.window->chat().transcript().lastRow(EntryKind::Reply);
    const ReplyAccountPointer account = desk.window->chat().transcript().entry(row).stats->account;
    QVERIFY(account != nullptr);
    QVERIFY(std::abs(sumOf(*account) - account->wholeSeconds) < 1e-9);
    for (const AccountPart& part : account->parts)
        QVERIFY(part.seconds > 0);
    QVERIFY(!desk.dock("why")->isVisible());
    bool isFound = false;
    for (const MessageAction& action : view.actionsOf(row)) { // what keys, menu and screen readers offer
        if (action.kind != MessageAction::Kind::WhySpeed)
            continue;
        isFound = true;
        view.trigger(row, action);
    }
    QVERIFY(isFound);
    QVERIFY(desk.dock("why")->isVisible());
    const auto* sentence = desk.find<QLabel>(QStringLiteral("What set the speed"));
    QCOMPARE(sentence->text(), account->sentence);
    QCOMPARE(QApplication::focusWidget(), sentence);
    QVERIFY(desk.find<QLabel>(QStringLiteral("Time of: CPU"))->isVisible());
}

QTEST_MAIN(TestWhySpeed)
#include "tst_why_speed.moc"
