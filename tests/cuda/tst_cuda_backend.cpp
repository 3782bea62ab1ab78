// SPDX-License-Identifier: GPL-3.0-or-later
// Each verb of the GPU against the CPU's on the same rows, for every format; copies, parts and refusals.
#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "core/forward/kv_cache.h"
#include "core/tier/weight_store.h"
#include "cuda/cuda_activations.h"
#include "cuda/cuda_backend.h"
#include "tests/cuda/model_rig.h"
#include "tests/support/tiny_model.h"

#include <QTemporaryDir>
#include <QtTest>

#include <random>

using namespace strata;

namespace {

using enum ActivationPart;
using Rows = std::vector<float>;

// Relative error of a product with activations rounded to int8 on both sides, and with floats or halves.
constexpr double kQuantisedTolerance = 0.02;
constexpr double kFloatTolerance = 2e-3;

Rows randomRows(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    Rows rows(count);
    for (float& value : rows)
        value = normal(random);
    return rows;
}

// One model's blocks on one device, with activations and a cache.
struct Device {
    Device(const Model& model, const BackendChoice& choice, std::uint32_t maxTokens)
        : spec(model.spec()), backend(choice.open()), weights(WeightStore::open(model, *backend, {}, {})),
          activations(backend->makeActivations(
              spec, {.maxTokens = maxTokens, .maxLogitRows = maxTokens, .contextTokens = kRigContext})),
          cache(*backend, spec, kRigContext) {}

    BlockWeights block(std::uint32_t index) {
        weights->beginPass(1);
        return weights->acquire(BlockIndex(index), {})->weights();
    }

    void write(ActivationPart part, const Rows& rows) { backend->writePart(*activations, part, rows); }
    Rows read(ActivationPart part, std::size_t tokens) {
        Rows rows(tokens * rowLength(spec, part));
        backend->readPart(*activations, part, rows);
        return rows;
    }

    ModelSpec spec;
    std::unique_ptr<Backend> backend;
    std::unique_ptr<WeightStore> weights;
    std::unique_ptr<Activations> activations;
    KvCache cache;
};

// The same pass on the CPU and on the GPU.
class Pair {
public:
    Pair(const Model& model, std::uint32_t count)
        : m_cpu(model, cpuBackend(2), 40), m_gpu(model, cudaBackends().front(), 40), m_count(count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            m_tokens.emplace_back(300 + i * 37 % 90);
            m_positions.push_back(5 + i);
            m_rows.push_back(i);
        }
        pass = {.tokens = m_tokens, .positions = m_positions, .cacheLength = 0, .visible = {}, .logitRows = m_rows};
        both([&](Device& d) { d.backend->beginPass(pass, *d.activations); });
    }

    template <typename Call>
    void both(const Call& call) {
        call(m_cpu);
        call(m_gpu);
    }
    void fill(ActivationPart part, unsigned seed) {
        const Rows rows = randomRows(std::size_t(m_count) * rowLength(m_cpu.spec, part), seed);
        both([&](Device& d) { d.write(part, rows); });
    }
    double error(ActivationPart part) { return relativeError(m_gpu.read(part, m_count), m_cpu.read(part, m_count)); }
    double logitError(std::uint32_t row) {
        Logits reference(m_cpu.spec.vocabularySize);
        Logits found(reference.size());
        m_cpu.backend->readLogits(*m_cpu.activations, row, reference);
        m_gpu.backend->readLogits(*m_gpu.activations, row, found);
        return relativeError(found, reference);
    }

    Pass pass;

private:
    Device m_cpu, m_gpu;
    std::uint32_t m_count;
    std::vector<TokenId> m_tokens;
    std::vector<std::uint32_t> m_positions, m_rows;
};

} // namespace

class TestCudaBackend : public QObject {
    Q_OBJECT
private slots:
    void initTestCase();
    void verbsAreTheCpus_data();
    void verbsAreTheCpus();
    void blocksComputedElsewhereFitIn_data();
    void blocksComputedElsewhereFitIn();
    void copiesKeepEveryByte();
    void overlappingMovesKeepEveryByte_data();
    void overlappingMovesKeepEveryByte();
    void passesCanBeAbandoned();
    void passesSeenBeforeAreReplayed();
    void tooLargeAnAllocationIsRefused();
    void activationsTakeWhatTheySay();
    void listingNamesTheDevice();

private:
    std::filesystem::path write(TinyModel model) {
        model.stem = "tiny" + std::to_string(m_count++);
        return writeTinyModel(m_folder.path().toStdString(), model);
    }

