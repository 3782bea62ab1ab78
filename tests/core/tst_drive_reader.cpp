// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/drive_reader.h"
#include "tests/support/failing_source.h"
#include "tests/support/files_to_read.h"
#include "tests/support/refused_call.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <vector>

using namespace strata;

namespace {

bool evict(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    const bool isDone = ::fsync(descriptor) == 0 && ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0;
    return ::close(descriptor) == 0 && isDone;
}

std::size_t cachedPages(const std::filesystem::path& path) {
    const std::size_t size = std::filesystem::file_size(path);
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    std::vector<unsigned char> pages((size + 4095) / 4096);
    ::mincore(map, size, pages.data());
    ::munmap(map, size);
    ::close(descriptor);
    return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; }));
}

void ignoreSignal(int) {}

const RefusedCall kNoRing = {.number = SYS_io_uring_setup, .error = EPERM};
const RefusedCall kNoDirectOpen = {.number = SYS_openat, .error = EINVAL, .argument = 2, .mask = O_DIRECT};

} // namespace

class TestDriveReader : public QObject {
    Q_OBJECT

    FilesToRead m_files;

    // The first file of a reader is read whole, by a thread for which these calls are refused.
    struct Outcome {
        bool isRefusing = false;
        bool isRight = false;
        QString notice;
    };
    Outcome readWhereRefused(const FilesToRead::Opened& opened, std::vector<RefusedCall> calls) {
        Outcome outcome;
        outcome.isRefusing = runWhereRefused(calls, [&] {
            DriveReader reader(opened.files);
            const Memory memory = readWhole(reader, 0, opened.bytes.size());
            outcome.isRight = holds(memory.span(), opened.bytes, 0);
            outcome.notice = QString::fromStdString(reader.notice());
        });
        return outcome;
    }

private slots:
    void readsWhatTheFilesHold_data() {
        QTest::addColumn<bool>("isRingRefused");
        QTest::addColumn<bool>("prefersCache");
        QTest::addColumn<bool>("isCached");
        for (const bool isRingRefused : {false, true}) {
            for (const bool prefersCache : {false, true}) {
                for (const bool isCached : {false, true})
                    QTest::addRow("%s, %s the cache, %s", isRingRefused ? "pread" : "io_uring",
                        prefersCache ? "through" : "past", isCached ? "cached" : "evicted")
                        << isRingRefused << prefersCache << isCached;
            }
        }
    }

    // Any offsets and sizes in any of the files, with ends of files on a sector, off a sector and in the first one.
    void readsWhatTheFilesHold() {
        QFETCH(bool, isRingRefused);
        QFETCH(bool, prefersCache);
        QFETCH(bool, isCached);
        std::vector<RandomAccessFile> files;
        std::vector<Bytes> contents;
        for (const std::size_t size : {3 * kMiB + 1234, 40 * kSectorBytes, std::size_t(100)}) {
            const auto path = m_files.pathOf(("part" + std::to_string(contents.size())).c_str());
            contents.push_back(m_files.write(path, size));
            if (!isCached)
                QVERIFY(evict(path));
            files.emplace_back(path);
        }
        std::string wrong;
        std::uint64_t expectedBytes = 0;
        std::uint64_t bytesRead = 0;
        const auto work = [&] {
            DriveReader reader(files, {.depth = 7, .prefersCache = prefersCache});
            std::map<std::uint64_t, std::pair<FileRead, Memory>> started;
            std::mt19937_64 random(5);
            for (std::uint64_t tag = 0; tag < 300 || reader.inFlight() > 0;) {
                if (tag < 300 && reader.hasRoom()) {
                    const auto part = static_cast<std::uint32_t>(random() % files.size());
                    const std::uint64_t sectors = (contents[part].size() + kSectorBytes - 1) / kSectorBytes;
                    const std::uint64_t first = random() % sectors;
                    Memory memory((1 + random() % std::min<std::uint64_t>(256, sectors - first)) * kSectorBytes);
                    const FileRead read = {part, first * kSectorBytes, memory.span(), tag};
                    expectedBytes += std::min<std::uint64_t>(read.target.size(), contents[part].size() - read.offset);
                    reader.start(read);
                    started.emplace(tag++, std::pair(read, std::move(memory)));
                } else {
                    const auto done = started.extract(reader.waitOne());
                    const FileRead& read = done.mapped().first;
                    if (!holds(read.target, contents[read.part], read.offset))
                        wrong += " " + std::to_string(read.tag);
                }
            }
            bytesRead = reader.bytesRead();
        };
        if (!isRingRefused)
            work();
        else if (!runWhereRefused(std::span(&kNoRing, 1), work))
            QSKIP("this machine cannot refuse system calls");
        QCOMPARE(QString::fromStdString(wrong), QString());
        QCOMPARE(bytesRead, expectedBytes);
    }

