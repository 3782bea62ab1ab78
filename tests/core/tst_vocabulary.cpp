// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/gguf/gguf_file.h"
#include "core/gguf/gguf_writer.h"
#include "core/tokenizer/vocabulary.h"

#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <limits>
#include <map>

using namespace strata;

using Entries = std::map<std::string, GgufValue>;
using Change = std::function<void(Entries&)>;
Q_DECLARE_METATYPE(Change)

namespace {

using Strings = std::vector<std::string>;

Entries smallest(const std::string& model) {
    Entries entries;
    entries["general.architecture"] = std::string("llama");
    entries["tokenizer.ggml.model"] = model;
    entries["tokenizer.ggml.tokens"] = GgufArray(Strings{"<unk>", "<s>", "</s>", "a"});
    entries["tokenizer.ggml.scores"] = GgufArray(std::vector<double>{0, 0, 0, -1});
    if (model == "gpt2")
        entries["tokenizer.ggml.merges"] = GgufArray(Strings{"a a"});
    return entries;
}

Vocabulary read(const Entries& entries) {
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.filePath("v.gguf").toStdString());
    GgufWriter writer;
    for (const auto& [key, value] : entries)
        writer.set(key, value);
    writer.write(path);
    return readVocabulary(GgufFile(path));
}

Change set(const char* key, GgufValue value) {
    return [=](Entries& entries) { entries[key] = value; };
}

Change drop(const char* key) {
    return [=](Entries& entries) { entries.erase(key); };
}

} // namespace

class TestVocabulary : public QObject {
    Q_OBJECT
private slots:
    void fillsInWhatSentencePieceFilesLeaveOut() {
        const Vocabulary vocabulary = read(smallest("llama"));
        QVERIFY(vocabulary.kind == TokenizerKind::SentencePiece);
        QCOMPARE(vocabulary.texts.size(), std::size_t(4));
        QCOMPARE(vocabulary.unknown->value, 0u);
        QCOMPARE(vocabulary.bos->value, 1u);
        QCOMPARE(vocabulary.eos->value, 2u);
        QVERIFY(!vocabulary.eot && !vocabulary.eom && !vocabulary.padding);
        QVERIFY(vocabulary.addBos && !vocabulary.addEos && vocabulary.addSpacePrefix);
        QVERIFY(vocabulary.kinds[3] == TokenKind::Normal);
    }
    void fillsInWhatBytePairFilesLeaveOut() {
        const Vocabulary vocabulary = read(smallest("gpt2"));
        QVERIFY(vocabulary.kind == TokenizerKind::BytePairEncoding);
        QCOMPARE(vocabulary.preTokenizer, std::string("default"));
        QVERIFY(!vocabulary.bos && !vocabulary.eos);
        QVERIFY(!vocabulary.addBos && !vocabulary.addSpacePrefix);
        Entries llama3 = smallest("gpt2");
        llama3["tokenizer.ggml.pre"] = std::string("llama-bpe");
        QVERIFY(read(llama3).addBos);
    }
    void readsWhatTheFileSays() {
        Entries entries = smallest("llama");
        entries["tokenizer.ggml.token_type"] = GgufArray(std::vector<std::int64_t>{2, 3, 3, 4});
        entries["tokenizer.ggml.eot_token_id"] = std::uint64_t(3);
        entries["tokenizer.ggml.add_bos_token"] = false;
        entries["tokenizer.ggml.add_eos_token"] = true;
        entries["tokenizer.ggml.add_space_prefix"] = false;
        entries["tokenizer.ggml.padding_token_id"] = std::uint64_t(UINT32_MAX); // -1 for "none"
        entries["general.name"] = std::string("Phi-3 Mini");
        const Vocabulary vocabulary = read(entries);
        QVERIFY(vocabulary.kinds[1] == TokenKind::Control && vocabulary.kinds[3] == TokenKind::UserDefined);
        QCOMPARE(vocabulary.eot->value, 3u);
        QVERIFY(!vocabulary.addBos && vocabulary.addEos && !vocabulary.addSpacePrefix && !vocabulary.padding);
        QVERIFY(vocabulary.stripsAfterControl);
        QCOMPARE(vocabulary.scores[3], -1.0f);
    }
    void namesWhatIsWrong_data() {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const char* name, const char* model, Change change, const char* message) {
            QTest::newRow(name) << change << QByteArray(model) << QByteArray(message);
        };
        row("no model", "llama", drop("tokenizer.ggml.model"), "tokenizer.ggml.model");
        row("unknown model", "llama", set("tokenizer.ggml.model", std::string("bert")), "found \"bert\"");
        row("no tokens", "llama", drop("tokenizer.ggml.tokens"), "tokenizer.ggml.tokens");
        row("tokens of another kind", "llama", set("tokenizer.ggml.tokens", std::string("a")), "tokenizer.ggml.tokens");
        row("no scores", "llama", drop("tokenizer.ggml.scores"), "tokenizer.ggml.scores");
        row("too few scores", "llama", set("tokenizer.ggml.scores", GgufArray(std::vector<double>{0})),
            "one entry per token (4), found 1");
        row("score is not a number", "llama",
            set("tokenizer.ggml.scores",
                GgufArray(std::vector<double>{0, 0, std::numeric_limits<double>::quiet_NaN(), 0})),
            "token 2, found NaN");
        row("too many kinds", "llama",
            set("tokenizer.ggml.token_type", GgufArray(std::vector<std::int64_t>{1, 1, 1, 1, 1})), "token_type");
        row("unknown kind", "llama", set("tokenizer.ggml.token_type", GgufArray(std::vector<std::int64_t>{1, 1, 7, 1})),
            "token 2, found 7");
        row("id out of range", "llama", set("tokenizer.ggml.bos_token_id", std::uint64_t(4)),
            "bos_token_id: expected a token below 4, found 4");
        row("no merges", "gpt2", drop("tokenizer.ggml.merges"), "tokenizer.ggml.merges");
        row("merge of one", "gpt2", set("tokenizer.ggml.merges", GgufArray(Strings{"ab"})), "found \"ab\"");
        row("merge with nothing", "gpt2", set("tokenizer.ggml.merges", GgufArray(Strings{"a "})), "found \"a \"");
        row("empty merge", "gpt2", set("tokenizer.ggml.merges", GgufArray(Strings{""})), "found \"\"");
    }
    void namesWhatIsWrong() {
        QFETCH(Change, change);
        QFETCH(QByteArray, model);
        QFETCH(QByteArray, message);
        Entries entries = smallest(model.toStdString());
        change(entries);
        try {
            read(entries);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::BadFile || error.code() == ErrorCode::Unsupported);
            QVERIFY2(QByteArray(error.what()).contains(message), error.what());
            QVERIFY2(QByteArray(error.what()).contains(".gguf"), error.what());
        }
    }
};

QTEST_GUILESS_MAIN(TestVocabulary)
#include "tst_vocabulary.moc"
