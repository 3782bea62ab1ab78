// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"
#include "core/forward/activation_exchange.h"
#include "core/forward/transformer.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <array>
#include <numeric>

using namespace strata;

namespace {

constexpr PassLimits kLimits = {.maxTokens = 8, .maxLogitRows = 1, .contextTokens = 32};

} // namespace

// Blocks computed by two devices in turn, with the cache on one of them, against one device that does it all.
class TestActivationExchange : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void devicesThatTakeTurnsChangeNotABit_data() {
        QTest::addColumn<int>("pattern"); // bit i: block i % 8 is computed by the second device
        QTest::newRow("all by the first") << 0x00;
        QTest::newRow("all by the second") << 0xFF;
        QTest::newRow("in turn") << 0x55;
        QTest::newRow("pairs") << 0x66;
        QTest::newRow("only the embedding") << 0x01;
    }
    void devicesThatTakeTurnsChangeNotABit() {
        QFETCH(int, pattern);
        const Model model(writeTinyModel(m_folder.path().toStdString(), {.context = 32}));
        const auto first = cpuBackend(1).open();
        const auto second = cpuBackend(1).open();
        const auto weights = WeightStore::open(model, *first, {}, {}); // host memory: both can read it
        const std::vector<TokenId> tokens = {TokenId(300), TokenId(5), TokenId(42)};
        const std::vector<std::uint32_t> positions = {0, 1, 2};
        const std::vector<std::uint32_t> rows = {2};
        const Pass pass = {
            .tokens = tokens, .positions = positions, .cacheLength = 0, .visible = {}, .logitRows = rows};

        std::vector<float> expected(model.spec().vocabularySize);
        Transformer transformer(model, *weights, kLimits);
        KvCache ownCache(*first, model.spec(), 32);
        QVERIFY(transformer.forward(pass, ownCache, {}));
        transformer.readLogits(0, expected);

        std::array<Backend*, 2> devices = {first.get(), second.get()};
        ActivationExchange exchange(devices, model.spec(), kLimits);
        KvCache cache(*first, model.spec(), 32);
        std::vector<float> logits(expected.size());
        weights->beginPass(3);
        exchange.begin(pass);
        for (std::uint32_t index = 0; index < model.blocks().size(); ++index) {
            Backend& device = *devices[static_cast<unsigned>(pattern) >> (index % 8) & 1U];
            const auto lease = weights->acquire(BlockIndex(index), {});
            compute(model.blocks()[index], lease->weights(), device, exchange, pass, cache);
            if (model.blocks()[index].kind == BlockKind::Head)
                device.readLogits(exchange.of(device), 0, logits);
        }
        exchange.finish();
        QCOMPARE(logits, expected);
    }

private:
    static void compute(const WeightBlock& block, const BlockWeights& weights, Backend& device,
        ActivationExchange& exchange, const Pass& pass, const KvCache& cache) {
        using enum ActivationPart;
        switch (block.kind) {
        case BlockKind::Embedding:
            device.embed(weights, pass, exchange.of(device));
            exchange.wrote(device, {Residual});
            break;
        case BlockKind::Attention: {
            const KvLayer layer = cache.layer(block.layer);
            device.projectQkv(weights, pass, exchange.reading(device, {Residual}));
            exchange.wrote(device, {Query, Key, Value});
            layer.device->attend(layer, pass, exchange.reading(*layer.device, {Query, Key, Value}));
            exchange.wrote(*layer.device, {Attended});
            device.projectOutput(weights, pass, exchange.reading(device, {Residual, Attended}));
            break;
        }
        case BlockKind::FeedForward:
            device.feedForward(weights, pass, exchange.reading(device, {Residual}));
            break;
        case BlockKind::Head:
            device.head(weights, pass, exchange.reading(device, {Residual}));
            break;
        }
    }
};

QTEST_APPLESS_MAIN(TestActivationExchange)
#include "tst_activation_exchange.moc"
