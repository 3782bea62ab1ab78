// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real program as a person or a script would: output, JSON contract, exit codes, sentences.
#include "tests/support/tiny_model.h"

#include <QtTest>

#include <sys/stat.h>

#include <csignal>

using namespace strata;

namespace {

const QString kProfile = STRATA_TEST_DATA "/profiles/reference_h100.profile";

struct Outcome {
    int exitCode = -1;
    QByteArray output;
    QByteArray errors;
};

Outcome runCli(const QStringList& arguments, const QByteArray& input = {}) {
    QProcess process;
    process.start(STRATA_CLI, arguments);
    process.write(input);
    process.closeWriteChannel();
    Outcome outcome;
    if (process.waitForFinished(120000) && process.exitStatus() == QProcess::NormalExit)
        outcome.exitCode = process.exitCode();
    outcome.output = process.readAllStandardOutput();
    outcome.errors = process.readAllStandardError();
    return outcome;
}

QJsonObject toObject(const QByteArray& json) {
    return QJsonDocument::fromJson(json).object();
}

} // namespace

class TestCli : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit()); // a machine without a profile
        TinyModel tiny;
        tiny.chatTemplate = kTinyChatTemplate;
        m_model = QString::fromStdString(writeTinyModel(m_folder.path().toStdString(), tiny).string());
    }

    void wrongUsageExitsWithTwo_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no command") << QStringList();
        QTest::newRow("unknown command") << QStringList{"fly"};
        QTest::newRow("no model") << QStringList{"inspect"};
        QTest::newRow("unknown option") << QStringList{"inspect", "x.gguf", "--what"};
        QTest::newRow("no prompt") << QStringList{"run", "x.gguf"};
        QTest::newRow("not a number") << QStringList{"run", "x.gguf", "-p", "a", "-n", "many"};
        QTest::newRow("not a size") << QStringList{"bench", "x.gguf", "--ram", "lots"};
        QTest::newRow("a temperature that is no number") << QStringList{"run", "x.gguf", "-p", "a", "--temp", "nan"};
        QTest::newRow("a negative seed") << QStringList{"run", "x.gguf", "-p", "a", "--seed", "-1"};
        QTest::newRow("a seed beyond 64 bits")
            << QStringList{"run", "x.gguf", "-p", "a", "--seed", "18446744073709551616"};
        QTest::newRow("an empty count") << QStringList{"run", "x.gguf", "-p", "a", "-n", ""};
        QTest::newRow("too small a window") << QStringList{"perplexity", "x.gguf", "-f", "a", "--ctx", "2"};
        QTest::newRow("a cache of four bits") << QStringList{"run", "x.gguf", "-p", "a", "--kv", "q4_0"};
        QTest::newRow("unknown preset") << QStringList{"synth", "--preset", "9b", "--quant", "Q8_0", "out.gguf"};
    }
    void wrongUsageExitsWithTwo() {
        QFETCH(QStringList, arguments);
        const Outcome outcome = runCli(arguments);
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY(!outcome.errors.isEmpty());
        QVERIFY(outcome.output.isEmpty());
    }

    void wrongUsageIsSaidInPlainWords_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("sentence");
        QTest::newRow("no command") << QStringList() << QByteArray("a command is missing");
        QTest::newRow("no model") << QStringList{"run", "-p", "a"} << QByteArray("MODEL is missing");
        QTest::newRow("no prompt") << QStringList{"run", "x.gguf"} << QByteArray("-p or -f is missing");
        QTest::newRow("no value") << QStringList{"run", "x.gguf", "-p"} << QByteArray("--prompt needs a value");
        QTest::newRow("two prompts") << QStringList{"run", "x.gguf", "-p", "a", "-f", "b"}
                                     << QByteArray("-p and -f can't be given together");
        QTest::newRow("plain text with a system prompt")
            << QStringList{"run", "x.gguf", "-p", "a", "--raw", "--system", "b"}
            << QByteArray("--raw and --system can't be given together");
        QTest::newRow("one too many") << QStringList{"inspect", "a", "b\x1b"}
                                      << QByteArray("there is no place for b\\x1b");
        QTest::newRow("not in a list") << QStringList{"synth", "--preset", "9b", "out.gguf"}
                                       << QByteArray("expected one of tiny, 1b, 8b, 70b");
        QTest::newRow("no size") << QStringList({"plan", "m.gguf", "--vram", "24X"})
                                 << QByteArray("--vram: expected a size such as 24G or 512M, got '24X'");
        QTest::newRow("two points") << QStringList({"plan", "m.gguf", "--ram", "1.2.3G"})
                                    << QByteArray("--ram: expected a size");
    }
    void wrongUsageIsSaidInPlainWords() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, sentence);
        const Outcome outcome = runCli(arguments);
        QCOMPARE(outcome.exitCode, 2);
        QVERIFY2(outcome.errors.contains(sentence), outcome.errors.constData());
        QCOMPARE(outcome.errors.count('\n'), 1);
        QVERIFY(outcome.errors.contains("--help"));
    }

    void helpHasNoWordsOfItsLibrary() {
        for (const char* command : {"", "inspect", "tokenize", "detokenize", "run", "chat", "plan", "bench",
                 "perplexity", "profile", "synth"}) {
            QStringList arguments{"--help"};
            if (*command != '\0')
                arguments.prepend(command);
            const QByteArray help = runCli(arguments).output;
            QVERIFY(help.contains("Usage: strata-cli"));
            for (const char* word : {"REQUIRED", "Excludes", "UINT", "FLOAT", "TEXT:", "SUBCOMMAND", "OPTIONS",
                     "Positionals", "--json TEXT", "--raw TEXT", "program version information"})
                QVERIFY2(!help.contains(word), word);
        }
    }

    void modelThatCameWithTheProgramIsFoundByName() {
        const Outcome outcome = runCli({"inspect", "strata-demo", "--json"});
        QCOMPARE(outcome.exitCode, 0);
        QVERIFY(toObject(outcome.output)["path"].toString().endsWith("share/strata/models/strata-demo.gguf"));
    }

    void helpExitsWithZero() {
        const Outcome outcome = runCli({"run", "--help"});
        QCOMPARE(outcome.exitCode, 0);
        QVERIFY(outcome.output.contains("--temp"));
    }

    void tokenizeHoldsNoManyCopiesOfALongText() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("sanitizers map terabytes of their own, and this test caps what a program may map");
