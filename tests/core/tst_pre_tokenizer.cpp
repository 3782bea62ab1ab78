// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/pre_tokenizer.h"

#include "core/base/error.h"
#include "tests/core/tokenizer_goldens.h"
#include "tests/support/work_clock.h"

#include <QtTest>

using namespace strata;

namespace {

// Bytes of a text whose cutting must not take time that grows with their square: a megabyte. Under sanitizers a quarter
// is enough, because the bound below shrinks with it.
constexpr qsizetype kLongText = kSanitizerFactor == 1 ? 1'000'000 : 250'000;

QStringList wordsOf(const char* name, std::string_view text) {
    const CharText characters(text);
    QStringList words;
    std::size_t begin = 0;
    for (const std::uint32_t end : PreTokenizer::byName(name).split(characters)) {
        const std::size_t stop = characters.offsets[end];
        words += QString::fromUtf8(text.data() + begin, static_cast<qsizetype>(stop - begin));
        begin = stop;
    }
    return words;
}

} // namespace

class TestPreTokenizer : public QObject {
    Q_OBJECT
private slots:
    void encodesAsThePublishedExpressions_data() {
        QTest::addColumn<QString>("rule");
        for (const QString& rule : goldens::readJson("bpe.json")["ids"].toObject().keys())
            QTest::newRow(qPrintable(rule)) << rule;
    }
    void encodesAsThePublishedExpressions() {
        QFETCH(QString, rule);
        Vocabulary vocabulary = goldens::readVocabulary("bpe.gguf");
        vocabulary.preTokenizer = rule.toStdString();
        const Tokenizer tokenizer(std::move(vocabulary));
        const std::vector<goldens::Case> cases = goldens::read("bpe.json", rule);
        QVERIFY(cases.size() > 30);
        for (const goldens::Case& golden : cases) {
            const auto ids = tokenizer.encode(PromptText::fromPerson(golden.text));
            QVERIFY2(ids == golden.ids,
                qPrintable(QString("%1: expected %2, found %3")
                               .arg(golden.name, goldens::toText(golden.ids), goldens::toText(ids))));
        }
    }
    void knowsTheNamesOfFamilies_data() {
        QTest::addColumn<QByteArray>("alias");
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("Llama 3") << QByteArray("llama3") << QByteArray("llama-bpe");
        QTest::newRow("Llama 3, old") << QByteArray("llama-v3") << QByteArray("llama-bpe");
        QTest::newRow("Falcon 3") << QByteArray("falcon3") << QByteArray("llama-bpe");
        QTest::newRow("StableLM 2") << QByteArray("stablelm2") << QByteArray("qwen2");
        QTest::newRow("Llama 4") << QByteArray("llama4") << QByteArray("gpt-4o");
        QTest::newRow("OLMo") << QByteArray("olmo") << QByteArray("gpt-2");
    }
    void knowsTheNamesOfFamilies() {
        QFETCH(QByteArray, alias);
        QFETCH(QByteArray, name);
        for (const goldens::Case& golden : goldens::read("bpe.json", "gpt-2"))
            if (QString::fromStdString(golden.text).toStdString() == golden.text)
                QCOMPARE(wordsOf(alias.constData(), golden.text), wordsOf(name.constData(), golden.text));
    }
    void cutsByUnicodeClasses() {
        // Letters, digits and white space beyond ASCII, and the case classes of the newer expressions.
        QCOMPARE(wordsOf("gpt-2", "Été ½Ⅷ٣！"), QStringList({"Été", " ½Ⅷ٣", "！"}));
        QCOMPARE(wordsOf("gpt-2", "a\u3000\u3000b"), QStringList({"a", "\u3000", "\u3000", "b"}));
        QCOMPARE(wordsOf("llama-bpe", "I'LL 12345"), QStringList({"I", "'LL", " ", "123", "45"}));
        QCOMPARE(wordsOf("qwen2", "12é"), QStringList({"1", "2", "é"}));
        QCOMPARE(wordsOf("tekken", "ÉCOLEété aB中A"), QStringList({"ÉCOLEété", " a", "B中", "A"}));
        QCOMPARE(wordsOf("gpt-4o", "we'RE camelCase//\n"), QStringList({"we'RE", " camel", "Case", "//\n"}));
    }
    void partsCoverTheText() {
        for (const QString& rule : goldens::readJson("bpe.json")["ids"].toObject().keys()) {
            QCOMPARE(wordsOf(qPrintable(rule), ""), QStringList());
            QCOMPARE(wordsOf(qPrintable(rule), " a1\n").join(""), QString(" a1\n"));
        }
    }
    void namesAnUnknownOneAndListsTheKnown() {
        try {
            PreTokenizer::byName("gpt-9");
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Unsupported);
            const QString message = error.what();
            QVERIFY2(message.contains("\"gpt-9\"") && message.contains("llama-bpe, "), error.what());
        }
    }
    void cutsAMegabyteInLessThanASecond_data() {
        QTest::addColumn<QByteArray>("text");
        for (const char* unit : {"a", "aA", " ", "\n", " \n", "7", "👍", "e\u0301"})
            QTest::addRow("only %s", QByteArray(unit).toPercentEncoding().constData())
                << QByteArray(unit).repeated(kLongText / qsizetype(std::strlen(unit)));
        // Every expression that looks ahead over white space or letters meets a long run that it then gives up.
        const QByteArray spaces(kLongText / 4, ' ');
        QTest::newRow("runs given up") << spaces + "a" + spaces + "<" + QByteArray(kLongText / 4, 'A') + "<sentinel:" +
                                              QByteArray(kLongText / 4, '1');
    }
    void cutsAMegabyteInLessThanASecond() {
        QFETCH(QByteArray, text);
        for (const QString& rule : goldens::readJson("bpe.json")["ids"].toObject().keys()) {
            const WorkClock clock;
            const CharText characters(std::string_view(text.data(), std::size_t(text.size())));
            const auto ends = PreTokenizer::byName(rule.toStdString()).split(characters);
            QCOMPARE(std::size_t(ends.back()), characters.size());
            QVERIFY2(clock.microseconds() < kSanitizerFactor * kLongText, qPrintable(rule)); // a microsecond a byte
        }
    }
};

QTEST_GUILESS_MAIN(TestPreTokenizer)
#include "tst_pre_tokenizer.moc"
