// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/engine_replies.h"
#include "tests/support/failing_backend.h"
#include "tests/support/slow_backend.h"
#include "tests/support/stopping_backend.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace strata;

namespace {

constexpr std::uint32_t kContext = 128;

} // namespace

class TestEngine : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path m_path;
    const std::string m_text = "Once upon a time there was a house";

    std::filesystem::path write(const TinyModel& model) { return writeTinyModel(m_folder.path().toStdString(), model); }

private slots:
    void initTestCase() { m_path = write({.context = kContext, .chatTemplate = kTinyChatTemplate}); }

    // Replies

    void greedyRepliesAreTheSameEachTime() {
        const auto engine = load({.path = m_path});
        const Reply first = replyInNewSession(*engine, greedy(m_text, 30));
        const Reply second = replyInNewSession(*engine, greedy(m_text, 30));
        QVERIFY(!first.text.empty());
        QCOMPARE(first.result.generatedTokens, 30U);
        QVERIFY(first.result.reason == StopReason::TokenLimit);
        QCOMPARE(second.text, first.text);
        QCOMPARE(second.result.logitsHash, first.result.logitsHash);
        QVERIFY(replyInNewSession(*engine, greedy(m_text, 29)).result.logitsHash != first.result.logitsHash);
    }

    void greedyTokensAreTheBestOfTheLogits() {
        const auto engine = load({.path = m_path, .chunkTokens = 5, .logitRows = 3});
        Session session = engine->newSession();
        const std::size_t promptLength = engine->promptTokens(greedy(m_text, 0)).size();
        reply(*engine, session, greedy(m_text, 20));
        const std::vector<TokenId> tokens(session.tokens().begin(), session.tokens().end());
        QCOMPARE(tokens.size(), promptLength + 19); // the last token of a reply is never computed with
        std::vector<std::uint32_t> best;
        QVERIFY(engine->evaluate(session, tokens,
            [&](std::uint32_t row, std::span<const float> logits) {
                QCOMPARE(row, static_cast<std::uint32_t>(best.size()));
                best.push_back(
                    static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
            },
            {}));
        QCOMPARE(best.size(), tokens.size());
        for (std::size_t i = promptLength; i < tokens.size(); ++i)
            QCOMPARE(best[i - 1], tokens[i].value);
    }

    void verifyingFindsWhatDecodingChose() {
        const auto engine = load({.path = m_path});
        Session session = engine->newSession();
        const std::size_t promptLength = engine->promptTokens(greedy(m_text, 0)).size();
        reply(*engine, session, greedy(m_text, 21));
        const std::vector<TokenId> tokens(session.tokens().begin(), session.tokens().end());
        for (const std::uint32_t perPass : {1U, 3U, 8U}) {
            session.reusePrefix({});
            const auto best = engine->mostLikely(session, tokens, perPass, {});
            QVERIFY(best);
            QCOMPARE(best->size(), tokens.size());
            for (std::size_t i = promptLength; i < tokens.size(); ++i)
                QCOMPARE(best->at(i - 1), tokens[i]);
            QCOMPARE(session.tokens().size(), tokens.size());
        }
        QVERIFY_EXCEPTION_THROWN(engine->mostLikely(session, tokens, 9, {}), Error);
        const std::vector<TokenId> tooMany(kContext, TokenId(1));
        QVERIFY_EXCEPTION_THROWN(engine->mostLikely(session, tooMany, 8, {}), Error);
    }

    void tokensAsTheyAreAreAPrompt() {
        const auto engine = load({.path = m_path});
        GenerationRequest request = greedy({}, 8);
        request.rawTokens = engine->promptTokens(greedy(m_text, 0));
        QCOMPARE(replyInNewSession(*engine, request).text, replyInNewSession(*engine, greedy(m_text, 8)).text);
    }

    void aSeedIsReportedAndRepeatsTheReply() {
        const auto engine = load({.path = m_path});
        GenerationRequest request = greedy(m_text, 20);
        request.sampling = {.topK = 0, .topP = 1.0F, .minP = 0.0F, .temperature = 2.0F, .seed = {}};
        const Reply first = replyInNewSession(*engine, request);
        QVERIFY(replyInNewSession(*engine, request).result.seed != first.result.seed);
        request.sampling.seed = first.result.seed;
        QCOMPARE(replyInNewSession(*engine, request).text, first.text);
    }

    void endsWithTheModelsTurn() {
        const auto engine = load({.path = m_path});
        GenerationRequest request = greedy(m_text, 0);
        request.sampling = {.topK = 0, .topP = 1.0F, .minP = 0.0F, .temperature = 100.0F, .seed = 1};
        Reply ended;
        for (; *request.sampling.seed < 50; ++*request.sampling.seed) {
            ended = replyInNewSession(*engine, request);
            if (ended.result.reason == StopReason::EndOfText)
                break;
        }
        QVERIFY(ended.result.reason == StopReason::EndOfText);
        request.stopAtEndOfText = false;
        const Reply onward = replyInNewSession(*engine, request);
        QVERIFY(onward.result.generatedTokens > ended.result.generatedTokens);
        QCOMPARE(onward.text.substr(0, ended.text.size()), ended.text);
    }

    void stopStringsAcrossTokensNeverShow() {
        const auto engine = load({.path = m_path});
        const Reply whole = replyInNewSession(*engine, greedy(m_text, 30));
        for (std::size_t at = 1; at + 9 < whole.text.size(); at += 5) {
            GenerationRequest request = greedy(m_text, 30);
            request.stopStrings = {"never in it", whole.text.substr(at, 7)};
            const Reply stopped = replyInNewSession(*engine, request);
            QVERIFY(stopped.result.reason == StopReason::StopString);
            QCOMPARE(stopped.result.stopText, request.stopStrings[1]);
            QCOMPARE(stopped.text, whole.text.substr(0, whole.text.find(request.stopStrings[1])));
        }
    }

    void aFullContextStopsWithAReason() {
        const auto engine = load({.path = m_path, .contextTokens = 40});
        Session session = engine->newSession();
        const Reply full = reply(*engine, session, greedy(m_text, 0));
        QVERIFY(full.result.reason == StopReason::ContextFull);
        QCOMPARE(full.result.promptTokens + full.result.generatedTokens, 40U);

        GenerationRequest exact = greedy({}, 0);
        exact.rawTokens.assign(39, TokenId(300));
        QCOMPARE(replyInNewSession(*engine, exact).result.generatedTokens, 1U);
        exact.rawTokens.emplace_back(300);
        QCOMPARE(replyInNewSession(*engine, exact).result.generatedTokens, 0U);

        const std::vector<TokenId> before(session.tokens().begin(), session.tokens().end());
        std::string longText;
        for (int i = 0; i < 40; ++i)
            longText += m_text;
        const Reply none = reply(*engine, session, greedy(longText, 0));
        QVERIFY(none.result.reason == StopReason::ContextFull);
        QCOMPARE(none.result.generatedTokens, 0U);
        QVERIFY(none.result.promptTokens > 40);
        QVERIFY(std::equal(before.begin(), before.end(), session.tokens().begin(), session.tokens().end()));
    }

    void nothingToContinueIsAnError() {
        const auto engine = load({.path = m_path});
        QVERIFY(errorOf("nothing to continue", [&] { replyInNewSession(*engine, {}); }) == ErrorCode::BadRequest);
        QVERIFY(engine->promptTokens({}).empty());
    }

    // Conversations

    void laterTurnsReuseEarlierOnes() {
        const auto engine = load({.path = m_path, .chunkTokens = 8});
        Session session = engine->newSession();
        std::vector<ChatMessage> messages = {{ChatRole::System, "Be kind"}, {ChatRole::User, "Hello"}};
        const Reply first = reply(*engine, session, greedyChat(messages, 12));
        QCOMPARE(first.result.cachedTokens, 0U);
        QCOMPARE(first.result.templateNotice, std::string());
        messages.push_back({ChatRole::Assistant, first.text});
        messages.push_back({ChatRole::User, "And then"});
        const auto request = greedyChat(messages, 12);
        std::vector<PromptProgress> progress;
        const std::vector<TokenId> prompt = engine->promptTokens(request);
        const auto shared =
            std::mismatch(prompt.begin(), prompt.end(), session.tokens().begin(), session.tokens().end()).first -
            prompt.begin();
        const GenerationResult second = engine->generate(
            session, request, {.progress = [&](const PromptProgress& at) { progress.push_back(at); }, .piece = {}}, {});
        QVERIFY(second.cachedTokens >= first.result.promptTokens);
        QCOMPARE(second.cachedTokens, static_cast<std::uint32_t>(shared));
        QCOMPARE(progress.front().doneTokens, 0U);
        QCOMPARE(progress.back().doneTokens, second.promptTokens - second.cachedTokens);
        QCOMPARE(progress.back().totalTokens, progress.back().doneTokens);
        QCOMPARE(second.logitsHash != 0, true);
        Session fresh = engine->newSession();
        const Reply again = reply(*engine, fresh, request);
        QVERIFY(
            std::equal(fresh.tokens().begin(), fresh.tokens().end(), session.tokens().begin(), session.tokens().end()));
        QCOMPARE(again.result.cachedTokens, 0U);
    }

    void onlyTheLastChunkComputesLogits() {
        const auto gates = std::make_shared<Gates>();
        const auto engine = load({.path = m_path, .chunkTokens = 4}, decorate<SlowBackend>(cpuBackend(2), gates));
        GenerationRequest request = greedy({}, 1);
        request.rawTokens.assign(12, TokenId(300));
        replyInNewSession(*engine, request);
        QCOMPARE(gates->verbs.passedCount(), std::uint64_t(3 * (1 + 2 * 4) + 1));
    }

    void anEditedTurnFallsBackToWhatIsShared() {
        const auto engine = load({.path = m_path});
        Session session = engine->newSession();
        reply(*engine, session, greedyChat({{ChatRole::User, "Tell me of the sea"}}, 10));
        const auto edited = greedyChat({{ChatRole::User, "Tell me of the hills"}}, 10);
        const Reply second = reply(*engine, session, edited);
        QVERIFY(second.result.cachedTokens > 0 && second.result.cachedTokens < second.result.promptTokens);
        QCOMPARE(second.text, replyInNewSession(*engine, edited).text);
    }

    void theSamePromptComputesItsLastTokenAgain() {
        const auto engine = load({.path = m_path});
        Session session = engine->newSession();
        const Reply first = reply(*engine, session, greedy(m_text, 6));
        const Reply second = reply(*engine, session, greedy(m_text, 6));
        QCOMPARE(second.result.cachedTokens, second.result.promptTokens - 1);
        QCOMPARE(second.text, first.text);
    }

    void anUnfinishedReplyGoesOn() {
        const auto engine = load({.path = m_path});
        const std::vector<ChatMessage> asked = {{ChatRole::User, "Hello"}};
        GenerationRequest request = greedyChat(asked, 10);
        const std::vector<TokenId> opening = engine->promptTokens(request);
        request.messages.push_back({ChatRole::Assistant, "Well, the"});
        request.continuesReply = true;
        const std::vector<TokenId> going = engine->promptTokens(request);
        QVERIFY(going.size() > opening.size());
        const Tokenizer& tokenizer = engine->model()->tokenizer();
        QCOMPARE(tokenizer.decode(going, true), tokenizer.decode(opening, true) + "Well, the");
        request.messages.push_back({ChatRole::User, "What"});
        QVERIFY(errorOf("assistant", [&] { engine->promptTokens(request); }) == ErrorCode::BadRequest);
    }

    // Stops and failures

    void cancelAnywhereLeavesAUsableSession() {
        const auto plan = std::make_shared<StopPlan>();
        const auto engine = load({.path = m_path, .chunkTokens = 4}, decorate<StoppingBackend>(cpuBackend(2), plan));
        const Reply expected = replyInNewSession(*engine, greedy(m_text, 6));
        Session session = engine->newSession();
        for (std::int64_t verb = 1;; ++verb) {
            session.reusePrefix({});
            plan->source = {};
            plan->verbsLeft = verb;
            plan->verbsAfterStop = 0;
            const Reply cancelled = reply(*engine, session, greedy(m_text, 6), plan->source.get_token());
            QVERIFY(plan->verbsAfterStop <= 2); // what is left of one block
            QCOMPARE(session.cache().length(), static_cast<std::uint32_t>(session.tokens().size()));
            QCOMPARE(cancelled.text, expected.text.substr(0, cancelled.text.size()));
            if (cancelled.result.reason != StopReason::Cancelled)
                break;
            plan->source = {};
            QCOMPARE(reply(*engine, session, greedy(m_text, 6)).text, expected.text);
            QVERIFY(verb < 1000);
        }
    }

    void aFailedDeviceLeavesFinishedPasses() {
        const auto plan = std::make_shared<FailurePlan>();
        const auto engine = load({.path = m_path, .chunkTokens = 4}, decorate<FailingBackend>(cpuBackend(2), plan));
        const Reply expected = replyInNewSession(*engine, greedy(m_text, 6));
        Session session = engine->newSession();
        for (const std::int64_t verbs : {0, 5, 13, 25, 40}) {
            plan->verbsLeft = verbs;
            QVERIFY(errorOf("as planned", [&] { reply(*engine, session, greedy(m_text, 6)); }) == ErrorCode::Device);
            QCOMPARE(session.cache().length(), static_cast<std::uint32_t>(session.tokens().size()));
            plan->verbsLeft = -1;
            QCOMPARE(reply(*engine, session, greedy(m_text, 6)).text, expected.text);
            session.reusePrefix({});
        }
    }

    void evaluatingStops() {
        const auto plan = std::make_shared<StopPlan>();
        const auto engine = load({.path = m_path}, decorate<StoppingBackend>(cpuBackend(2), plan));
        Session session = engine->newSession();
        const std::vector<TokenId> tokens = engine->promptTokens(greedy(m_text + m_text, 0));
        plan->verbsLeft = 12;
        std::uint32_t visits = 0;
        QVERIFY(!engine->evaluate(
            session, tokens, [&](std::uint32_t, std::span<const float>) { ++visits; }, plan->source.get_token()));
        QCOMPARE(visits, 8U); // the first pass gave them all
        const std::vector<TokenId> tooMany(kContext + 1, tokens.front());
        QVERIFY(errorOf("do not fit", [&] { engine->evaluate(session, tooMany, {}, {}); }) == ErrorCode::BadRequest);
    }

    void metricsCountAndMayBeReadMeanwhile() {
        const auto engine = load({.path = m_path});
        const auto metrics = engine->metrics();
        std::atomic<bool> isDone = false;
        std::thread reader([&] {
            std::uint64_t last = 0;
            while (!isDone) {
                const std::uint64_t now = metrics->snapshot().weightBytesRead;
                QVERIFY(now >= last);
                last = now;
            }
        });
        const Reply done = replyInNewSession(*engine, greedy(m_text, 20));
        isDone = true;
        reader.join();
        const MetricsSnapshot totals = metrics->snapshot();
        QCOMPARE(totals.promptTokens, std::uint64_t(done.result.promptTokens));
        QCOMPARE(totals.generatedTokens, std::uint64_t(19));
        QCOMPARE(totals.contextUsed, done.result.promptTokens + 19);
        QCOMPARE(totals.contextCapacity, kContext);
        std::uint64_t passBytes = 0;
        for (const WeightBlock& block : engine->model()->blocks())
            passBytes += block.readBytes;
        QCOMPARE(totals.weightBytesRead, passBytes * 20);
        QVERIFY(totals.promptNanoseconds > 0 && totals.decodeNanoseconds > 0);
    }
};

QTEST_APPLESS_MAIN(TestEngine)
#include "tst_engine.moc"
