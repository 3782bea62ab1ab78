// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring the machine: the CPU alone and beside the test device, which is a GPU as far as order is concerned.
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/cpu/cpu_backend.h"
#include "core/profile/machine_measurement.h"
#include "core/profile/mount_points.h"
#include "core/profile/stored_profile.h"
#include "core/tier/typical_profile.h"
#include "core/tier/profile_file.h"
#include "tests/support/failing_backend.h"
#include "tests/support/remote_device.h"
#include "tests/support/stopping_backend.h"

#include <QtTest>

#include <cmath>
#include <fstream>

using namespace strata;

namespace {

constexpr MeasureSizes kSmall = {.block = {.embeddingLength = 512, .feedForwardLength = 512},
    .hostBytes = 4 << 20,
    .linkBytes = 1 << 20,
    .scratchBytes = 4 << 20,
    .gpuBlockCount = 2,
    .cpuPromptTokens = 32,
    .gpuPromptTokens = 64};

std::uint64_t residentBytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * 4096;
}

template <typename Action>
QString sentenceOf(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestMachineMeasurement : public QObject {
    Q_OBJECT
private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_world = std::make_shared<RemoteWorld>();
        qputenv("XDG_CONFIG_HOME", m_folder->filePath("config").toLocal8Bit());
        QVERIFY(QDir(m_folder->path()).mkdir("models"));
    }
    void cleanup() { // whatever a test did, nothing is left
        QCOMPARE(m_world->liveBytes.load(), 0U);
        QCOMPARE(m_world->pinnedBytes.load(), 0U);
        for (const QFileInfo& file : QDir(models()).entryInfoList(QDir::Files | QDir::Hidden))
            QVERIFY2(file.suffix() == "gguf", qPrintable(file.fileName()));
    }

    void everyFigureIsANumberAboveZero_data() {
        QTest::addColumn<bool>("usesGpu");
        QTest::newRow("CPU") << false;
        QTest::newRow("test device beside the CPU") << true;
    }
    void everyFigureIsANumberAboveZero() {
        QFETCH(bool, usesGpu);
        std::vector<double> steps;
        const auto measured =
            measureMachine(request(usesGpu), [&](const MeasureProgress& step) { steps.push_back(step.done); }, {});
        QVERIFY(measured.has_value());
        const MachineProfile& profile = measured->profile;
        checkFigures(profile);
        QVERIFY(profile.knowsPrompts());
        QCOMPARE(profile.hasGpu(), usesGpu);
        QCOMPARE(profile.cpu, cpuBackend(2).info.name);
        QCOMPARE(profile.date.size(), std::size_t(10));
        QVERIFY(profile.ramSize > 0);
        QCOMPARE(profile.vramSize > 0, usesGpu);
        QCOMPARE(profile.drives.size(), std::size_t(1));
        QVERIFY(measured->notices.empty());
        QVERIFY(measured->hostReads.front().threads == 1);
        for (const ReadRate& rate : measured->hostReads)
            QVERIFY(profile.hostRead >= rate.bytesPerSecond * 0.999); // but for rounding
        QVERIFY(profile.hostReadBesideLink <= profile.hostRead);
        QVERIFY(profile.linkInBesideHost <= profile.linkIn);
        QCOMPARE(formatProfile(parseProfile(formatProfile(profile), "text")), formatProfile(profile));
        QCOMPARE(steps.size(), std::size_t(usesGpu ? 6 : 4));
        QVERIFY(steps.front() == 0.0 && std::ranges::is_sorted(steps) && steps.back() < 1.0);
    }

    void aFigureThatMakesNoSenseIsNamed_data() {
        QTest::addColumn<double>("value");
        QTest::newRow("zero") << 0.0;
        QTest::newRow("not a number") << std::nan("");
        QTest::newRow("without end") << double(INFINITY);
        QTest::newRow("below zero") << -1.0;
    }
    void aFigureThatMakesNoSenseIsNamed() {
        QFETCH(double, value);
        MachineProfile profile = readProfile(STRATA_TEST_DATA "/profiles/reference_h100.profile");
        checkFigures(profile);
        profile.gpuMultiply.weightBytesPerSecond[2] = value;
        const QString sentence = sentenceOf([&] { checkFigures(profile); });
        QVERIFY2(sentence.contains("4 tokens on the GPU"), qPrintable(sentence));
    }
    void aPartOfPromptsMayBeNothing() {
        MachineProfile profile = readProfile(STRATA_TEST_DATA "/profiles/reference_h100.profile");
        profile.gpuMultiply.inputSeconds = profile.cpuMultiply.attendedSeconds = 0.0;
        checkFigures(profile);
        profile.gpuMultiply.inputSeconds = -1e-9;
        QVERIFY(sentenceOf([&] { checkFigures(profile); }).contains("prompts on the GPU"));
    }

    void aStopAtAnyStepGivesNothing() {
        for (int last = 0; last < 6; ++last) {
            std::stop_source stop;
            int step = 0;
            const auto measured = measureMachine(
                request(true), [&](const MeasureProgress&) { step++ == last ? stop.request_stop() : false; },
                stop.get_token());
            QVERIFY(!measured.has_value());
            QCOMPARE(step, last + 1);
        }
    }
    void aStopAtAnyVerbGivesNothingSoon_data() {
        QTest::addColumn<bool>("onGpu");
        QTest::newRow("of the CPU") << false;
        QTest::newRow("of the GPU") << true;
    }
    void aStopAtAnyVerbGivesNothingSoon() {
        QFETCH(bool, onGpu);
        for (std::int64_t verb = 1;; verb *= 3) {
            const auto plan = std::make_shared<StopPlan>();
            plan->verbsLeft = verb;
            MeasureRequest stopped = request(true);
            BackendChoice& device = onGpu ? *stopped.gpu : stopped.cpu;
            device = decorate<StoppingBackend>(device, plan);
            const auto measured = measureMachine(stopped, {}, plan->source.get_token());
            if (!plan->source.stop_requested()) {
                QVERIFY(verb > 20 && measured.has_value()); // the measurement has no more verbs than that
                break;
            }
            QVERIFY(!measured.has_value());
            QVERIFY(plan->verbsAfterStop <= 32); // no more than the rest of one pass
        }
    }
    void anAllocationThatFailsGivesBackTheRest() {
        for (const bool onGpu : {false, true})
            for (std::int64_t allocation = 0;; ++allocation) {
                const auto plan = std::make_shared<FailurePlan>();
                plan->allocationsLeft = allocation;
                MeasureRequest failing = request(true);
                BackendChoice& device = onGpu ? *failing.gpu : failing.cpu;
                device = decorate<FailingBackend>(device, plan);
                const QString sentence = sentenceOf([&] { measureMachine(failing, {}, {}); });
                QCOMPARE(m_world->liveBytes.load(), 0U);
                if (sentence.isEmpty()) { // it takes no more than so many
                    QVERIFY(allocation >= (onGpu ? 3 : 1));
                    break;
                }
                QVERIFY2(sentence.contains("as planned"), qPrintable(sentence));
            }
    }
    void aCopyThatFailsIsASentence() {
        for (const std::int64_t copies : {0, 1, 4, 8}) { // the last one while the CPU reads too
            m_world->copiesLeft = copies;
            QVERIFY(sentenceOf([&] { measureMachine(request(true), {}, {}); }).contains("failed to copy"));
        }
    }
    void memoryThatMustNotStayInPlaceIsSaid() {
        m_world->pinsLeft = 0;
        const auto measured = measureMachine(request(true), {}, {});
        QVERIFY(measured.has_value());
        QCOMPARE(measured->notices.size(), std::size_t(1));
        QVERIFY(measured->notices.front().find("stay in place") != std::string::npos);
    }
    void memoryIsGivenBack() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("sanitizers keep freed memory for a while; the address sanitizer looks for leaks itself");
#endif
        measureMachine(request(true), {}, {});
        const std::uint64_t before = residentBytes();
        for (int i = 0; i < 4; ++i)
            measureMachine(request(true), {}, {});
        QVERIFY(residentBytes() < before + (4 << 20)); // one measurement takes more than that
    }

    void aDriveIsMeasuredByTheLargestModelOnIt() {
        writeModel("small.gguf", 1 << 20);
        writeModel("large.gguf", 65 << 20);
        MeasureRequest request = cpuRequest();
        request.sizes.scratchBytes = std::uint64_t(1) << 60; // no drive has room for that
        const auto measured = measureMachine(request, {}, {});
        QVERIFY(measured.has_value() && measured->notices.empty());
        QVERIFY(QFile::remove(models() + "/large.gguf"));
        QCOMPARE(measureMachine(request, {}, {})->notices.size(), std::size_t(2));
    }
    void aModelMadeOfHolesIsNoMeasure() {
        QFile file(models() + "/holes.gguf");
        QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(200 << 20));
        MeasureRequest request = cpuRequest();
        request.sizes.scratchBytes = std::uint64_t(1) << 60;
        const auto measured = measureMachine(request, {}, {});
        QVERIFY(measured.has_value());
        QCOMPARE(measured->notices.size(), std::size_t(2));
        QVERIFY(measured->notices[0].find("not measured") != std::string::npos);
        QVERIFY(measured->notices[1].find("assumed") != std::string::npos);
        QCOMPARE(measured->profile.drives.front().mountPoint, std::string("/"));
    }
    void aFileCanBeNamed() {
        MeasureRequest request = cpuRequest();
        request.modelPaths = {writeModel("named.gguf", 2 << 20)};
        request.sizes.scratchBytes = std::uint64_t(1) << 60;
        QVERIFY(measureMachine(request, {}, {})->notices.empty());
    }
    void aPlaceThatIsNotThereIsASentence() {
        MeasureRequest request = cpuRequest();
        request.modelPaths = {"/nowhere/models"};
        QVERIFY(sentenceOf([&] { measureMachine(request, {}, {}); }).contains("/nowhere/models"));
    }
    void theLongestMountPointHoldsAPath() {
        const std::vector<std::string> points = parseMountPoints("22 1 259:2 / / rw - ext4 /dev/a rw\n"
                                                                 "30 22 259:3 / /home rw shared:1 - ext4 /dev/b rw\n"
                                                                 "31 30 8:1 /x /home/my\\040disk rw - vfat /dev/c rw\n"
                                                                 "short line\n\n");
        QCOMPARE(points, (std::vector<std::string>{"/", "/home", "/home/my disk"}));
        QCOMPARE(mountPointOf("/home/my disk/a.gguf", points), std::string("/home/my disk"));
        QCOMPARE(mountPointOf("/home/my", points), std::string("/home"));
        QCOMPARE(mountPointOf("/homely/a.gguf", points), std::string("/"));
        QCOMPARE(mountPointOf("/a", {}), std::string("/"));
        QVERIFY(!readMountPoints().empty());
    }

    void aStoredProfileIsFoundAgainUntilTheDriverChanges() {
        QVERIFY(!loadMachineProfile("cpu", "", "").has_value()); // there is none, and nothing to say about it
        const auto measured = measureMachine(request(true), {}, {});
        MachineProfile profile = measured->profile;
        profile.driver = "580.1";
        writeProfile(profile, machineProfilePath());
        const auto found = loadMachineProfile(profile.cpu, profile.gpu, "580.1");
        QVERIFY(found.has_value());
        QCOMPARE(formatProfile(*found), formatProfile(profile));
        QVERIFY(!loadMachineProfile(profile.cpu, profile.gpu, "590.2").has_value());
        QVERIFY(!loadMachineProfile("another", profile.gpu, "580.1").has_value());
        QVERIFY(!loadMachineProfile("another", "", "").has_value());
        const auto host = loadMachineProfile(profile.cpu, "", ""); // which takes part in whatever is computed
        QVERIFY(host.has_value() && !host->hasGpu() && host->knowsPrompts());
        QCOMPARE(host->hostRead, profile.hostRead);
        QCOMPARE(host->linkIn, 0.0);
    }
    void aBrokenStoredProfileIsANotice() {
        std::vector<std::string> lines;
        setLogSink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
        QVERIFY(!loadMachineProfile("cpu", "", "").has_value());
        QVERIFY(lines.empty());
        std::filesystem::create_directories(machineProfilePath().parent_path());
        std::ofstream(machineProfilePath()) << "version = 1\nlink in = fast\n";
        QVERIFY(!loadMachineProfile("cpu", "", "").has_value());
        setLogSink({});
        QCOMPARE(lines.size(), std::size_t(1));
        QVERIFY(lines.front().find("line 2") != std::string::npos);
    }

    void aTypicalProfileCanBeUsedAndSaysThatNothingWasMeasured() {
        const DeviceInfo gpu{.id = "test:0", .name = "Card", .detail = {}, .totalBytes = 8'000'000'000, .driver = "1"};
        MachineProfile profile = typicalProfile(cpuBackend(2).info, gpu);
        checkFigures(profile);
        QVERIFY(profile.date.empty());
        QVERIFY(profile.isOf(cpuBackend(2).info.name, "Card", "1"));
        parseProfile(formatProfile(profile), "text");
        profile = typicalProfile(cpuBackend(2).info, std::nullopt);
        checkFigures(profile);
        QVERIFY(!profile.hasGpu());
        QCOMPARE(profile.linkIn, 0.0);
    }

private:
    QString models() const { return m_folder->filePath("models"); }

    std::filesystem::path writeModel(const QString& name, qint64 bytes) {
        QFile file(models() + "/" + name);
        if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray(bytes, 'w')) != bytes)
            qFatal("the temporary folder cannot be written to");
        return file.fileName().toStdString();
    }

    MeasureRequest cpuRequest() const {
        return {.cpu = cpuBackend(2),
            .gpu = std::nullopt,
            .modelPaths = {models().toStdString()},
            .timeBudget = std::chrono::milliseconds(20),
            .sizes = kSmall};
    }
    MeasureRequest request(bool usesGpu) const {
        MeasureRequest request = cpuRequest();
        if (usesGpu)
            request.gpu = remoteDevice(m_world);
        return request;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<RemoteWorld> m_world;
};

QTEST_APPLESS_MAIN(TestMachineMeasurement)
#include "tst_machine_measurement.moc"