    void piecesAreWhatTheyWereCutFrom() {
        Memory memory(2 * kPieceBytes + 3 * kSectorBytes);
        FileRead rest = {.part = 1, .offset = 5 * kSectorBytes, .target = memory.span(), .tag = 9};
        std::uint64_t offset = rest.offset;
        std::byte* at = memory.span().data();
        for (const std::size_t size : {kPieceBytes, kPieceBytes, 3 * kSectorBytes}) {
            const FileRead piece = takePiece(rest);
            QCOMPARE(piece.part, 1U);
            QCOMPARE(piece.tag, std::uint64_t(9));
            QCOMPARE(piece.offset, offset);
            QCOMPARE(piece.target.data(), at);
            QCOMPARE(piece.target.size(), size);
            offset += size;
            at += size;
        }
        QVERIFY(rest.target.empty());
    }

    void countsWhatIsInFlight() {
        const FilesToRead::Opened opened = m_files.open("counted", 4 * kMiB);
        DriveReader reader(opened.files, {.depth = 2});
        Memory memory(3 * kSectorBytes);
        QVERIFY(reader.hasRoom());
        QCOMPARE(reader.busyTime(), std::chrono::nanoseconds(0));
        reader.start({.target = memory.span().first(kSectorBytes), .tag = 7});
        QVERIFY(reader.hasRoom());
        reader.start({.target = memory.span().subspan(kSectorBytes), .tag = 7});
        QVERIFY(!reader.hasRoom());
        QCOMPARE(reader.inFlight(), std::size_t(2));
        QCOMPARE(reader.bytesRead(), std::uint64_t(0));
        const auto before = reader.busyTime();
        QCOMPARE(reader.waitOne(), std::uint64_t(7));
        QVERIFY(reader.hasRoom());
        QVERIFY(reader.busyTime() > before);
        reader.waitOne();
        QCOMPARE(reader.inFlight(), std::size_t(0));
        QCOMPARE(reader.bytesRead(), std::uint64_t(3 * kSectorBytes));
        const auto after = reader.busyTime();
        QVERIFY(after > before);
        QCOMPARE(reader.busyTime(), after); // nothing is in flight
    }

    void leavesThePageCacheAlone_data() {
        QTest::addColumn<bool>("prefersCache");
        QTest::newRow("past it") << false;
        QTest::newRow("asking whether it is there") << true;
    }
    void leavesThePageCacheAlone() {
        QFETCH(bool, prefersCache);
        const FilesToRead::Opened opened = m_files.open("uncached", 16 * kMiB);
        if (!opened.files[0].openedForDirectReads() || !evict(opened.path) || cachedPages(opened.path) > 0)
            QSKIP("this file system keeps its files in memory");
        DriveReader reader(opened.files, {.prefersCache = prefersCache});
        for (int load = 0; load < 3; ++load) {
            const Memory memory = readWhole(reader, 0, opened.bytes.size());
            QVERIFY(holds(memory.span(), opened.bytes, 0));
            QCOMPARE(cachedPages(opened.path), std::size_t(0));
        }
    }

    // Direct reads, which ask for 8192 bytes of a file of 5000, fail here.
    void copiesFromThePageCacheWhatIsThere() {
        const FilesToRead::Opened opened = m_files.open("warm", 5000);
        if (!opened.files[0].openedForDirectReads() || !opened.files[0].isCached(0, 5000))
            QSKIP("this file system takes no direct reads, or the kernel does not say what is cached");
        const auto failure = [&] {
            return failureOf([&] {
                DriveReader reader(opened.files, {.prefersCache = true});
                const Memory memory = readWhole(reader, 0, opened.bytes.size());
                if (!holds(memory.span(), opened.bytes, 0))
                    fail(ErrorCode::Io, "wrong bytes");
            });
        };
        QString warm;
        QString cold;
        const std::vector<RefusedCall> calls = {kNoRing, {SYS_pread64, EIO, 2, 8192}};
        const auto work = [&] {
            warm = failure();
            evict(opened.path);
            cold = failure();
        };
        if (!runWhereRefused(calls, work))
            QSKIP("this machine cannot refuse system calls");
        QCOMPARE(warm, QString("no failure"));
        QVERIFY2(cold.contains("warm: cannot be read at byte 0: "), qPrintable(cold));
    }

