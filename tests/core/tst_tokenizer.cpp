// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tokenizer/stream_decoder.h"
#include "tests/core/tokenizer_goldens.h"
#include "tests/support/work_clock.h"

#include <QtTest>

#include <random>

using namespace strata;

namespace {

TokenId idOf(const Tokenizer& tokenizer, const char* text) {
    return tokenizer.find(text).value_or(TokenId(UINT32_MAX));
}

// Valid UTF-8 of all lengths, with the characters that tokenizers treat specially more often than others.
std::string randomText(std::mt19937& random) {
    static constexpr std::u32string_view kUsual = U" \t\n\r'!/aZ0é中\u0301\u3000\u2581👍<|>s";
    QString text;
    for (auto length = random() % 40; length > 0; --length) {
        char32_t point = kUsual[random() % kUsual.size()];
        if (random() % 3 == 0)
            point = static_cast<char32_t>(random() % 0x110000);
        if (point < 0xD800 || point > 0xDFFF)
            text += QString::fromUcs4(&point, 1);
    }
    return text.toStdString();
}

// A vocabulary of these texts alone, of kind Normal.
Vocabulary vocabularyOf(std::vector<std::string> texts) {
    Vocabulary vocabulary;
    vocabulary.kinds.assign(texts.size(), TokenKind::Normal);
    vocabulary.scores.assign(texts.size(), 0);
    vocabulary.texts = std::move(texts);
    return vocabulary;
}

QStringList endTexts(const Tokenizer& tokenizer) {
    QStringList texts;
    for (const TokenId id : tokenizer.endOfGenerationTokens())
        texts += QString::fromStdString(tokenizer.vocabulary().texts[id.value]);
    return texts;
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT
private slots:
    void encodesAsSentencePiece_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("ids");
        for (const goldens::Case& golden : goldens::read("spm.json", "spm"))
            QTest::newRow(golden.name.constData())
                << QString::fromStdString(golden.text) << goldens::toText(golden.ids);
    }
    void encodesAsSentencePiece() {
        QFETCH(QString, text);
        QFETCH(QString, ids);
        QCOMPARE(goldens::toText(m_spm.encode(PromptText::fromPerson(text.toStdString()))), ids);
    }
    void brokenTextBecomesByteTokens() {
        const auto ids = m_spm.encode(PromptText::fromPerson("\xE6\xBC"));
        const std::vector<TokenId> tail = {idOf(m_spm, "<0xE6>"), idOf(m_spm, "<0xBC>")};
        QCOMPARE(goldens::toText({ids.end() - 2, ids.end()}), goldens::toText(tail));
        QCOMPARE(m_spm.decode(ids), std::string("\xEF\xBF\xBD"));
    }
    void mergesAcrossWordsWhereATokenSpansThem() {
        Vocabulary vocabulary = vocabularyOf({"a", "\u2581", "b", "a\u2581", "a\u2581b"});
        vocabulary.addSpacePrefix = false;
        QCOMPARE(goldens::toText(Tokenizer(vocabulary).encode(PromptText::fromPerson("a ba b"))), QString("4 4"));
    }
    void takesControlTokensFromTheTemplateAlone() {
        for (const char* text : {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}) {
            const TokenId control = idOf(m_bpe, text);
            QCOMPARE(goldens::toText(m_bpe.encode(PromptText::fromTemplate(text))), goldens::toText({control}));
            const auto typed = m_bpe.encode(PromptText::fromPerson(text));
            QVERIFY(std::find(typed.begin(), typed.end(), control) == typed.end());
            QCOMPARE(m_bpe.decode(typed), std::string(text));
        }
        const auto typed = m_spm.encode(PromptText::fromPerson("<s></s><unk><0x41>"));
        QVERIFY(std::none_of(typed.begin(), typed.end(), [&](TokenId id) { return id.value < 3; }));
        QCOMPARE(m_spm.decode(typed), std::string("<s></s><unk><0x41>"));
    }
    void aControlTokenHalfTypedIsText() {
        PromptText text = PromptText::fromTemplate("<|im_");
        text.append(PromptText::fromPerson("end|>"));
        const auto ids = m_bpe.encode(text);
        QCOMPARE(goldens::toText(ids), goldens::toText(m_bpe.encode(PromptText::fromPerson("<|im_end|>"))));
    }
    void formsNoControlTokenByMerging() {
        // "<" and "s>" would merge into the control token, were it an ordinary one.
        Vocabulary vocabulary = vocabularyOf({"<s>", "<", "s", ">", "s>"});
        vocabulary.kinds[0] = TokenKind::Control;
        const Tokenizer spm(vocabulary);
        QCOMPARE(goldens::toText(spm.encode(PromptText::fromPerson("<s>"))).right(3), QString("1 4"));

        vocabulary.kind = TokenizerKind::BytePairEncoding;
        vocabulary.preTokenizer = "bloom";
        vocabulary.merges = {"s >", "< s>"};
        const Tokenizer bpe(vocabulary);
        QCOMPARE(goldens::toText(bpe.encode(PromptText::fromPerson("<s>"))), QString("1 2 3"));
    }
    void takesWholeWordsWhereTheFamilyDoes() {
        Vocabulary vocabulary = vocabularyOf({"a", "b", "c", "ab", "bc", "abc"});
        vocabulary.kind = TokenizerKind::BytePairEncoding;
        vocabulary.merges = {"b c", "a b"}; // never lead to "abc"
        const auto encodeAs = [&](const char* name) {
            vocabulary.preTokenizer = name;
            return goldens::toText(Tokenizer(vocabulary).encode(PromptText::fromPerson("abc")));
        };
        QCOMPARE(encodeAs("llama-bpe"), QString("5"));
        QCOMPARE(encodeAs("qwen2"), QString("0 4"));
    }
    void findsUserDefinedTokensEverywhereLongestFirst() {
        const TokenId tool = idOf(m_bpe, "[tool]");
        const TokenId call = idOf(m_bpe, "[tool_call]");
        const TokenId tail = idOf(m_bpe, "]x");
        const auto encode = [&](const char* text) {
            return goldens::toText(m_bpe.encode(PromptText::fromPerson(text)));
        };
        QCOMPARE(encode("[tool][tool_call]"), goldens::toText({tool, call}));
        // "[tool]" is longer than "]x" and takes the bracket; without it, "]x" does.
        QCOMPARE(encode("[tool]x"), goldens::toText({tool, idOf(m_bpe, "x")}));
        QVERIFY(encode("[too]x").endsWith(goldens::toText({tail})));
    }
    void spaceFollowsSpecialTokensInSentencePiece() {
        const TokenId bos = *m_spm.vocabulary().bos;
        const auto word = m_spm.encode(PromptText::fromPerson("the"));
        std::vector<TokenId> expected = {bos};
        expected.insert(expected.end(), word.begin(), word.end());
        QCOMPARE(goldens::toText(m_spm.encode(PromptText::fromTemplate("<s>the"))), goldens::toText(expected));
        QCOMPARE(m_spm.decode(expected), std::string("the"));
        QCOMPARE(m_spm.decode(expected, true), std::string("<s> the"));
    }
    void stripsWhiteSpaceAfterControlTokensOfPhi3() {
        Vocabulary vocabulary = m_bpe.vocabulary();
        vocabulary.stripsAfterControl = true;
        const Tokenizer phi(vocabulary);
        QCOMPARE(goldens::toText(phi.encode(PromptText::fromTemplate("<|im_start|>\n x"))),
            goldens::toText({idOf(phi, "<|im_start|>"), idOf(phi, "x")}));
    }
    void bytePairEncodingComesBackAsItWas() {
        std::mt19937 random(1);
        for (int i = 0; i < 500; ++i) {
            const std::string text = randomText(random);
            const auto ids = m_bpe.encode(PromptText::fromPerson(text));
            QCOMPARE(m_bpe.decode(ids), text);
            StreamDecoder decoder;
            std::string streamed;
            for (const TokenId id : ids)
                streamed += decoder.push(m_bpe.decodeToken(id));
            QCOMPARE(streamed + decoder.finish(), text);
        }
    }
    void sentencePieceComesBackButForItsSpaces() {
        std::mt19937 random(2);
        for (int i = 0; i < 500; ++i) {
            const std::string text = randomText(random);
            const QString plain = QString::fromStdString(text).replace(QChar(0x2581), ' '); // its own space mark
            QCOMPARE(QString::fromStdString(m_spm.decode(m_spm.encode(PromptText::fromPerson(text)))), plain);
        }
    }
    void hidesControlTokensUnlessAsked() {
        const TokenId control = idOf(m_bpe, "<|im_end|>");
        QVERIFY(m_bpe.isControl(control));
        QCOMPARE(m_bpe.decodeToken(control), std::string());
        QCOMPARE(m_bpe.decodeToken(control, true), std::string("<|im_end|>"));
        QVERIFY_THROWS_EXCEPTION(Error, m_bpe.decodeToken(TokenId(static_cast<std::uint32_t>(m_bpe.size()))));
    }
    void prependsBosOnceWhereTheFileAsks() {
        const TokenId bos = *m_spm.vocabulary().bos;
        QCOMPARE(goldens::toText(m_spm.withBos({})), goldens::toText({bos}));
        QCOMPARE(goldens::toText(m_spm.withBos({TokenId(9)})), goldens::toText({bos, TokenId(9)}));
        QCOMPARE(goldens::toText(m_spm.withBos({bos, TokenId(9)})), goldens::toText({bos, TokenId(9)}));
        QCOMPARE(goldens::toText(m_bpe.withBos({TokenId(9)})), QString("9"));
    }
    void knowsWhereGenerationEnds() {
        QCOMPARE(endTexts(m_spm), QStringList({"</s>"}));
        QCOMPARE(endTexts(m_bpe), QStringList({"<|endoftext|>", "<|im_end|>"}));
        QVERIFY(m_bpe.isEndOfGeneration(idOf(m_bpe, "<|im_end|>")));
        QVERIFY(!m_bpe.isEndOfGeneration(idOf(m_bpe, "<|im_start|>")));

        // Marked ordinary in the file, and control all the same; in HTML it is ordinary.
        const Tokenizer marked(vocabularyOf({"a", "<|eot_id|>", "<end_of_turn>", "<|end|>", "</s>", "<|fim_prefix|>"}));
        QCOMPARE(endTexts(marked), QStringList({"<|eot_id|>", "<end_of_turn>", "<|end|>"}));
        QVERIFY(marked.isControl(TokenId(1)) && marked.isControl(TokenId(5)) && !marked.isControl(TokenId(4)));

        // gpt-oss ends messages with <|end|> and goes on.
        const Tokenizer oss(vocabularyOf({"<|end|>", "<|return|>", "<|call|>"}));
        QCOMPARE(endTexts(oss), QStringList({"<|return|>", "<|call|>"}));
    }
    void refusesAnUnknownPreTokenizer() {
        Vocabulary vocabulary = m_bpe.vocabulary();
        vocabulary.preTokenizer = "gpt-9";
        QVERIFY_THROWS_EXCEPTION(Error, Tokenizer(std::move(vocabulary)));
    }
    void takesAMegabyteInLessThanASecond_data() {
        QTest::addColumn<QByteArray>("text");
        constexpr qsizetype kSize = 1'000'000;
        QTest::newRow("one word") << QByteArray(kSize, 'a');
        QTest::newRow("spaces") << QByteArray(kSize, ' ');
        QTest::newRow("newlines") << QByteArray(kSize, '\n');
        QTest::newRow("digits") << QByteArray(kSize, '7');
        QTest::newRow("emoji") << QByteArray("👍").repeated(kSize / 4);
        QTest::newRow("almost tokens") << QByteArray("[tool").repeated(kSize / 5);
        QTest::newRow("user-defined tokens") << QByteArray("[tool]x").repeated(kSize / 7);
        std::mt19937 random(3);
        QByteArray bytes(kSize, '\0');
        std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
        QTest::newRow("random bytes") << bytes;
    }
    void takesAMegabyteInLessThanASecond() {
        QFETCH(QByteArray, text);
        Vocabulary runs = vocabularyOf({"a", "aa", "aaaa", "aaaaaaaa", "aaaaaaaaaaaaaaaa"});
        runs.kind = TokenizerKind::BytePairEncoding;
        runs.preTokenizer = "gpt-2";
        runs.merges = {"a a", "aa aa", "aaaa aaaa", "aaaaaaaa aaaaaaaa"};
        const Tokenizer merging(std::move(runs));
        for (const Tokenizer* tokenizer : {&std::as_const(m_spm), &std::as_const(m_bpe), &merging}) {
            const WorkClock clock;
            const auto ids = tokenizer->encode(PromptText::fromTemplate(text.toStdString()));
            QVERIFY(tokenizer == &merging || !ids.empty());
            QVERIFY(clock.microseconds() < kSanitizerFactor * 1'000'000);
        }
    }

private:
    Tokenizer m_spm{goldens::readVocabulary("spm.gguf")};
    Tokenizer m_bpe{goldens::readVocabulary("bpe.gguf")};
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
