// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/model/architectures.h"
#include "core/model/model.h"
#include "core/model/model_summary.h"
#include "tests/support/rewrite_gguf.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <cmath>
#include <cstring>
#include <map>

using namespace strata;

using Keys = std::map<std::string, GgufValue>;
using Names = std::set<std::string>;
Q_DECLARE_METATYPE(Keys)
Q_DECLARE_METATYPE(Names)
Q_DECLARE_METATYPE(strata::ModelSpec)

namespace {

// A tensor of f32 to add.
struct Extra {
    std::string name;
    std::vector<std::uint64_t> dimensions;
    float value = 1.0F;
    QuantType type = QuantType::F32;
};

void addExtra(GgufWriter& writer, const Extra& extra) {
    writer.addTensor(extra.name, extra.type, extra.dimensions, [extra](std::uint64_t, std::span<std::byte> piece) {
        for (std::size_t i = 0; i < piece.size(); ++i)
            piece[i] = reinterpret_cast<const std::byte*>(&extra.value)[i % sizeof(float)];
    });
}

std::uint64_t u(std::uint64_t number) {
    return number;
}

} // namespace

class TestModel : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path folder() const { return m_folder.path().toStdString(); }

    // The tiny model with keys dropped and set, tensors dropped and added.
    std::filesystem::path edited(const Names& dropped, const Keys& keys, const std::vector<Extra>& extras = {}) {
        const auto path = folder() / "edited.gguf";
        rewriteGguf(folder() / "tiny.gguf", path, dropped, [&](GgufWriter& writer) {
            for (const auto& [key, value] : keys)
                writer.set(key, value);
            for (const Extra& extra : extras)
                addExtra(writer, extra);
        });
        return path;
    }

    static ModelSpec specOf(const std::filesystem::path& path) {
        const GgufFile file(path);
        return architectureOf(file).readSpec(file);
    }

    static std::string sentence(const std::filesystem::path& path) {
        try {
            const Model model(path);
            return "";
        } catch (const Error& error) {
            return error.what();
        }
    }

    // The file's path, and then this.
    static void expectSentence(const std::filesystem::path& path, const std::string& text) {
        QCOMPARE(sentence(path), path.string() + ": " + text);
    }

    void addRefused(const char* row, const Names& dropped, const Keys& keys, const char* part) {
        QTest::newRow(row) << dropped << keys << QString(part);
    }