    QTemporaryDir m_folder;
    int m_count = 0;
};

void TestCudaBackend::initTestCase() {
    if (cudaBackends().empty())
        QSKIP(qPrintable("no NVIDIA GPU to compute on here: " + QString::fromStdString(whyNoGpu())));
}

void TestCudaBackend::verbsAreTheCpus_data() {
    QTest::addColumn<int>("type");
    QTest::addColumn<std::uint32_t>("count");
    for (const QuantTraits& format : allQuantTraits())
        if (format.quantize != nullptr || format.type == QuantType::F32)
            for (const std::uint32_t count : {1U, 2U, 7U, 8U, 9U, 33U})
                QTest::addRow("%s, %u tokens", std::string(format.name).c_str(), count) << int(format.type) << count;
}

void TestCudaBackend::verbsAreTheCpus() {
    QFETCH(const int, type);
    QFETCH(const std::uint32_t, count);
    const bool isFloat = traits(static_cast<QuantType>(type)).blockLength == 1;
    const Model model(write({.layerCount = 1,
        .embeddingLength = isFloat ? 72U : 96U,
        .feedForwardLength = isFloat ? 172U : 224U,
        .headCount = 4,
        .kvHeadCount = 2,
        .type = static_cast<QuantType>(type)}));
    Pair pair(model, count);
    const double tolerance = isFloat ? kFloatTolerance : kQuantisedTolerance;
    const auto expect = [&](const char* verb, double error, double allowed) {
        QVERIFY2(error <= allowed, qPrintable(QString("%1: off by %2").arg(verb).arg(error)));
    };
    pair.both([&](Device& d) { d.backend->embed(d.block(0), pair.pass, *d.activations); });
    expect("embed", pair.error(Residual), 1e-7);

    pair.fill(Residual, 1);
    pair.both([&](Device& d) { d.backend->projectQkv(d.block(1), pair.pass, *d.activations); });
    for (const ActivationPart part : {Value, Key, Query})
        expect("projectQkv", pair.error(part), tolerance);

    for (const ActivationPart part : {Query, Key, Value})
        pair.fill(part, 2 + unsigned(part));
    pair.both([&](Device& d) { d.backend->attend(d.cache.layer(LayerIndex(0)), pair.pass, *d.activations); });
    expect("attend", pair.error(Attended), kFloatTolerance);

    pair.fill(Attended, 7);
    pair.both([&](Device& d) { d.backend->projectOutput(d.block(1), pair.pass, *d.activations); });
    expect("projectOutput", pair.error(Residual), tolerance);

    pair.fill(Residual, 8);
    pair.both([&](Device& d) { d.backend->feedForward(d.block(2), pair.pass, *d.activations); });
    expect("feedForward", pair.error(Residual), tolerance);

    pair.fill(Residual, 9);
    pair.both([&](Device& d) { d.backend->head(d.block(3), pair.pass, *d.activations); });
    for (std::uint32_t row = 0; row < count; ++row)
        expect("head", pair.logitError(row), tolerance);
    pair.both([&](Device& d) { d.backend->endPass(*d.activations); });
}

void TestCudaBackend::blocksComputedElsewhereFitIn_data() {
    QTest::addColumn<std::uint32_t>("count");
    QTest::addRow("few tokens") << 1U;
    QTest::addRow("many tokens") << 20U;
}

// Projections on the CPU with cache and attention on the GPU, three passes in a row, against all on the CPU.
void TestCudaBackend::blocksComputedElsewhereFitIn() {
    QFETCH(const std::uint32_t, count);
    const Model model(write({.layerCount = 1}));
    Device whole(model, cpuBackend(2), 40);
    Device host(model, cpuBackend(2), 40);
    Device gpu(model, cudaBackends().front(), 40);
    for (std::uint32_t begin = 0; begin < 3 * count; begin += count) {
        const std::vector<TokenId> tokens(count, TokenId(310 + begin));
        std::vector<std::uint32_t> positions(count);
        std::iota(positions.begin(), positions.end(), begin);
        const Pass pass = {
            .tokens = tokens, .positions = positions, .cacheLength = begin, .visible = {}, .logitRows = {}};
        for (Device* d : {&whole, &host, &gpu})
            d->backend->beginPass(pass, *d->activations);
        whole.backend->embed(whole.block(0), pass, *whole.activations);
        whole.backend->projectQkv(whole.block(1), pass, *whole.activations);
        whole.backend->attend(whole.cache.layer(LayerIndex(0)), pass, *whole.activations);
        whole.backend->projectOutput(whole.block(1), pass, *whole.activations);

        gpu.backend->embed(gpu.block(0), pass, *gpu.activations);
        host.write(Residual, gpu.read(Residual, count));
        host.backend->projectQkv(host.block(1), pass, *host.activations);
        for (const ActivationPart part : {Query, Key, Value})
            gpu.write(part, host.read(part, count));
        gpu.backend->attend(gpu.cache.layer(LayerIndex(0)), pass, *gpu.activations);
        host.write(Attended, gpu.read(Attended, count));
        host.backend->projectOutput(host.block(1), pass, *host.activations);
        for (Device* d : {&whole, &host, &gpu})
            d->backend->endPass(*d->activations);
        QVERIFY(relativeError(host.read(Residual, count), whole.read(Residual, count)) < kFloatTolerance);
    }
}