#endif
        const QByteArray text = QByteArray("The lighthouse keeper's fox, at 5 o'clock. ").repeated(400'000); // 17 MB
        QProcess process;
        process.start("/bin/sh", {"-c", "ulimit -v 600000; exec \"$0\" tokenize strata-demo", STRATA_CLI});
        process.write(text);
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(120000));
        const QByteArray errors = process.readAllStandardError();
        QVERIFY2(process.exitCode() == 0, errors.constData());
        const QJsonDocument ids = QJsonDocument::fromJson(process.readAllStandardOutput());
        QVERIFY(ids.array().size() > 1'000'000);
    }

    void failureIsOneSentenceAndExitsWithOne_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("mentions");
        const QString missing = m_folder.filePath("missing.gguf");
        const QString empty = makeFile("empty.gguf", "");
        const QString foreign = makeFile("foreign.gguf", "<html>404</html>");
        QTest::newRow("missing file") << QStringList{"inspect", missing} << QByteArray("missing.gguf");
        QTest::newRow("empty file") << QStringList{"inspect", empty} << QByteArray("empty.gguf");
        QTest::newRow("foreign file") << QStringList{"run", foreign, "-p", "a"} << QByteArray("foreign.gguf");
        QTest::newRow("a folder") << QStringList{"inspect", m_folder.path()} << QByteArray("folder");
        const QString pipe = m_folder.filePath("pipe.gguf");
        ::mkfifo(pipe.toLocal8Bit().constData(), 0600);
        QTest::newRow("a pipe nobody writes to") << QStringList{"inspect", pipe} << QByteArray("pipe.gguf");
        QTest::newRow("unknown device") << QStringList{"run", m_model, "-p", "a", "--device", "abacus"}
                                        << QByteArray("abacus");
        const QList<QStringList> computing = {
            {"run", m_model, "-p", "a"}, {"chat", m_model}, {"bench", m_model}, {"perplexity", m_model, "-f", m_model}};
        for (const QStringList& command : computing)
            QTest::addRow("%s on a GPU that is not there", qPrintable(command.first()))
                << command + QStringList{"--device", "cuda:99"}
                << QByteArray("no such device to compute on here; there is ");
        QTest::newRow("context beyond the model's")
            << QStringList{"run", m_model, "-p", "a", "--ctx", "999999"} << QByteArray("999,999");
        QTest::newRow("a machine without a profile")
            << QStringList{"plan", m_model} << QByteArray("strata-cli profile");
        QTest::newRow("a drive that is not there")
            << QStringList{"profile", "--json", "--drive", missing} << QByteArray("missing.gguf");
        QTest::newRow("a place that is not there")
            << QStringList{"plan", m_model, "--profile", kProfile, "--place", "0-99=vram"} << QByteArray("0 to 1");
        QTest::newRow("a plan that does not fit")
            << QStringList{"plan", m_model, "--profile", kProfile, "--vram", "1k"} << QByteArray("GPU memory");
        QTest::newRow("a profile that is none")
            << QStringList{"plan", m_model, "--profile", m_model} << QByteArray("line 1");
        QTest::newRow("cap below the model")
            << QStringList{"bench", m_model, "--device", "cpu", "--ctx", "64", "-p", "8", "-n", "4", "--ram", "1k"}
            << QByteArray("1.00 kB");
        QTest::newRow("a GPU's cap on the CPU")
            << QStringList{"bench", m_model, "--device", "cpu", "--ctx", "64", "-p", "8", "-n", "4", "--vram", "1G"}
            << QByteArray("no GPU takes part");
        QTest::newRow("prompt longer than the context")
            << QStringList{"run", m_model, "--raw", "-p", QString("the ").repeated(100), "--ctx", "16"}
            << QByteArray("holds 16");
        QTest::newRow("prompt file is a folder")
            << QStringList{"run", m_model, "-f", m_folder.path()} << QByteArray("folder");
        QTest::newRow("control characters in a path")
            << QStringList{"inspect", "no\nsuch\x1b[31m.gguf"} << QByteArray("\\x1b");
        QTest::newRow("synth onto a device")
            << QStringList{"synth", "--preset", "tiny", "/dev/null"} << QByteArray("/dev/null");
        QTest::newRow("synth onto a model")
            << QStringList{"synth", "--preset", "tiny", m_model} << QByteArray("--force");
        QTest::newRow("prompt file missing")
            << QStringList{"run", m_model, "-f", missing} << QByteArray("missing.gguf");
    }
    void failureIsOneSentenceAndExitsWithOne() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, mentions);
        const Outcome outcome = runCli(arguments);
        QCOMPARE(outcome.exitCode, 1);
        QCOMPARE(outcome.errors.count('\n'), 1);
        QVERIFY2(outcome.errors.contains(mentions), outcome.errors.constData());
    }

    void runPrintsTextOnOutputAndStatisticsOnError() {
        const QStringList arguments = {"run", m_model, "--raw", "-p", "the", "--temp", "0", "-n", "8"};
        const Outcome first = runCli(arguments);
        QCOMPARE(first.exitCode, 0);
        QVERIFY2(first.output.startsWith("the"), first.output.constData());
        QVERIFY(first.errors.contains("tok/s"));
        QCOMPARE(runCli(arguments).output, first.output);
    }

    void runKeepsTheContextInEightBits() {
        const Outcome outcome = runCli({"run", m_model, "-p", "the", "-n", "8", "--kv", "q8_0"});
        QVERIFY2(outcome.exitCode == 0, outcome.errors.constData());
        QVERIFY(outcome.errors.contains("8 tokens"));
    }

    void runWithASeedRepeatsItself() {
        const QStringList arguments = {"run", m_model, "-p", "the", "--seed", "7", "-n", "12"};
        const Outcome first = runCli(arguments);
        QCOMPARE(first.exitCode, 0);
        QVERIFY(first.errors.contains("seed 7"));
        QCOMPARE(runCli(arguments).output, first.output);
    }

    void chatKeepsAConversationAndStartsOver() {
        const Outcome outcome = runCli({"chat", m_model, "-n", "4", "--temp", "0"}, "the\nand\n/new\nthe\n/quit\n");
        QCOMPARE(outcome.exitCode, 0);
        const QList<QByteArray> lines = outcome.errors.split('\n');
        QStringList statistics;
        for (const QByteArray& line : lines)
            if (line.contains("prompt tokens"))
                statistics << QString::fromUtf8(line);
        QCOMPARE(statistics.size(), 3);
        QVERIFY(statistics[0].contains("(0 cached)"));
        QVERIFY2(!statistics[1].contains("(0 cached)"), "the second turn reuses the first");
    }

    void chatTakesBackAMessageThatDoesNotFit() {
        const QByteArray input = QByteArray("the ").repeated(600) + "\nthe\n/quit\n";
        const Outcome outcome = runCli({"chat", m_model, "-n", "2", "--temp", "0"}, input);
        QCOMPARE(outcome.exitCode, 0);
        QVERIFY2(outcome.errors.contains("taken back"), outcome.errors.constData());
        QVERIFY2(outcome.errors.contains("2 tokens,"), outcome.errors.constData());
    }

    void numbersAreDecimal() {
        const Outcome outcome = runCli({"run", m_model, "--raw", "-p", "the", "--temp", "0", "-n", "010"});
        QCOMPARE(outcome.exitCode, 0);
        QVERIFY2(outcome.errors.contains("; 10 tokens"), outcome.errors.constData());
    }

    void tokenizeAndDetokenizeAreInverse() {
        const QByteArray text = "the cat, \xC3\xA9\xF0\x9F\x98\x80\n";
        const Outcome ids = runCli({"tokenize", m_model}, text);
        QCOMPARE(ids.exitCode, 0);
        QVERIFY(QJsonDocument::fromJson(ids.output).isArray());
        const Outcome back = runCli({"detokenize", m_model}, ids.output);
        QCOMPARE(back.exitCode, 0);
        QCOMPARE(back.output, text);
    }

    void detokenizeRefusesWhatIsNoId_data() {
        QTest::addColumn<QByteArray>("input");
        QTest::newRow("no JSON") << QByteArray("1, 2");
        QTest::newRow("negative") << QByteArray("[-1]");
        QTest::newRow("beyond the vocabulary") << QByteArray("[4000000000]");
        QTest::newRow("a word") << QByteArray("[\"a\"]");
        QTest::newRow("nested without end") << QByteArray(100000, '[');
    }
    void detokenizeRefusesWhatIsNoId() {
        QFETCH(QByteArray, input);
        const Outcome outcome = runCli({"detokenize", m_model}, input);
        QCOMPARE(outcome.exitCode, 1);
        QCOMPARE(outcome.errors.count('\n'), 1);
    }

    void jsonHasItsKeys_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("keys");
        const QString text = makeFile("text.txt", QByteArray("the cat and the dog. ").repeated(40));
        QTest::newRow("inspect") << QStringList{"inspect", m_model, "--json"}
                                 << QStringList{"architecture", "file_bytes", "format", "context", "tensors",
                                        "metadata", "tokenizer", "has_chat_template", "runs", "why_not"};
        QTest::newRow("bench") << QStringList{"bench", m_model, "-p", "16", "-n", "4", "-r", "2", "--depth", "5",
                                      "--verify", "8", "--json"}
                               << QStringList{"model", "device", "prompt", "decode", "depth", "verify", "load_s",
                                      "vram_bytes", "ram_bytes", "plan", "forecast", "forecast_after_warm_up",
                                      "pace", "bytes", "decode_weight_bytes_per_s"};
        QTest::newRow("plan") << QStringList{"plan", m_model, "--profile", kProfile, "--json"}
                              << QStringList{"model", "context", "profile", "budgets", "plan", "forecast", "decode",
                                     "prompt", "blocks"};
        QTest::newRow("perplexity") << QStringList{"perplexity", m_model, "-f", text, "--ctx", "64", "--json"}
                                    << QStringList{"model", "device", "context", "tokens", "perplexity"};
    }
    void jsonHasItsKeys() {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, keys);
        const Outcome outcome = runCli(arguments);
        QVERIFY2(outcome.exitCode == 0, outcome.errors.constData());
        const QJsonObject object = toObject(outcome.output);
        for (const QString& key : keys)
            QVERIFY2(object.contains(key), qPrintable(key));
    }

    void aModelThatIsNotThereCanBePlanned() {
        const QString model = m_folder.filePath("outline.gguf");
        QCOMPARE(runCli({"synth", "--preset", "8b", "--no-weights", model}).exitCode, 0);
        struct stat status = {};
        QCOMPARE(::stat(model.toLocal8Bit().constData(), &status), 0);
        QVERIFY(status.st_size > 4'900'000'000 && status.st_blocks * 512 < 100'000'000);
        const QStringList plan = {"plan", model, "--profile", kProfile, "--vram", "4G", "--place", "0-3=ram"};
        const Outcome one = runCli(plan + QStringList{"--json"});
        QVERIFY2(one.exitCode == 0, one.errors.constData());
        const QJsonArray blocks = toObject(one.output)["blocks"].toArray();
        QCOMPARE(blocks[1].toObject()["tier"].toString(), "RAM");
        QCOMPARE(blocks[65].toObject()["tier"].toString(), "VRAM");
        const Outcome table = runCli(plan + QStringList{"--profile", kProfile});
        QCOMPARE(table.output.count("\n| reference_h100 |"), 2);
        QVERIFY(table.output.contains("nothing was measured"));
    }

    void profileMeasuresAndStoresWhatPlansNeed() {
        const QTemporaryDir machine;
        qputenv("XDG_CONFIG_HOME", machine.path().toLocal8Bit());
        const Outcome outcome = runCli({"profile", "--json", "--drive", m_folder.path()});
        const Outcome planned = runCli({"plan", m_model, "--json"});
        qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit());
        QVERIFY2(outcome.exitCode == 0, outcome.errors.constData());
        const QJsonObject object = toObject(outcome.output);
        for (const char* key :
            {"cpu", "ram_read", "ram_total_bytes", "ram_available_bytes", "gpus", "profile", "notices"})
            QVERIFY2(object.contains(key), key);
        QCOMPARE(object["stored"].toString(), machine.filePath("strata/machine.profile"));
        const QJsonObject profile = object["profile"].toObject();
        QVERIFY(profile["host_read_bytes_per_s"].toDouble() > 0.0);
        QVERIFY(profile["drives"].toArray().first().toObject()["bytes_per_s"].toDouble() > 0.0);
        QVERIFY2(planned.exitCode == 0, planned.errors.constData());
        QCOMPARE(toObject(planned.output)["profile"].toObject()["date"], profile["date"]);
    }
    void aStoppedProfileStoresNothing() {
        const QTemporaryDir machine;
        const QTemporaryDir drive;
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_CONFIG_HOME", machine.path());
        process.setProcessEnvironment(environment);
        process.setReadChannel(QProcess::StandardError);
        process.start(STRATA_CLI, {"profile", "--drive", drive.path()});
        QVERIFY(process.waitForReadyRead(60000)); // it says what it does
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(QDir(machine.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList());
        QCOMPARE(QDir(drive.path()).entryList(QDir::Files | QDir::Hidden), QStringList());
    }

    void benchCountsTheBytesItReads() {
        const Outcome outcome =
            runCli({"bench", m_model, "-p", "0", "-n", "4", "-r", "2", "--device", "cpu", "--json"});
        QVERIFY2(outcome.exitCode == 0, outcome.errors.constData());
        const QJsonObject object = toObject(outcome.output);
        QVERIFY(object["prompt"].isNull());
        QVERIFY(object["bytes"].toObject()["host"].toDouble() > 0.0);
        QCOMPARE(object["bytes"].toObject()["vram"].toDouble(), 0.0);
    }

    void perplexityOfTooLittleTextIsRefused() {
        const Outcome outcome = runCli({"perplexity", m_model, "-f", makeFile("short.txt", "the"), "--ctx", "64"});
        QCOMPARE(outcome.exitCode, 1);
        QVERIFY(outcome.errors.contains("64"));
    }

    void interruptStopsAReplyAndKeepsWhatWasWritten() {
        QProcess process;
        process.start(STRATA_CLI, {"run", m_model, "--raw", "-p", "the", "--seed", "1"});
        QVERIFY(process.waitForStarted());
        QVERIFY(process.waitForReadyRead(60000));
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        // The tiny context may be full before the signal arrives: then the reply simply ended.
        QVERIFY(process.exitCode() == 130 || process.exitCode() == 0);
    }

    void stoppedSynthLeavesNothing_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl+C") << SIGINT;
        QTest::newRow("asked to end") << SIGTERM;
        QTest::newRow("terminal closed") << SIGHUP;
    }
    void stoppedSynthLeavesNothing() {
        QFETCH(int, signal);
        const QTemporaryDir folder;
        QProcess process;
        process.start(STRATA_CLI, {"synth", "--preset", "1b", "--quant", "F32", folder.filePath("big.gguf")});
        QVERIFY(process.waitForStarted());
        const auto files = [&] { return QDir(folder.path()).entryList(QDir::Files); };
        QTRY_VERIFY_WITH_TIMEOUT(!files().isEmpty() || process.state() == QProcess::NotRunning, 30000);
        if (process.state() == QProcess::NotRunning && process.readAllStandardError().contains("free on the disk"))
            QSKIP("the disk has no room for a model of 5 GB");
        QVERIFY(files().first().endsWith(".part"));
        ::kill(static_cast<pid_t>(process.processId()), signal);
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 128 + signal);
        QCOMPARE(files(), QStringList());
    }

private:
    QString makeFile(const QString& name, const QByteArray& contents) {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("the temporary folder cannot be written to");
        return file.fileName();
    }

    QTemporaryDir m_folder;
    QString m_model;
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