    void readsWithoutIoUring_data() {
        QTest::addColumn<int>("error");
        QTest::newRow("forbidden") << EPERM;
        QTest::newRow("unknown") << ENOSYS;
        QTest::newRow("denied") << EACCES;
    }
    void readsWithoutIoUring() {
        QFETCH(int, error);
        const FilesToRead::Opened opened = m_files.open("plain", 2 * kMiB + 77);
        RefusedCall refused = kNoRing;
        refused.error = error;
        const Outcome outcome = readWhereRefused(opened, {refused});
        if (!outcome.isRefusing)
            QSKIP("this machine cannot refuse system calls");
        QVERIFY(outcome.isRight);
        QVERIFY2(outcome.notice.contains("io_uring") && outcome.notice.contains(std::strerror(error)),
            qPrintable(outcome.notice));
    }

    void readsWithoutDirectReads_data() {
        QTest::addColumn<bool>("isRingRefused");
        QTest::addColumn<bool>("isRefusedLate");
        QTest::newRow("refused at opening") << false << false;
        QTest::newRow("refused at opening, as is io_uring") << true << false;
        QTest::newRow("refused at the first read") << true << true;
    }
    void readsWithoutDirectReads() {
        QFETCH(bool, isRingRefused);
        QFETCH(bool, isRefusedLate);
        const FilesToRead::Opened opened = m_files.open("indirect", 5000); // read directly by asking for 8192 bytes
        if (isRefusedLate && !opened.files[0].openedForDirectReads())
            QSKIP("this file system takes no direct reads");
        std::vector<RefusedCall> calls;
        if (isRingRefused)
            calls.push_back(kNoRing);
        calls.push_back(isRefusedLate ? RefusedCall{SYS_pread64, EINVAL, 2, 8192} : kNoDirectOpen);
        const Outcome outcome = readWhereRefused(opened, calls);
        if (!outcome.isRefusing)
            QSKIP("this machine cannot refuse system calls");
        QVERIFY(outcome.isRight);
        QVERIFY2(outcome.notice.count("indirect") == 1 && outcome.notice.contains("through the cache"),
            qPrintable(outcome.notice));
        QVERIFY(outcome.notice.contains("io_uring") || !isRingRefused);
    }

    void readsFilesThatLieInMemory() {
        QTemporaryDir folder("/dev/shm/tst_drive_reader-XXXXXX");
        if (!folder.isValid())
            QSKIP("there is no /dev/shm");
        const std::filesystem::path path = folder.filePath("file").toStdString();
        const Bytes bytes = m_files.write(path, 3 * kMiB + 9);
        std::vector<RandomAccessFile> files;
        files.emplace_back(path);
        const bool takesDirect = files[0].openedForDirectReads().has_value(); // from Linux 6.6 on
        for (const bool prefersCache : {false, true}) {
            DriveReader reader(files, {.prefersCache = prefersCache});
            const Memory memory = readWhole(reader, 0, bytes.size());
            QVERIFY(holds(memory.span(), bytes, 0));
            QCOMPARE(QString::fromStdString(reader.notice()).contains("through the cache"), !takesDirect);
        }
    }

    void hasNothingToSayWhereAllIsWell() {
        const FilesToRead::Opened opened = m_files.open("quiet", kMiB);
        if (!DriveReader({}).notice().empty() || !opened.files[0].openedForDirectReads())
            QSKIP("this machine refuses io_uring, or its file system direct reads");
        DriveReader reader(opened.files);
        readWhole(reader, 0, opened.bytes.size());
        QCOMPARE(QString::fromStdString(reader.notice()), QString());
    }

    void readsIntoRegisteredMemory() {
        const FilesToRead::Opened opened = m_files.open("fixed", 3 * kMiB);
        DriveReader reader(opened.files);
        Memory memory(2 * kMiB);
        const bool isRegistered = reader.registerMemory(memory.span().first(kMiB));
        if (!isRegistered)
            qInfo("the kernel registers no memory here");
        for (const std::size_t at : {std::size_t(0), kMiB - kSectorBytes, kMiB}) { // inside, across the end, outside
            const auto target = memory.span().subspan(at, 2 * kSectorBytes);
            reader.start({.offset = at, .target = target});
            reader.waitOne();
            QVERIFY(holds(target, opened.bytes, at));
        }
    }

