// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/sample/sampler.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace strata;
Q_DECLARE_METATYPE(SamplingParams)

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Everything off: the full distribution at temperature 1.
SamplingParams plain() {
    return {.topK = 0, .topP = 1.0F, .minP = 0.0F, .temperature = 1.0F, .seed = {}};
}

std::vector<float> logitsOf(const std::vector<double>& probabilities) {
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)));
    return logits;
}

// How often each token comes up in `count` draws.
std::map<std::uint32_t, int> draws(
    const SamplingParams& params, const std::vector<float>& logits, int count, std::vector<TokenId> recent = {}) {
    Sampler sampler(params, 7, logits.size());
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < count; ++i) {
        std::vector<float> copy = logits;
        ++counts[sampler.sample(copy, recent).value];
    }
    return counts;
}

std::vector<std::uint32_t> drawnTokens(
    const SamplingParams& params, const std::vector<float>& logits, std::vector<TokenId> recent = {}) {
    std::vector<std::uint32_t> tokens;
    for (const auto& [token, count] : draws(params, logits, 2000, std::move(recent)))
        tokens.push_back(token);
    return tokens;
}

using Tokens = std::vector<std::uint32_t>;

} // namespace

class TestSampler : public QObject {
    Q_OBJECT
private slots:
    void temperatureZeroIsArgmax() {
        SamplingParams params;
        params.temperature = 0.0F;
        std::vector<float> logits = {-1.0F, 4.0F, 3.9F, -kInfinity};
        QCOMPARE(Sampler(params, 1, 4).sample(logits, {}).value, 1U);
    }

    void equalLogitsRankByLowerId() {
        SamplingParams greedy;
        greedy.temperature = 0.0F;
        std::vector<float> logits = {1.0F, 5.0F, 5.0F, 5.0F};
        QCOMPARE(Sampler(greedy, 1, 4).sample(logits, {}).value, 1U);
        SamplingParams two = plain();
        two.topK = 2;
        QCOMPARE(drawnTokens(two, logits), (Tokens{1, 2}));
    }

    void penaltiesComeBeforeGreedy() {
        SamplingParams params;
        params.temperature = 0.0F;
        params.repeatPenalty = 2.0F;
        std::vector<float> logits = {4.0F, 3.0F, -1.0F};
        QCOMPARE(Sampler(params, 1, 3).sample(logits, std::vector{TokenId(0), TokenId(0)}).value, 1U);
        QCOMPARE(logits[0], 2.0F); // once, though the token came twice
    }

    void repeatPenaltyMultipliesNegativeLogits() {
        SamplingParams params = plain();
        params.repeatPenalty = 2.0F;
        std::vector<float> logits = {1.0F, -1.0F};
        Sampler(params, 1, 2).sample(logits, std::vector{TokenId(1)});
        QCOMPARE(logits, (std::vector{1.0F, -2.0F}));
    }

    void presenceCountsOnceAndFrequencyEachTime() {
        SamplingParams params = plain();
        params.presencePenalty = 0.5F;
        params.frequencyPenalty = 0.25F;
        std::vector<float> logits = {1.0F, 1.0F, 1.0F};
        Sampler(params, 1, 3).sample(logits, std::vector{TokenId(1), TokenId(2), TokenId(1)});
        QCOMPARE(logits, (std::vector{1.0F, 0.0F, 0.25F}));
    }

    void penaltiesSeeOnlyTheWindow() {
        SamplingParams params = plain();
        params.presencePenalty = 1.0F;
        params.penaltyWindow = 2;
        std::vector<float> logits = {0.0F, 0.0F, 0.0F};
        Sampler(params, 1, 3).sample(logits, std::vector{TokenId(0), TokenId(1), TokenId(2)});
        QCOMPARE(logits, (std::vector{0.0F, -1.0F, -1.0F}));
    }

    void topKKeepsTheMostLikely_data() {
        QTest::addColumn<quint32>("k");
        QTest::addColumn<quint32>("vocabulary");
        QTest::newRow("a few of a few") << 3U << 7U;
        QTest::newRow("a few of many") << 5U << 5000U;
        QTest::newRow("many of many") << 300U << 5000U;
        QTest::newRow("more than there are") << 9U << 7U;
    }
    void topKKeepsTheMostLikely() {
        QFETCH(quint32, k);
        QFETCH(quint32, vocabulary);
        SamplingParams params = plain();
        params.topK = k;
        params.temperature = 100.0F; // nearly uniform over what is kept, so that all of it comes up
        std::vector<float> logits(vocabulary);
        std::vector<std::pair<float, std::uint32_t>> order;
        for (std::uint32_t id = 0; id < vocabulary; ++id) {
            logits[id] = static_cast<float>((id * 2654435761U) % 1000003U) * 1e-5F;
            order.emplace_back(-logits[id], id);
        }
        std::sort(order.begin(), order.end());
        Tokens expected;
        for (std::size_t i = 0; i < std::min(k, vocabulary); ++i)
            expected.push_back(order[i].second);
        std::sort(expected.begin(), expected.end());
        Tokens drawn;
        for (const auto& [token, count] : draws(params, logits, 6000))
            drawn.push_back(token);
        QCOMPARE(drawn, expected);
    }

