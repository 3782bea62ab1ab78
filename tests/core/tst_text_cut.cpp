// SPDX-License-Identifier: GPL-3.0-or-later
// Long texts are encoded in parts: nothing may show it.
#include "core/tokenizer/text_cut.h"

#include "core/base/error.h"
#include "core/tokenizer/char_text.h"
#include "core/tokenizer/pre_tokenizer.h"
#include "tests/core/tokenizer_goldens.h"

#include <QtTest>

#include <random>

using namespace strata;

namespace {

// Words, and whatever rules look for around them.
std::string randomText(std::mt19937& random, std::size_t size) {
    static constexpr std::string_view kParts[] = {" ", " ", " ", " ", "fox", "y z", "keep on", "b", "don't", "we'RE",
        "Camel", "ÉCOLE", "é", "中文", "\u0301", "\u3000", "1", "2345", ".", "...", "'", "'s", "/", "//", "\n", "\n\n",
        "\r\n", "\t", "  ", "    ", "_", "<", "<sentinel:1>", "$", "+", "~", "\u2581", "👍", "अ", "ا", "s", "Z"};
    std::string text;
    while (text.size() < size)
        text += kParts[random() % std::size(kParts)];
    return text;
}

// Every rule there is, from the sentence that lists them.
QStringList allRules() {
    try {
        PreTokenizer::byName("none of them");
    } catch (const Error& error) {
        const QString text = error.what();
        const qsizetype begin = text.indexOf("one of ") + 7;
        return text.mid(begin, text.indexOf(';') - begin).split(", ");
    }
    return {};
}

void appendWords(const PreTokenizer& rule, std::string_view text, std::vector<std::string>& words) {
    const CharText characters(text);
    std::size_t begin = 0;
    for (const std::uint32_t end : rule.split(characters)) {
        words.emplace_back(text.substr(begin, characters.offsets[end] - begin));
        begin = characters.offsets[end];
    }
}

std::vector<TokenId> encodeInParts(const Tokenizer& tokenizer, std::string_view text) {
    std::vector<TokenId> ids;
    while (!text.empty()) {
        const std::size_t length = findCut(text, 50);
        const std::vector<TokenId> part = tokenizer.encode(PromptText::fromPerson(text.substr(0, length)));
        ids.insert(ids.end(), part.begin(), part.end());
        text.remove_prefix(length);
    }
    return ids;
}

} // namespace

class TestTextCut : public QObject {
    Q_OBJECT

private slots:
    void cutsBetweenWordsOnly() {
        QCOMPARE(findCut("one two three", 0), 3U);
        QCOMPARE(findCut("one two three", 4), 7U);
        QCOMPARE(findCut("a bc", 0), 4U);                // a broken character may begin before the text's third byte
        QCOMPARE(findCut("one  two 3 é x\n y", 0), 18U); // the whole text: two spaces, a number, an accent, a line
        QCOMPARE(findCut("", 0), 0U);
        QCOMPARE(findCut("one ", 0), 4U);
        QCOMPARE(findCut("one two", 50), 7U);
    }

    void noRuleReachesOverACut() {
        const QStringList rules = allRules();
        QVERIFY(rules.size() > 30);
        for (const QString& name : rules) {
            const PreTokenizer& rule = PreTokenizer::byName(name.toStdString());
            std::mt19937 random(7);
            std::size_t cuts = 0;
            for (int round = 0; round < 50; ++round) {
                const std::string text = randomText(random, 400);
                std::vector<std::string> whole;
                appendWords(rule, text, whole);
                std::vector<std::string> parts;
                std::string_view left = text;
                while (!left.empty()) {
                    const std::size_t length = findCut(left, 1);
                    appendWords(rule, left.substr(0, length), parts);
                    left.remove_prefix(length);
                    ++cuts;
                }
                QVERIFY2(parts == whole, qPrintable(name + ": " + QString::fromStdString(text)));
            }
            QVERIFY(cuts > 100);
        }
    }

    void longTextHasTheIdsOfItsParts() {
        std::mt19937 random(11);
        const std::string text = randomText(random, 2 * kPieceBytes + kPieceBytes / 2);
        const Tokenizer bpe(goldens::readVocabulary("bpe.gguf"));
        QVERIFY(bpe.encode(PromptText::fromPerson(text)) == encodeInParts(bpe, text));

        // A token over two words, which this text never has, makes SentencePiece take a text as one.
        const Tokenizer spm(goldens::readVocabulary("spm.gguf"));
        Vocabulary vocabulary = goldens::readVocabulary("spm.gguf");
        vocabulary.texts.emplace_back("\x01\xE2\x96\x81\x01");
        vocabulary.scores.push_back(0);
        vocabulary.kinds.push_back(TokenKind::Normal);
        const Tokenizer undivided(std::move(vocabulary));
        QVERIFY(spm.encode(PromptText::fromPerson(text)) == undivided.encode(PromptText::fromPerson(text)));
        std::string broken = text;
        for (std::size_t at = 0; at < broken.size(); at += 1 + random() % 40)
            broken[at] = static_cast<char>(random());
        QVERIFY(spm.encode(PromptText::fromPerson(broken)) == undivided.encode(PromptText::fromPerson(broken)));
        QVERIFY(bpe.encode(PromptText::fromPerson(broken)) == encodeInParts(bpe, broken));
    }
};

QTEST_GUILESS_MAIN(TestTextCut)
#include "tst_text_cut.moc"