    void aFileCutShortMeanwhileIsASentence() {
        const FilesToRead::Opened opened = m_files.open("cut", 4 * kMiB);
        DriveReader reader(opened.files);
        std::filesystem::resize_file(opened.path, kMiB + 5);
        for (const std::uint64_t offset : {std::uint64_t(0), kMiB, 3 * kMiB}) {
            Memory memory(kMiB);
            reader.start({.offset = offset, .target = memory.span()});
            const QString message = failureOf([&] { reader.waitOne(); });
            QVERIFY2(message.contains("cut: expected 4,194,304 bytes") && message.contains("found 1,048,581"),
                qPrintable(message));
            QCOMPARE(reader.inFlight(), std::size_t(0));
        }
        QCOMPARE(reader.bytesRead(), std::uint64_t(0));
    }

    void destructionWaitsForWhatIsInFlight() {
        if (!DriveReader({}).notice().empty())
            QSKIP("this machine refuses io_uring");
        const FilesToRead::Opened opened = m_files.open("waited", 16 * kMiB);
        QVERIFY(evict(opened.path));
        for (const bool prefersCache : {false, true}) {
            Memory memory(opened.bytes.size());
            {
                DriveReader reader(opened.files, {.prefersCache = prefersCache});
                FileRead rest = {.target = memory.span()};
                while (!rest.target.empty())
                    reader.start(takePiece(rest));
            }
            QVERIFY(holds(memory.span(), opened.bytes, 0)); // so nothing is left to be written into it
        }
    }

    void destructionWithoutIoUringReadsNothing() {
        const FilesToRead::Opened opened = m_files.open("dropped", kMiB);
        Memory memory(kMiB);
        const auto work = [&] { DriveReader(opened.files).start({.target = memory.span()}); };
        if (!runWhereRefused(std::span(&kNoRing, 1), work))
            QSKIP("this machine cannot refuse system calls");
        QCOMPARE(memory.span().front(), std::byte(0xAA));
    }

    void readsOutliveTheThreadThatStartedThem() {
        const FilesToRead::Opened opened = m_files.open("orphans", 16 * kMiB);
        for (const bool prefersCache : {false, true}) {
            Memory memory(opened.bytes.size());
            DriveReader reader(opened.files, {.prefersCache = prefersCache});
            std::thread([&] {
                FileRead rest = {.target = memory.span()};
                while (!rest.target.empty())
                    reader.start(takePiece(rest));
            }).join();
            while (reader.inFlight() > 0)
                reader.waitOne();
            QVERIFY(holds(memory.span(), opened.bytes, 0));
        }
    }

    void signalsDoNotDisturb() {
        const FilesToRead::Opened opened = m_files.open("signals", 32 * kMiB);
        struct sigaction interrupting = {}; // without SA_RESTART
        interrupting.sa_handler = ignoreSignal;
        ::sigaction(SIGALRM, &interrupting, nullptr);
        const itimerval often = {{0, 100}, {0, 100}};
        const itimerval never = {};
        for (const bool prefersCache : {false, true}) {
            DriveReader reader(opened.files, {.prefersCache = prefersCache});
            ::setitimer(ITIMER_REAL, &often, nullptr);
            const Memory memory = readWhole(reader, 0, opened.bytes.size());
            ::setitimer(ITIMER_REAL, &never, nullptr);
            QVERIFY(holds(memory.span(), opened.bytes, 0));
        }
        std::signal(SIGALRM, SIG_DFL);
    }

    void theFailingSourceFailsAsPlanned() {
        const FilesToRead::Opened opened = m_files.open("failing", 4 * kMiB);
        const auto plan = std::make_shared<SourcePlan>();
        FailingSource source(std::make_unique<DriveReader>(opened.files), plan);
        const auto read = [&] { return readWhole(source, 0, opened.bytes.size()); };
        QVERIFY(holds(read().span(), opened.bytes, 0));
        for (std::atomic<std::int64_t>* left : {&plan->startsLeft, &plan->readsLeft, &plan->wholesLeft}) {
            *left = 2;
            QVERIFY(failureOf(read).contains("as planned"));
            while (source.inFlight() > 0)
                failureOf([&] { source.waitOne(); });
            *left = -1;
            QVERIFY(holds(read().span(), opened.bytes, 0));
        }
    }
};

QTEST_APPLESS_MAIN(TestDriveReader)
#include "tst_drive_reader.moc"