    void topPKeepsUntilTheSumReachesP() {
        SamplingParams params = plain();
        params.topP = 0.8F;
        QCOMPARE(drawnTokens(params, logitsOf({0.1, 0.5, 0.05, 0.35})), (Tokens{1, 3}));
        params.topP = 0.9F;
        QCOMPARE(drawnTokens(params, logitsOf({0.1, 0.5, 0.05, 0.35})), (Tokens{0, 1, 3}));
        params.topP = 0.0F;
        QCOMPARE(drawnTokens(params, logitsOf({0.1, 0.5, 0.05, 0.35})), (Tokens{1}));
    }

    void topPOfAFlatDistributionKeepsItsShare() {
        SamplingParams params = plain();
        params.topP = 0.5F;
        const std::vector<float> flat(1000, 0.0F);
        Sampler sampler(params, 3, flat.size());
        for (int i = 0; i < 2000; ++i) {
            std::vector<float> copy = flat;
            QVERIFY(sampler.sample(copy, {}).value <= 500);
        }
    }

    void topPReadsTheDistributionBeforeTemperature() {
        SamplingParams params = plain();
        params.topP = 0.5F;
        params.temperature = 50.0F;
        QCOMPARE(drawnTokens(params, logitsOf({0.55, 0.45})), (Tokens{0}));
    }

    void minPDropsBelowAShareOfTheBest() {
        SamplingParams params = plain();
        params.minP = 0.25F;
        QCOMPARE(drawnTokens(params, logitsOf({0.1, 0.5, 0.15, 0.25})), (Tokens{1, 2, 3}));
    }

    void aMinPAboveOneKeepsTheBest() {
        SamplingParams params = plain();
        params.minP = 1.5F;
        QCOMPARE(drawnTokens(params, logitsOf({0.1, 0.5, 0.15, 0.25})), (Tokens{1}));
    }

