// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/gguf/gguf_split.h"
#include "core/model/model.h"
#include "tests/support/gguf_seeds.h"
#include "tests/support/mutator.h"
#include "tests/support/tiny_model.h"
#include "tests/support/work_clock.h"

#include <QtTest>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace strata;

namespace {

constexpr int kFilesPerSeed = 40000;
constexpr int kModelCount = 2000;
constexpr std::int64_t kTimeLimit = kSanitizerFactor * 1'000'000; // microseconds that a person waits for the sentence

// Opens the parts as GgufFile does. True if they are a model; every tensor then lies inside its file.
bool opens(const GgufSeed& files) {
    std::vector<gguf::Part> parts;
    for (const std::string& bytes : files) {
        const std::vector<char> exact(bytes.begin(), bytes.end()); // a text has a readable byte behind its end
        parts.push_back(gguf::parsePart("mutated.gguf", std::as_bytes(std::span(exact))));
    }
    const gguf::Part whole = gguf::joinParts(std::move(parts));
    for (const GgufTensor& tensor : whole.tensors)
        if (tensor.offset + tensor.byteCount > files[tensor.part].size())
            throw std::logic_error(tensor.name + " lies outside its file");
    return true;
}

} // namespace

class TestGgufMutation : public QObject {
    Q_OBJECT
private slots:
    void mutatedFilesOpenOrGiveASentence_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("version 2") << 2;
        QTest::newRow("version 3") << 3;
        QTest::newRow("split") << 0;
    }
    void mutatedFilesOpenOrGiveASentence() {
        QFETCH(int, kind);
        const GgufSeed seed = kind == 0 ? splitSeed() : wholeFileSeed(static_cast<std::uint32_t>(kind));
        QVERIFY(opens(seed));
        Mutator mutator(static_cast<std::uint64_t>(kind) + 1);
        int openedCount = 0;
        for (int i = 0; i < kFilesPerSeed; ++i) {
            GgufSeed files = seed;
            mutator.mutate(files[mutator.below(files.size())]);
            const WorkClock clock;
            try {
                openedCount += opens(files) ? 1 : 0;
            } catch (const Error& error) {
                QVERIFY2(QByteArray(error.what()).startsWith("mutated.gguf: "), error.what());
            }
            QVERIFY2(clock.microseconds() < kTimeLimit, qPrintable(QString::number(i)));
        }
        // Mutants of names and weights are valid; if none or nearly all opened, the mutator would test nothing.
        QVERIFY2(openedCount > kFilesPerSeed / 100 && openedCount < kFilesPerSeed / 2,
            qPrintable(QString::number(openedCount)));
    }

    // The same for everything that reads the header: hyper-parameters, vocabulary, tensors.
    void mutatedModelsLoadOrGiveASentence() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString() + "/mutated.gguf";
        const auto whole = writeTinyModel(
            folder.path().toStdString(), {.layerCount = 1, .embeddingLength = 16, .feedForwardLength = 16});
        std::ifstream file(whole, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        const std::size_t headerBytes = GgufFile(whole).tensors().front().offset;
        Mutator mutator(7);
        int loadedCount = 0;
        for (int i = 0; i < kModelCount; ++i) {
            std::string mutated = bytes;
            mutator.mutate(mutated, headerBytes);
            std::filesystem::remove(path); // file systems that guard against cut-off rewrites make them slow
            std::ofstream(path, std::ios::binary) << mutated;
            const WorkClock clock;
            try {
                const Model model(path);
                ++loadedCount;
            } catch (const Error& error) {
                QVERIFY(std::strlen(error.what()) > 0);
            }
            QVERIFY2(clock.microseconds() < kTimeLimit, qPrintable(QString::number(i)));
        }
        QVERIFY2(loadedCount > 0 && loadedCount < kModelCount, qPrintable(QString::number(loadedCount)));
    }
};

QTEST_APPLESS_MAIN(TestGgufMutation)
#include "tst_gguf_mutation.moc"
