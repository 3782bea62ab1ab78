// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"
#include "core/forward/transformer.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

using namespace strata;

// Logits against those of PyTorch transformers; tests/data/reference/README.md says how they were made.
class TestReference : public QObject {
    Q_OBJECT

    struct Reference {
        std::vector<TokenId> tokens;
        std::vector<double> logits; // (tokens, vocabularySize)
    };

    static Reference readReference(const GgufFile& file) {
        Reference reference;
        const std::optional<std::vector<double>> ids = file.getNumbers("strata.reference.tokens");
        for (const double id : ids.value())
            reference.tokens.emplace_back(static_cast<std::uint32_t>(id));
        reference.logits = file.getNumbers("strata.reference.logits").value();
        return reference;
    }

    static double cosine(std::span<const float> a, std::span<const double> b) {
        double ab = 0.0, aa = 0.0, bb = 0.0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            ab += double(a[i]) * b[i];
            aa += double(a[i]) * double(a[i]);
            bb += b[i] * b[i];
        }
        return ab / std::sqrt(aa * bb);
    }

private slots:
    void agreesWithTransformers_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<quint32>("chunk");
        const QDir folder(QStringLiteral(STRATA_TEST_DATA) + "/reference");
        for (const QFileInfo& file : folder.entryInfoList({"*.gguf"}, QDir::Files, QDir::Name))
            for (const quint32 chunk : {1U, 5U, 16U})
                QTest::addRow("%s, %u tokens a pass", qPrintable(file.baseName()), chunk) << file.filePath() << chunk;
    }
    void agreesWithTransformers() {
        QFETCH(QString, path);
        QFETCH(quint32, chunk);
        const Model model(path.toStdString());
        const Reference reference = readReference(model.file());
        const auto backend = cpuBackend(2).open();
        const auto weights = WeightStore::open(model, *backend, {}, {});
        Transformer transformer(model, *weights, {.maxTokens = 16, .maxLogitRows = 16, .contextTokens = 16});
        KvCache cache(*backend, model.spec(), 16);
        std::vector<float> logits(model.spec().vocabularySize);
        for (std::uint32_t done = 0; done < reference.tokens.size(); done = cache.length()) {
            const std::size_t count = std::min<std::size_t>(chunk, reference.tokens.size() - done);
            std::vector<std::uint32_t> positions(count), rows(count);
            std::iota(positions.begin(), positions.end(), done);
            std::iota(rows.begin(), rows.end(), 0U);
            QVERIFY(transformer.forward({.tokens = std::span(reference.tokens).subspan(done, count),
                                            .positions = positions,
                                            .cacheLength = done,
                                            .visible = {},
                                            .logitRows = rows},
                cache, {}));
            for (const std::uint32_t row : rows) {
                transformer.readLogits(row, logits);
                const auto expected = std::span(reference.logits).subspan((done + row) * logits.size(), logits.size());
                QVERIFY2(cosine(logits, expected) > 0.9999, qPrintable(QString("position %1").arg(done + row)));
                QCOMPARE(std::max_element(logits.begin(), logits.end()) - logits.begin(),
                    std::max_element(expected.begin(), expected.end()) - expected.begin());
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestReference)
#include "tst_reference.moc"