    void senselessParametersAreNamed_data() {
        QTest::addColumn<SamplingParams>("params");
        QTest::addColumn<QString>("name");
        constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
        const auto add = [](float SamplingParams::*member, float value, const char* name) {
            SamplingParams params;
            params.*member = value;
            QTest::addRow("%s %f", name, static_cast<double>(value)) << params << QString(name);
        };
        for (const float value : {kNan, kInfinity, -kInfinity}) {
            add(&SamplingParams::repeatPenalty, value, "repeat penalty");
            add(&SamplingParams::presencePenalty, value, "presence penalty");
            add(&SamplingParams::frequencyPenalty, value, "frequency penalty");
            add(&SamplingParams::topP, value, "top-p");
            add(&SamplingParams::minP, value, "min-p");
            add(&SamplingParams::temperature, value, "temperature");
        }
        add(&SamplingParams::repeatPenalty, 0.0F, "repeat penalty");
    }
    void senselessParametersAreNamed() {
        QFETCH(SamplingParams, params);
        QFETCH(QString, name);
        try {
            checkSamplingParams(params);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::BadRequest);
            QVERIFY2(QString(error.what()).contains(name), error.what());
        }
        checkSamplingParams({});
    }

    void topPAndMinPKeepWhatBothKeep() {
        SamplingParams params = plain();
        params.topP = 0.95F;
        params.minP = 0.6F;
        QCOMPARE(drawnTokens(params, logitsOf({0.4, 0.3, 0.2, 0.1})), (Tokens{0, 1}));
    }

    void drawsFollowTheProbabilities() {
        auto counts = draws(plain(), logitsOf({0.5, 0.3, 0.2}), 20000);
        QVERIFY(std::abs(counts[0] - 10000) < 300); // more than four standard deviations
        QVERIFY(std::abs(counts[1] - 6000) < 300);
        QVERIFY(std::abs(counts[2] - 4000) < 300);
    }

    void temperatureSharpens() {
        SamplingParams params = plain();
        params.temperature = 0.5F; // squares the odds
        auto counts = draws(params, logitsOf({0.6, 0.3}), 20000);
        QVERIFY(std::abs(counts[0] - 16000) < 300);
    }

    void aSeedGivesTheSameTokensEverywhere() {
        const std::vector<float> logits = logitsOf({0.3, 0.25, 0.2, 0.15, 0.1});
        Sampler sampler(plain(), 42, logits.size());
        Tokens tokens;
        for (int i = 0; i < 12; ++i) {
            std::vector<float> copy = logits;
            tokens.push_back(sampler.sample(copy, {}).value);
        }
        // The standard fixes what mt19937_64 gives; the draw is (x >> 11) / 2^53 along the cumulative sum.
        std::mt19937_64 generator(42);
        Tokens expected;
        for (int i = 0; i < 12; ++i) {
            const double u = static_cast<double>(generator() >> 11) / 9007199254740992.0;
            expected.push_back(u < 0.3 ? 0 : u < 0.55 ? 1 : u < 0.75 ? 2 : u < 0.9 ? 3 : 4);
        }
        QCOMPARE(tokens, expected);
    }

    void impossibleTokensAreNeverDrawn() {
        std::vector<float> logits = {-kInfinity, 0.0F, -kInfinity, 1.0F};
        QCOMPARE(drawnTokens(plain(), logits), (Tokens{1, 3}));
        SamplingParams params = plain();
        params.topK = 3;
        QCOMPARE(drawnTokens(params, logits), (Tokens{1, 3}));
    }

    void brokenLogitsAreASentence_data() {
        QTest::addColumn<float>("broken");
        QTest::newRow("not a number") << std::numeric_limits<float>::quiet_NaN();
        QTest::newRow("infinity") << kInfinity;
    }
    void brokenLogitsAreASentence() {
        QFETCH(float, broken);
        for (const float temperature : {0.0F, 1.0F}) {
            SamplingParams params;
            params.temperature = temperature;
            std::vector<float> logits(100, 0.0F);
            logits[57] = broken;
            QVERIFY_EXCEPTION_THROWN(Sampler(params, 1, 100).sample(logits, {}), Error);
        }
        std::vector<float> nothing(100, -kInfinity);
        QVERIFY_EXCEPTION_THROWN(Sampler({}, 1, 100).sample(nothing, {}), Error);
    }

    void theBestLogitsSufficeWhereTheSamplerSaysSo_data() {
        QTest::addColumn<SamplingParams>("params");
        QTest::newRow("usual") << SamplingParams{};
        QTest::newRow("greedy") << SamplingParams{.temperature = 0.0F, .seed = {}};
        QTest::newRow("greedy with penalties")
            << SamplingParams{.repeatPenalty = 1.5F, .presencePenalty = 1.0F, .temperature = 0.0F, .seed = {}};
        QTest::newRow("penalties") << SamplingParams{
            .repeatPenalty = 1.3F, .frequencyPenalty = 0.5F, .topK = 20, .minP = 0.0F, .seed = {}};
        QTest::newRow("no filters but top k")
            << SamplingParams{.topK = 50, .topP = 1.0F, .minP = 0.0F, .temperature = 2.0F, .seed = {}};
    }
    void theBestLogitsSufficeWhereTheSamplerSaysSo() {
        QFETCH(SamplingParams, params);
        constexpr std::uint32_t kVocabulary = 3000;
        std::mt19937 random(11);
        std::normal_distribution<float> normal(0.0F, 2.0F);
        Sampler fromAll(params, 5, kVocabulary);
        Sampler fromBest(params, 5, kVocabulary);
        QVERIFY(fromBest.neededLogits());
        std::vector<TokenId> recent;
        std::set<std::uint32_t> chosen;
        for (int step = 0; step < 300; ++step) {
            std::vector<float> logits(kVocabulary);
            for (float& logit : logits)
                logit = std::round(normal(random) * 4.0F) / 4.0F; // many are equal
            std::vector<TokenLogit> best;
            for (std::uint32_t id = 0; id < kVocabulary; ++id)
                best.push_back({TokenId(id), logits[id]});
            std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.logit > b.logit; });
            best.resize(*fromBest.neededLogits());
            for (std::size_t i = 0; i < 5; ++i)
                recent.push_back(best[i].token); // so that penalties meet the best
            const TokenId token = fromAll.sample(logits, recent);
            QCOMPARE(fromBest.sample(std::span<const TokenLogit>(best), recent), token);
            chosen.insert(token.value);
        }
        QVERIFY(chosen.size() > 20); // or nothing was compared
    }

    void allLogitsAreNeededWhereATokenFarBelowMayBeChosen() {
        const SamplingParams noTopK = {.topK = 0, .seed = {}};
        const SamplingParams encouraged = {.repeatPenalty = 0.5F, .seed = {}};
        const SamplingParams present = {.presencePenalty = -1.0F, .seed = {}};
        for (const SamplingParams& params : {noTopK, encouraged, present})
            QVERIFY(!Sampler(params, 1, 10).neededLogits());
    }

    void aBrokenBestLogitIsAnError() {
        for (const float logit : {std::nanf(""), kInfinity, -kInfinity}) {
            const std::vector<TokenLogit> best = {{TokenId(3), logit}, {TokenId(4), 1.0F}};
            QVERIFY_EXCEPTION_THROWN(Sampler({}, 1, 10).sample(std::span<const TokenLogit>(best), {}), Error);
        }
    }
};

QTEST_APPLESS_MAIN(TestSampler)
#include "tst_sampler.moc"
