// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/tier/profile_file.h"

#include <QtTest>

#include <fstream>

using namespace strata;

namespace {

MachineProfile reference() {
    return readProfile(STRATA_TEST_DATA "/profiles/reference_h100.profile");
}

std::string withoutLine(std::string text, const std::string& key) {
    const std::size_t at = text.find(key + " = ");
    return text.erase(at, text.find('\n', at) + 1 - at);
}

std::string refusal(const std::string& text) {
    try {
        parseProfile(text, "some.profile");
    } catch (const Error& error) {
        return error.code() == ErrorCode::BadFile ? error.what() : "";
    }
    return "";
}

} // namespace

class TestMachineProfile : public QObject {
    Q_OBJECT
private slots:
    void theTextOfAProfileReadsBack() {
        const MachineProfile profile = reference();
        QCOMPARE(profile.linkIn, 50.6e9);
        QCOMPARE(profile.exchangeSeconds, 20e-6);
        QCOMPARE(profile.vramSize, std::uint64_t(80'000'000'000));
        QCOMPARE(profile.cpuMultiply.weightBytesPerSecond[3], 46e9);
        QCOMPARE(profile.gpuMultiply.multipliesPerSecond, 326.6e12);
        QCOMPARE(profile.gpuMultiply.inputSeconds, 19.1e-6 / 4096);
        QCOMPARE(profile.gpuMultiply.attendedSeconds, 0.133e-6 / 4096);
        const std::string text = formatProfile(profile);
        QCOMPARE(formatProfile(parseProfile(text, "text")), text);
    }
    // Of prompts it knows one rate: what else they are made of counts as nothing, as when it was written.
    void aProfileOfTheVersionBeforeReadsAsItDid() {
        const MachineProfile old = readProfile(STRATA_TEST_DATA "/profiles/rtx3090_pcie4x16_ddr5.profile");
        QVERIFY(!old.knowsPrompts());
        QCOMPARE(old.gpuMultiply.multipliesPerSecond, 30e12);
        QCOMPARE(old.gpuMultiply.seconds({.weightCount = 60, .inputCount = 9, .activationCount = 9}, 512), 512 * 2e-12);
        const std::string text = formatProfile(old);
        QVERIFY(text.starts_with("version = 1\n"));
        QCOMPARE(formatProfile(parseProfile(text, "text")), text);
        QVERIFY(reference().knowsPrompts());
        QVERIFY(formatProfile(reference()).starts_with("version = 2\n"));
    }
    void aMachineWithoutAGpuHasNoFiguresOfOne() {
        MachineProfile profile = reference();
        profile.gpu.clear();
        const std::string text = formatProfile(profile);
        QVERIFY(text.find("link") == std::string::npos);
        const MachineProfile read = parseProfile(text, "text");
        QVERIFY(!read.hasGpu());
        QCOMPARE(read.linkIn, 0.0);
        QCOMPARE(read.hostRead, profile.hostRead);
    }
    void everyProfileHereCanBeRead() {
        const QDir folder(STRATA_TEST_DATA "/profiles");
        const QStringList names = folder.entryList({"*.profile"});
        QVERIFY(names.size() >= 8);
        for (const QString& name : names)
            QVERIFY(readProfile(folder.filePath(name).toStdString()).hasGpu());
    }

    void aBadProfileIsOneSentence_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        const std::string good = formatProfile(reference());
        const auto replaced = [&](const QString& from, const QString& to) {
            return QString::fromStdString(good).replace(from, to);
        };
        const auto row = [](const char* name, const QString& text, const char* says) {
            QTest::newRow(name) << text << QString(says);
        };
        row("empty", "", "\"version\"");
        row("a key missing", QString::fromStdString(withoutLine(good, "host read")), "\"host read\"");
        row("a key twice", QString::fromStdString(good + "link in = 1 GB/s\n"), "each key once");
        row("an unknown key", QString::fromStdString(good + "colour = red\n"), "\"colour\"");
        row("no equals sign", QString::fromStdString(good + "hello\n"), "key = value");
        row("another version", replaced("version = 2", "version = 3"), "version 1 or 2");
        row("newer figures than its version", replaced("version = 2", "version = 1"), "expected version 2");
        row("without the figures of its version", QString::fromStdString(withoutLine(good, "gpu inputs")),
            "\"gpu inputs\"");
        row("another unit", replaced("link in = 50.6 GB/s", "link in = 50.6 MB/s"), "GB/s");
        row("a rate below zero", replaced("link in = 50.6", "link in = -50.6"), "above zero");
        row("a rate of zero", replaced("link in = 50.6", "link in = 0"), "above zero");
        row("not a number", replaced("link in = 50.6", "link in = nan"), "above zero");
        row("without end", replaced("link in = 50.6", "link in = inf"), "above zero");
        row("absurd", replaced("link in = 50.6", "link in = 1e300"), "above zero");
        row("a time below zero", replaced("exchange = 20", "exchange = -20"), "a time");
        row("figures of a GPU that is not named", replaced("gpu = NVIDIA H100 80GB HBM3\n", ""), "\"gpu\"");
        row("no drive", QString::fromStdString(withoutLine(good, "drive")), "\"drive\"");
        row("a drive without a place", QString::fromStdString(good + "drive = 3 GB/s\n"), "mount point");
    }
    void aBadProfileIsOneSentence() {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const QString sentence = QString::fromStdString(refusal(text.toStdString()));
        QVERIFY2(sentence.contains(says), qPrintable(sentence));
        QVERIFY2(sentence.contains("some.profile"), qPrintable(sentence));
        QVERIFY2(!sentence.contains('\n'), qPrintable(sentence));
    }

    void whatIsWrittenCanBeRead() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("deep/machine.profile").toStdString();
        writeProfile(reference(), path);
        QCOMPARE(formatProfile(readProfile(path)), formatProfile(reference()));
        QCOMPARE(QDir(folder.filePath("deep")).entryList(QDir::Files), QStringList{"machine.profile"});
        QVERIFY_EXCEPTION_THROWN(readProfile(path.string() + "x"), Error);
        QVERIFY_EXCEPTION_THROWN(writeProfile(reference(), "/proc/nowhere/machine.profile"), Error);
    }
    void theProfileOfThisMachineFollowsTheConfigurationFolder() {
        qputenv("XDG_CONFIG_HOME", "/some/where");
        QCOMPARE(machineProfilePath(), std::filesystem::path("/some/where/strata/machine.profile"));
        qputenv("XDG_CONFIG_HOME", "relative");
        qputenv("HOME", "/home/person");
        QCOMPARE(machineProfilePath(), std::filesystem::path("/home/person/.config/strata/machine.profile"));
    }