void TestCudaBackend::copiesKeepEveryByte() {
    const auto backend = cudaBackends().front().open();
    constexpr std::size_t kBytes = (std::size_t(13) << 20U) + 77; // more than the pieces that copies are cut into
    const Buffer buffer = backend->allocate(kBytes + 5);
    QCOMPARE(reinterpret_cast<std::uintptr_t>(buffer.data()) % 256, 0U);
    QVERIFY(!buffer.isHost());
    std::mt19937 random(1);
    std::vector<std::byte> source(kBytes);
    for (std::byte& byte : source)
        byte = static_cast<std::byte>(random());
    const std::vector<std::byte> original = source;
    backend->copyIn(buffer, 5, source);
    std::fill(source.begin(), source.end(), std::byte{}); // done when it returned
    std::vector<std::byte> found(kBytes);
    backend->copyOut(found, buffer, 5);
    QVERIFY(found == original);

    const Buffer staging = backend->allocateStaging(kBytes);
    QVERIFY(staging.isHost());
    backend->copyOut(std::span(staging.data(), kBytes), buffer, 5);
    QVERIFY(std::equal(original.begin(), original.end(), staging.data()));
    backend->copyIn(buffer, 0, std::span<const std::byte>(staging.data(), kBytes));
    std::fill_n(staging.data(), kBytes, std::byte{});
    backend->copyOut(found, buffer, 0);
    QVERIFY(found == original);
}

void TestCudaBackend::overlappingMovesKeepEveryByte_data() {
    QTest::addColumn<std::size_t>("to");
    QTest::addColumn<std::size_t>("from");
    QTest::addColumn<std::size_t>("count");
    QTest::addRow("down by one") << std::size_t(0) << std::size_t(1) << std::size_t(50);
    QTest::addRow("up by three") << std::size_t(13) << std::size_t(10) << std::size_t(100);
    QTest::addRow("down by many") << std::size_t(100) << std::size_t(400) << std::size_t(1000);
    QTest::addRow("apart") << std::size_t(3000) << std::size_t(0) << std::size_t(1000);
    QTest::addRow("nowhere") << std::size_t(7) << std::size_t(7) << std::size_t(1000);
    QTest::addRow("nothing") << std::size_t(7) << std::size_t(9) << std::size_t(0);
}

void TestCudaBackend::overlappingMovesKeepEveryByte() {
    QFETCH(const std::size_t, to);
    QFETCH(const std::size_t, from);
    QFETCH(const std::size_t, count);
    const auto backend = cudaBackends().front().open();
    std::vector<std::byte> bytes(4096);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i * 7 / 5);
    const Buffer buffer = backend->allocate(bytes.size());
    backend->copyIn(buffer, 0, bytes);
    backend->copyWithin(buffer, to, from, count);
    std::memmove(bytes.data() + to, bytes.data() + from, count);
    std::vector<std::byte> found(bytes.size());
    backend->copyOut(found, buffer, 0);
    QVERIFY(found == bytes);
}

