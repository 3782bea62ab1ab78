// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cpu/cpu_backend.h"
#include "core/tier/weight_store.h"
#include "tests/support/failing_backend.h"
#include "tests/support/remote_device.h"
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <cstring>
#include <vector>

using namespace strata;

namespace {

// Whether each tensor of each block has the bytes of its file.
bool holdsTheFile(const Model& model, WeightStore& store) {
    store.beginPass(1);
    for (std::uint32_t index = 0; index < model.blocks().size(); ++index) {
        const auto lease = store.acquire(BlockIndex(index), {});
        for (const BlockTensor& tensor : model.blocks()[index].tensors) {
            std::vector<std::byte> expected(tensor.byteCount);
            model.file().readTensor(model.file().tensors()[tensor.tensor], 0, expected);
            const WeightMatrix& matrix = lease->weights()[tensor.role];
            if (matrix.type != tensor.type || matrix.rows != tensor.rows || matrix.columns != tensor.columns ||
                std::memcmp(matrix.data, expected.data(), expected.size()) != 0)
                return false;
        }
    }
    return true;
}

} // namespace

class TestWeightStore : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path write(const TinyModel& model = {}) {
        return writeTinyModel(m_folder.path().toStdString(), model);
    }

private slots:
    void holdsEveryTensorInRam() {
        const Model model(write({.type = QuantType::Q8_0, .partCount = 2}));
        const auto backend = cpuBackend(1).open();
        const auto store = WeightStore::open(model, *backend, {}, {});
        QVERIFY(holdsTheFile(model, *store));
        std::uint64_t bytes = 0;
        for (const WeightBlock& block : model.blocks())
            bytes += block.byteCount;
        QVERIFY(store->residentBytes() >= bytes);
        QVERIFY(store->residentBytes() <= bytes + 2 * kSectorBytes * model.file().tensors().size());
        QCOMPARE(store->residentBytes(), store->plan().bytesIn(Tier::Ram));
    }

    void fillsRemoteMemoryByCopies() {
        const auto world = std::make_shared<RemoteWorld>();
        const Model model(write());
        const auto backend = remoteDevice(world).open();
        {
            const auto store = WeightStore::open(model, *backend, {}, {});
            QVERIFY(holdsTheFile(model, *store));
            QCOMPARE(world->liveCount.load(), model.blocks().size());
        }
        QCOMPARE(world->liveCount.load(), std::uint64_t(0));
    }

    void aTiedHeadComputesWithTheEmbedding() {
        const Model model(write({.isTied = true}));
        const auto backend = cpuBackend(1).open();
        const auto store = WeightStore::open(model, *backend, {}, {});
        store->beginPass(1);
        const auto embedding = store->acquire(BlockIndex(0), {});
        const auto head = store->acquire(BlockIndex(static_cast<std::uint32_t>(model.blocks().size() - 1)), {});
        QCOMPARE(head->weights()[TensorRole::Output].data, embedding->weights()[TensorRole::TokenEmbedding].data);
        QCOMPARE(&head->executor(), backend.get());
    }

    void progressRisesToTheTotal() {
        const Model model(write({.layerCount = 3, .feedForwardLength = 24000})); // matrices of more than one piece
        const auto backend = cpuBackend(1).open();
        std::vector<LoadProgress> reports;
        const auto store =
            WeightStore::open(model, *backend, [&](const LoadProgress& progress) { reports.push_back(progress); }, {});
        QCOMPARE(reports.front().doneBytes, std::uint64_t(0));
        QCOMPARE(reports.back().doneBytes, reports.back().totalBytes);
        for (std::size_t i = 1; i < reports.size(); ++i) {
            QVERIFY(reports[i].doneBytes > reports[i - 1].doneBytes);
            QVERIFY(reports[i].doneBytes - reports[i - 1].doneBytes <= kPieceBytes);
            QCOMPARE(reports[i].totalBytes, reports[0].totalBytes);
        }
        QVERIFY(reports.size() > reports[0].totalBytes / kPieceBytes);
        QVERIFY(reports[0].totalBytes >= WeightStore::byteCount(model));
        QVERIFY(holdsTheFile(model, *store));
    }

    void stopsAtAnyPieceAndGivesBack() {
        const Model model(write());
        for (std::size_t stopAt = 1;; ++stopAt) {
            const auto world = std::make_shared<RemoteWorld>();
            const auto backend = remoteDevice(world).open();
            std::stop_source stop;
            std::size_t reports = 0;
            std::size_t reportsAfterStop = 0;
            const auto count = [&](const LoadProgress&) {
                reportsAfterStop += stop.stop_requested();
                if (++reports == stopAt)
                    stop.request_stop();
            };
            const auto store = WeightStore::open(model, *backend, count, stop.get_token());
            QCOMPARE(reportsAfterStop, std::size_t(0));
            if (store != nullptr)
                break;
            QCOMPARE(world->liveCount.load(), std::uint64_t(0));
            QVERIFY(stopAt <= model.file().tensors().size());
        }
    }

    void refusesToLendOnceStopped() {
        const Model model(write());
        const auto backend = cpuBackend(1).open();
        const auto store = WeightStore::open(model, *backend, {}, {});
        std::stop_source stop;
        store->beginPass(1);
        QVERIFY(store->acquire(BlockIndex(0), stop.get_token()).has_value());
        stop.request_stop();
        QVERIFY(!store->acquire(BlockIndex(0), stop.get_token()).has_value());
    }

    void aFileCutShortMeanwhileIsASentence() {
        const std::filesystem::path path = write({.stem = "cut"});
        const Model model(path);
        std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
        const auto world = std::make_shared<RemoteWorld>();
        const auto backend = remoteDevice(world).open();
        try {
            WeightStore::open(model, *backend, {}, {});
            QFAIL("loaded half a file");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Io);
            QVERIFY(QString(error.what()).contains("cut.gguf"));
        }
        QCOMPARE(world->liveCount.load(), std::uint64_t(0));
    }

    void memoryThatRunsOutIsGivenBack() {
        const Model model(write());
        const auto world = std::make_shared<RemoteWorld>();
        const auto plan = std::make_shared<FailurePlan>();
        plan->allocationsLeft = 3;
        const auto backend = decorate<FailingBackend>(remoteDevice(world), plan).open();
        QVERIFY_EXCEPTION_THROWN(WeightStore::open(model, *backend, {}, {}), Error);
        QCOMPARE(world->liveCount.load(), std::uint64_t(0));
    }
};

QTEST_APPLESS_MAIN(TestWeightStore)
#include "tst_weight_store.moc"