private slots:
    void initTestCase() { writeTinyModel(folder()); }

    void readsTheSpec() {
        const ModelSpec spec = specOf(folder() / "tiny.gguf");
        QCOMPARE(spec.architecture, std::string("llama"));
        QCOMPARE(spec.name, std::string("Tiny"));
        QCOMPARE(spec.layerCount, 2U);
        QCOMPARE(spec.embeddingLength, 64U);
        QCOMPARE(spec.feedForwardLength, 128U);
        QCOMPARE(spec.headCount, 4U);
        QCOMPARE(spec.kvHeadCount, 2U);
        QCOMPARE(spec.headLength, 16U);
        QCOMPARE(spec.ropeLength, 16U);
        QCOMPARE(spec.trainedContext, 256U);
        QCOMPARE(spec.normEpsilon, 1e-5F);
        QCOMPARE(spec.ropeBase, 10000.0F);
        QVERIFY(spec.ropePairing == RopePairing::Adjacent && spec.ropeScaling == RopeScaling::None);
        QVERIFY(spec.ropeFrequencyFactors.empty());
        QVERIFY(spec.vocabularySize > 300);
    }

    void readsOptionalKeys() {
        const ModelSpec spec = specOf(edited({"llama.rope.dimension_count", "llama.attention.head_count_kv"},
            {{"llama.attention.key_length", u(32)}, {"llama.attention.value_length", u(32)},
                {"llama.rope.freq_base", 500000.0}, {"llama.rope.scaling.type", "yarn"},
                {"llama.rope.scaling.factor", 8.0}, {"llama.rope.scaling.original_context_length", u(128)},
                {"llama.rope.scaling.attn_factor", 0.5}, {"llama.rope.scaling.yarn_beta_fast", 16.0}}));
        QCOMPARE(spec.kvHeadCount, 4U);
        QCOMPARE(spec.headLength, 32U);
        QCOMPARE(spec.ropeLength, 32U);
        QCOMPARE(spec.queryLength(), 128U);
        QCOMPARE(spec.ropeBase, 500000.0F);
        QVERIFY(spec.ropeScaling == RopeScaling::Yarn);
        QCOMPARE(spec.ropeScalingFactor, 8.0F);
        QCOMPARE(spec.ropeOriginalContext, 128U);
        QCOMPARE(spec.yarnAttentionFactor, 0.5F);
        QCOMPARE(spec.yarnBetaFast, 16.0F);
        QCOMPARE(spec.yarnBetaSlow, 1.0F);
    }

    void readsAScaleWithoutATypeAsLinear() {
        const ModelSpec spec = specOf(edited({}, {{"llama.rope.scale_linear", 4.0}}));
        QVERIFY(spec.ropeScaling == RopeScaling::Linear);
        QCOMPARE(spec.ropeScalingFactor, 4.0F);
    }

    void readsRopeFactors() {
        const ModelSpec spec = specOf(edited({}, {}, {{"rope_freqs.weight", {8}, 2.5F}}));
        QCOMPARE(spec.ropeFrequencyFactors, std::vector<float>(8, 2.5F));
    }

    void refusesSpecsThatMakeNoSense_data() {
        QTest::addColumn<Names>("dropped");
        QTest::addColumn<Keys>("keys");
        QTest::addColumn<QString>("part");
        addRefused("architecture", {}, {{"general.architecture", "mamba"}},
            "edited.gguf: architecture \"mamba\" is not supported; supported: llama");
        addRefused("no layers", {}, {{"llama.block_count", u(0)}}, "llama.block_count: expected 1 to 4096, found 0");
        addRefused("too many layers", {}, {{"llama.block_count", u(1) << 40}}, "found 1099511627776");
        addRefused("missing length", {"llama.embedding_length"}, {}, "llama.embedding_length: expected this key");
        addRefused("no heads", {}, {{"llama.attention.head_count", u(0)}}, "attention.head_count: expected 1 to 4096");
        addRefused("heads that do not share", {}, {{"llama.attention.head_count_kv", u(3)}},
            "llama.attention.head_count_kv: expected a divisor of the 4 heads, found 3");
        addRefused("heads that do not divide", {}, {{"llama.attention.head_count", u(6)}},
            "llama.attention.head_count: expected a divisor of the embedding length 64, found 6");
        addRefused("values of another length", {}, {{"llama.attention.value_length", u(8)}},
            "llama.attention.value_length: values of another length than keys are not supported: 8 and 16");
        addRefused("odd rope", {}, {{"llama.rope.dimension_count", u(15)}},
            "llama.rope.dimension_count: expected an even number up to the head's length 16, found 15");
        addRefused("long rope", {}, {{"llama.rope.dimension_count", u(18)}}, "up to the head's length 16, found 18");
        addRefused("epsilon", {}, {{"llama.attention.layer_norm_rms_epsilon", 0.0}},
            "llama.attention.layer_norm_rms_epsilon: expected a number between 0 and 1, found 0");
        addRefused("rope base", {}, {{"llama.rope.freq_base", 0.5}}, "llama.rope.freq_base: expected more than 1");
        addRefused("scaling factor", {}, {{"llama.rope.scaling.factor", -2.0}},
            "llama.rope.scaling.factor: expected more than 0, found -2");
        addRefused("scaling type", {}, {{"llama.rope.scaling.type", "longrope"}},
            "llama.rope.scaling.type: expected none, linear or yarn, found \"longrope\"");
        addRefused("experts", {}, {{"llama.expert_count", u(8)}},
            "llama.expert_count: mixtures of experts are not supported, this one has 8");
        addRefused("kind of value", {}, {{"llama.context_length", "much"}},
            "llama.context_length: expected a whole number from 0, found a string");
        addRefused("no tokenizer", {"tokenizer.ggml.model"}, {}, "tokenizer.ggml.model");
    }
    void refusesSpecsThatMakeNoSense() {
        QFETCH(Names, dropped);
        QFETCH(Keys, keys);
        QFETCH(QString, part);
        const auto path = edited(dropped, keys);
        const std::string message = sentence(path);
        QVERIFY2(message.find(part.toStdString()) != std::string::npos, message.c_str());
        QCOMPARE(summarize(GgufFile(path)).unsupported, message);
    }

    void refusesTensorsThatDoNotFit() {
        QVERIFY(sentence(edited({"blk.1.attn_k.weight"}, {}))
                    .ends_with("expected tensor blk.1.attn_k.weight, the file does not have it"));
        expectSentence(edited({"blk.0.attn_q.weight"}, {}, {{"blk.0.attn_q.weight", {64, 32}}}),
            "blk.0.attn_q.weight: expected 64 x 64, file has 32 x 64");
        expectSentence(edited({"blk.0.attn_norm.weight"}, {}, {{"blk.0.attn_norm.weight", {32}}}),
            "blk.0.attn_norm.weight: expected 1 x 64, file has 1 x 32");
        expectSentence(edited({"blk.0.attn_q.weight"}, {}, {{"blk.0.attn_q.weight", {64, 64, 2}}}),
            "blk.0.attn_q.weight: expected 64 x 64, file has 2 x 64 x 64");
        expectSentence(edited({"output_norm.weight"}, {}, {{"output_norm.weight", {64}, 1.0F, QuantType::F16}}),
            "output_norm.weight: expected type F32, file has F16");
        QVERIFY(sentence(edited({}, {}, {{"blk.0.attn_sinks", {4}}}))
                    .ends_with("blk.0.attn_sinks: this tensor is not known for architecture llama"));
        expectSentence(
            edited({}, {}, {{"rope_freqs.weight", {4}}}), "rope_freqs.weight: expected 8 factors, file has 4");
        expectSentence(
            edited({}, {}, {{"rope_freqs.weight", {8}, 0.0F}}), "rope_freqs.weight: expected factors above 0, found 0");
    }

    void listsBlocksInOrderOfWork() {
        const Model model(folder() / "tiny.gguf");
        std::vector<std::string> names;
        std::uint64_t byteCount = 0;
        for (const WeightBlock& block : model.blocks()) {
            names.push_back(block.name());
            byteCount += block.byteCount;
            for (const BlockTensor& tensor : block.tensors)
                QCOMPARE(model.file().tensors()[tensor.tensor].byteCount, tensor.byteCount);
        }
        QCOMPARE(names, (std::vector<std::string>{"embedding", "layer 0 attention", "layer 0 feed-forward",
                            "layer 1 attention", "layer 1 feed-forward", "head"}));
        std::uint64_t onFile = 0;
        for (const GgufTensor& tensor : model.file().tensors())
            onFile += tensor.byteCount;
        QCOMPARE(byteCount, onFile);
        QVERIFY(!model.isTied());
        QCOMPARE(model.blocks().front().readBytes, std::uint64_t(64 * 4));
        QCOMPARE(model.blocks().back().readBytes, model.blocks().back().byteCount);
        QCOMPARE(model.tokenizer().size(), std::size_t(model.spec().vocabularySize));
    }

    void placesEveryTensorByItsRole() {
        const Model model(folder() / "tiny.gguf");
        const auto rolesOf = [&](std::size_t block) {
            std::map<TensorRole, std::string> roles;
            for (const BlockTensor& tensor : model.blocks()[block].tensors)
                roles[tensor.role] = model.file().tensors()[tensor.tensor].name;
            return roles;
        };
        using enum TensorRole;
        QCOMPARE(rolesOf(1), (std::map<TensorRole, std::string>{{AttentionNorm, "blk.0.attn_norm.weight"},
                                 {Query, "blk.0.attn_q.weight"}, {Key, "blk.0.attn_k.weight"},
                                 {Value, "blk.0.attn_v.weight"}, {AttentionOutput, "blk.0.attn_output.weight"}}));
        QCOMPARE(rolesOf(4),
            (std::map<TensorRole, std::string>{{FeedForwardNorm, "blk.1.ffn_norm.weight"},
                {Gate, "blk.1.ffn_gate.weight"}, {Up, "blk.1.ffn_up.weight"}, {Down, "blk.1.ffn_down.weight"}}));
        QCOMPARE(rolesOf(5),
            (std::map<TensorRole, std::string>{{OutputNorm, "output_norm.weight"}, {Output, "output.weight"}}));
    }

    void tiedHeadsReadTheWholeEmbedding() {
        const Model model(edited({"output.weight"}, {}));
        QVERIFY(model.isTied());
        QCOMPARE(model.blocks().front().readBytes, model.blocks().front().byteCount);
        QCOMPARE(model.blocks().back().byteCount, std::uint64_t(64 * 4));
    }

    void takesOptionalBiases() {
        const Model model(edited({}, {}, {{"blk.0.attn_q.bias", {64}}, {"blk.1.ffn_up.bias", {128}}}));
        QVERIFY(model.blocks()[1].tensors.back().role == TensorRole::AttentionOutput);
        const auto has = [&](std::size_t block, TensorRole role) {
            for (const BlockTensor& tensor : model.blocks()[block].tensors)
                if (tensor.role == role)
                    return true;
            return false;
        };
        QVERIFY(has(1, TensorRole::QueryBias) && has(4, TensorRole::UpBias) && !has(3, TensorRole::QueryBias));
    }

    // Made by tests/data/model/make_rope_reference.py.
    void rotatesAsTheReferenceDoes_data() {
        QTest::addColumn<ModelSpec>("spec");
        QTest::addColumn<QList<float>>("frequencies");
        QTest::addColumn<float>("scale");
        const auto addRow = [](const char* name, const ModelSpec& spec, QList<float> frequencies, float scale = 1.0F) {
            QTest::newRow(name) << spec << frequencies << scale;
        };
        ModelSpec spec;
        spec.ropeLength = 16;
        addRow("plain", spec,
            {1.0F, 3.16227766e-01F, 1.0e-01F, 3.16227766e-02F, 1.0e-02F, 3.16227766e-03F, 1.0e-03F, 3.16227766e-04F});
        spec.ropeScaling = RopeScaling::Linear;
        spec.ropeScalingFactor = 4;
        addRow("linear", spec,
            {2.5e-01F, 7.90569410e-02F, 2.50000004e-02F, 7.90569466e-03F, 2.49999994e-03F, 7.90569466e-04F,
                2.50000012e-04F, 7.90569466e-05F});
        spec.ropeScaling = RopeScaling::Yarn;
        spec.ropeScalingFactor = 8;
        spec.ropeOriginalContext = 2048;
        addRow("yarn", spec,
            {1.0F, 3.16227764e-01F, 1.00000001e-01F, 2.47052945e-02F, 5.62499976e-03F, 1.08703296e-03F, 1.25000006e-04F,
                3.95284733e-05F},
            1.2079442F);
        spec.ropeBase = 500000;
        spec.ropeScalingFactor = 4;
        spec.ropeOriginalContext = 4096;
        spec.yarnBetaFast = 16;
        spec.yarnBetaSlow = 2;
        addRow("yarn, own betas", spec,
            {1.0F, 1.93922758e-01F, 3.76060307e-02F, 4.55791550e-03F, 3.53553361e-04F, 6.85620471e-05F, 1.32957393e-05F,
                2.57834631e-06F},
            1.1386294F);
        spec.ropeScaling = RopeScaling::None;
        spec.ropeFrequencyFactors = {1.0F, 1.0F, 1.0F, 1.0F, 2.6945297F, 8.0F, 8.0F, 8.0F};
        addRow("llama 3.1", spec,
            {1.0F, 1.93922758e-01F, 3.76060307e-02F, 7.29266508e-03F, 5.24846022e-04F, 3.42810235e-05F, 6.64786967e-06F,
                1.28917316e-06F});
    }
    void rotatesAsTheReferenceDoes() {
        QFETCH(ModelSpec, spec);
        QFETCH(QList<float>, frequencies);
        QFETCH(float, scale);
        const RopeTable table = makeRopeTable(spec);
        QCOMPARE(table.scale, scale);
        QCOMPARE(table.frequencies.size(), std::size_t(frequencies.size()));
        for (std::size_t i = 0; i < table.frequencies.size(); ++i) {
            const float expected = frequencies[static_cast<qsizetype>(i)];
            QVERIFY2(std::abs(table.frequencies[i] / expected - 1.0F) < 1e-6F, std::to_string(i).c_str());
        }
    }

    void summarizesTheHeader() {
        const auto path =
            writeTinyModel(folder(), {.type = QuantType::Q8_0, .chatTemplate = kTinyChatTemplate, .stem = "summary"});
        const GgufFile file(path);
        const ModelSummary summary = summarize(file);
        QCOMPARE(summary.path, path);
        QCOMPARE(summary.name, std::string("Tiny"));
        QCOMPARE(summary.architecture, std::string("llama"));
        QCOMPARE(summary.format, std::string("Q8_0"));
        QCOMPARE(summary.tokenizer, std::string("SentencePiece"));
        QCOMPARE(summary.fileBytes, std::uint64_t(std::filesystem::file_size(path)));
        QCOMPARE(summary.trainedContext, 256U);
        QCOMPARE(summary.layerCount, 2U);
        QCOMPARE(summary.unsupported, std::string());
        QVERIFY(summary.hasChatTemplate && summary.isNoise);
        // Per layer: q and o of 64 x 64, k and v of 32 x 64, three of 128 x 64, two norms of 64.
        const std::uint64_t layer = 2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64 + 2 * 64;
        const std::uint64_t vocabularySize = file.getStrings("tokenizer.ggml.tokens")->size();
        QCOMPARE(summary.parameterCount, 2 * layer + 64 + 2 * 64 * vocabularySize);
    }

    void namesAreFitForATerminalAndALine() {
        const auto path = writeTinyModel(folder(), {.name = "\x1b[31m\xff" + std::string(3000, 'a'), .stem = "odd"});
        const std::string name = summarize(GgufFile(path)).name;
        QVERIFY2(name.starts_with("\\x1b[31m\\xffaaa") && name.ends_with("a...") && name.size() < 130, name.c_str());
        QCOMPARE(Model(path).spec().name, name);
    }

    void summaryNamesTheFileTypeThatTheHeaderGives() {
        QCOMPARE(summarize(GgufFile(edited({}, {{"general.file_type", u(15)}}))).format, std::string("Q4_K_M"));
        QCOMPARE(summarize(GgufFile(edited({}, {{"general.file_type", u(999)}}))).format, std::string("F32"));
        QCOMPARE(summarize(GgufFile(edited({}, {{"general.file_type", u(0)}}))).format, std::string("F32"));
        writeTinyModel(folder(), {.type = QuantType::Q8_0, .stem = "left"});
        const auto left = folder() / "left_at_0.gguf";
        rewriteGguf(folder() / "left.gguf", left, {}, [](GgufWriter& w) { w.set("general.file_type", u(0)); });
        QCOMPARE(summarize(GgufFile(left)).format, std::string("Q8_0"));
        QVERIFY(!summarize(GgufFile(edited({"strata.weights"}, {}))).isNoise);
    }

    void summarizesOddHeadersToo() {
        const ModelSummary summary =
            summarize(GgufFile(edited({"general.name", "tokenizer.ggml.model"}, {{"general.architecture", u(1)}})));
        QCOMPARE(summary.name, std::string("edited"));
        QVERIFY(summary.unsupported.find("general.architecture: expected a string") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestModel)
#include "tst_model.moc"