void TestCudaBackend::passesCanBeAbandoned() {
    const Model model(write({.layerCount = 1}));
    Device gpu(model, cudaBackends().front(), 40);
    const std::vector<TokenId> tokens = {TokenId(301), TokenId(302)};
    const std::vector<std::uint32_t> positions = {0, 1};
    const std::vector<std::uint32_t> rows = {1};
    const Pass pass = {.tokens = tokens, .positions = positions, .cacheLength = 0, .visible = {}, .logitRows = rows};
    const auto begin = [&] {
        gpu.backend->beginPass(pass, *gpu.activations);
        gpu.backend->embed(gpu.block(0), pass, *gpu.activations);
    };
    const auto finish = [&] {
        gpu.backend->head(gpu.block(3), pass, *gpu.activations);
        gpu.backend->endPass(*gpu.activations);
    };
    Logits logits(model.spec().vocabularySize);
    begin();
    finish();
    gpu.backend->readLogits(*gpu.activations, 0, logits);
    begin();
    gpu.backend->abandonPass(*gpu.activations);
    Logits still(logits.size());
    gpu.backend->readLogits(*gpu.activations, 0, still);
    QCOMPARE(still, logits);
    begin();
    gpu.activations.reset(); // with a pass open
    gpu.backend->wait();
}

void TestCudaBackend::passesSeenBeforeAreReplayed() {
    const Model model(write({.layerCount = 1}));
    Device gpu(model, cudaBackends().front(), 40);
    const auto& graphs = static_cast<const cuda::CudaActivations&>(*gpu.activations).graphs;
    const auto run = [&](std::uint32_t count) {
        const std::vector<TokenId> tokens(count, TokenId(301));
        const std::vector<std::uint32_t> positions(count, 0);
        const Pass pass = {.tokens = tokens, .positions = positions, .cacheLength = 0, .visible = {}, .logitRows = {}};
        gpu.backend->beginPass(pass, *gpu.activations);
        gpu.backend->embed(gpu.block(0), pass, *gpu.activations);
        gpu.backend->feedForward(gpu.block(2), pass, *gpu.activations);
        gpu.backend->endPass(*gpu.activations);
        gpu.backend->wait();
    };
    run(1);
    QCOMPARE(graphs.replayCount(), std::uint64_t(0));
    run(1);
    run(1);
    QCOMPARE(graphs.replayCount(), std::uint64_t(2));
    run(2); // another shape
    QCOMPARE(graphs.replayCount(), std::uint64_t(2));
    for (int repetition = 0; repetition < 3; ++repetition)
        run(20); // never
    QCOMPARE(graphs.replayCount(), std::uint64_t(2));
}

void TestCudaBackend::tooLargeAnAllocationIsRefused() {
    const auto backend = cudaBackends().front().open();
    try {
        backend->allocate(std::size_t(1) << 46U);
        QFAIL("expected an error");
    } catch (const Error& error) {
        QCOMPARE(int(error.code()), int(ErrorCode::OutOfMemory));
        QVERIFY2(QString(error.what()).contains("are free"), error.what());
    }
    const Buffer small = backend->allocate(1000);
    QCOMPARE(small.byteCount(), std::size_t(1000));
}

void TestCudaBackend::activationsTakeWhatTheySay() {
    const Model model(write({.layerCount = 1, .type = QuantType::Q4_0}));
    const auto backend = cudaBackends().front().open();
    const PassLimits limits = {.maxTokens = 512, .maxLogitRows = 256, .contextTokens = kRigContext};
    const std::uint64_t before = backend->memory().freeBytes;
    const std::uint64_t expected = backend->activationBytes(model.spec(), limits);
    const auto activations = backend->makeActivations(model.spec(), limits);
    const std::uint64_t taken = before - backend->memory().freeBytes;
    const std::uint64_t slack = std::uint64_t(4) << 20U; // the driver hands out memory in pieces of 2 MiB
    QVERIFY2(taken <= expected + slack && expected <= taken + slack,
        qPrintable(QString("expected %1 bytes, found %2").arg(expected).arg(taken)));
}

void TestCudaBackend::listingNamesTheDevice() {
    const auto choices = cudaBackends();
    QCOMPARE(choices.front().info.kind, DeviceKind::Gpu);
    QVERIFY(choices.front().info.id.starts_with("cuda:"));
    QVERIFY(!choices.front().info.name.empty());
    QVERIFY(choices.front().info.freeBytes > 0 && choices.front().info.freeBytes <= choices.front().info.totalBytes);
    QVERIFY(whyNoGpu().empty());
    const auto backend = choices.front().open();
    QCOMPARE(backend->info().id, choices.front().info.id);
    QVERIFY(backend->memory().freeBytes <= backend->memory().totalBytes);
    QVERIFY(backend->memory().reserveBytes < backend->memory().freeBytes);
}

QTEST_GUILESS_MAIN(TestCudaBackend)
#include "tst_cuda_backend.moc"