    void multiplyingIsInterpolatedBetweenCountsAndGrowsBeyond() {
        MultiplyRates rates{.weightBytesPerSecond = {100, 100, 50, 25}, .multipliesPerSecond = 1000};
        const ProductWork work{.weightBytes = 100, .weightCount = 200, .inputCount = 30, .activationCount = 7};
        QCOMPARE(rates.seconds(work, 1), 1.0);
        QCOMPARE(rates.seconds(work, 2), 1.0);
        QCOMPARE(rates.seconds(work, 3), 1.5);
        QCOMPARE(rates.seconds(work, 6), 3.0);
        QCOMPARE(rates.seconds(work, 8), 4.0);
        QCOMPARE(rates.seconds(work, 10), 4.0);
        QCOMPARE(rates.seconds(work, 100), 20.0);
        QCOMPARE(MultiplyRates().seconds({}, 100), 0.0);
        rates.inputSeconds = 0.1;
        rates.activationSeconds = 0.01;
        QCOMPARE(rates.seconds(work, 8), 4.0); // measured as it is
        QCOMPARE(rates.seconds(work, 100), 20.0 + 3.0 + 7.0);
    }
    void attentionOfManyTokensHasItsOwnRates() {
        MultiplyRates rates{.weightBytesPerSecond = {1, 1, 1, 1}, .multipliesPerSecond = 1000};
        QCOMPARE(rates.attentionSeconds(3000, 50, 100), 3.0); // nothing better is known
        rates.attendsPerSecond = 500;
        rates.attendedSeconds = 0.1;
        QCOMPARE(rates.attentionSeconds(3000, 50, 100), 6.0 + 5.0);
        QCOMPARE(rates.attentionSeconds(3000, 50, 8), 3.0);
    }
    void theDriveWithTheLongestMountPointHoldsAModel() {
        MachineProfile profile;
        QCOMPARE(profile.diskBytesPerSecond("/a"), 0.0);
        profile.drives = {{"/home", 3.0}, {"/", 2.0}, {"/home/big", 1.0}};
        QCOMPARE(profile.diskBytesPerSecond("/tmp/model.gguf"), 2.0);
        QCOMPARE(profile.diskBytesPerSecond("/home/model.gguf"), 3.0);
        QCOMPARE(profile.diskBytesPerSecond("/homely/model.gguf"), 2.0);
        QCOMPARE(profile.diskBytesPerSecond("/home/big/model.gguf"), 1.0);
        QCOMPARE(profile.diskBytesPerSecond("relative.gguf"), 1.0); // the slowest: nothing better is known
    }
    void anotherDriverMakesAProfileStale() {
        const MachineProfile profile = reference();
        QVERIFY(profile.isOf(profile.cpu, profile.gpu, profile.driver));
        QVERIFY(!profile.isOf(profile.cpu, profile.gpu, "999.1"));
        QVERIFY(!profile.isOf(profile.cpu, "", profile.driver));
    }
};

QTEST_APPLESS_MAIN(TestMachineProfile)
#include "tst_machine_profile.moc"
