// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/drive_reader.h"
#include "tests/support/files_to_read.h"
#include "tests/support/refused_call.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <fstream>

using namespace strata;

namespace {

// As the program of that name does: both times, hours from now.
void touch(const std::filesystem::path& path, int hours) {
    timespec time = {};
    ::clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec += hours * 3600;
    const timespec both[2] = {time, time};
    ::utimensat(AT_FDCWD, path.c_str(), both, 0);
}

void writeByte(const std::filesystem::path& path, std::uint64_t offset, char byte) {
    std::fstream stream(path, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(offset)).put(byte);
}

void writeThroughMap(const std::filesystem::path& path, std::uint64_t offset, char byte) {
    const std::size_t size = std::filesystem::file_size(path);
    const int descriptor = ::open(path.c_str(), O_RDWR);
    void* const map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    static_cast<char*>(map)[offset] = byte;
    ::msync(map, size, MS_SYNC);
    ::munmap(map, size);
    ::close(descriptor);
}

const RefusedCall kNoWatch = {.number = SYS_inotify_init1, .error = EMFILE};

} // namespace

// Files that something happens to while they are read, by way of the reader that asks.
class TestFileContents : public QObject {
    Q_OBJECT

    FilesToRead m_files;

private slots:
    void aFileWrittenToMeanwhileIsASentence() {
        FilesToRead::Opened opened = m_files.open("rewritten", 2 * kMiB);
        const FilesToRead::Opened other = m_files.open("other", kMiB);
        opened.files.emplace_back(other.path);
        DriveReader reader(opened.files);
        readWhole(reader, 0, opened.bytes.size());
        std::fstream(opened.path, std::ios::binary | std::ios::in | std::ios::out).put('x');
        const QString message = failureOf([&] { readWhole(reader, 0, opened.bytes.size()); });
        QVERIFY2(message.contains("rewritten: ") && message.contains("written to while in use"), qPrintable(message));
        while (reader.inFlight() > 0)
            QVERIFY(failureOf([&] { reader.waitOne(); }).contains("rewritten"));
        QVERIFY(holds(readWhole(reader, 1, other.bytes.size()).span(), other.bytes, 0)); // which is as it was
    }

    // Programs touch files, and backups write their attributes: no byte of them is another one.
    void aFileTouchedMeanwhileGoesOn_data() {
        QTest::addColumn<bool>("isWatchRefused");
        QTest::newRow("watched") << false;
        QTest::newRow("the kernel refuses to watch") << true;
    }
    void aFileTouchedMeanwhileGoesOn() {
        QFETCH(bool, isWatchRefused);
        const FilesToRead::Opened opened = m_files.open("touched", 40 * kMiB);
        QString failure;
        const auto work = [&] {
            DriveReader reader(opened.files);
            for (const int hours : {1, 2, -3}) {
                touch(opened.path, hours);
                ::chmod(opened.path.c_str(), 0600);
                failure = failureOf([&] {
                    if (!holds(readWhole(reader, 0, opened.bytes.size()).span(), opened.bytes, 0))
                        fail(ErrorCode::Io, "wrong bytes");
                });
                if (failure != "no failure")
                    return;
            }
        };
        if (!isWatchRefused)
            work();
        else if (!runWhereRefused(std::span(&kNoWatch, 1), work))
            QSKIP("this machine cannot refuse system calls");
        QCOMPARE(failure, QString("no failure"));
    }

    void aByteWrittenMeanwhileIsASentence_data() {
        QTest::addColumn<bool>("isMapped");
        QTest::addColumn<bool>("isWatchRefused");
        QTest::addColumn<std::uint64_t>("offset");
        QTest::addColumn<bool>("isTouchedBefore");
        QTest::newRow("where there is no sample") << false << false << std::uint64_t(5 * kMiB) << false;
        QTest::newRow("after it was touched") << false << false << std::uint64_t(5 * kMiB) << true;
        QTest::newRow("at a sample, not watched") << false << true << std::uint64_t(16 * kMiB + 9) << true;
        QTest::newRow("at the end, not watched") << false << true << std::uint64_t(40 * kMiB - 1) << false;
        QTest::newRow("through a map, at a sample") << true << false << std::uint64_t(32 * kMiB) << true;
    }
    void aByteWrittenMeanwhileIsASentence() {
        QFETCH(bool, isMapped);
        QFETCH(bool, isWatchRefused);
        QFETCH(std::uint64_t, offset);
        QFETCH(bool, isTouchedBefore);
        const FilesToRead::Opened opened = m_files.open("written", 40 * kMiB);
        const char other = static_cast<char>(~opened.bytes[offset]);
        QString failure;
        const auto work = [&] {
            DriveReader reader(opened.files);
            if (isTouchedBefore) {
                touch(opened.path, 1);
                readWhole(reader, 0, kMiB);
            }
            isMapped ? writeThroughMap(opened.path, offset, other) : writeByte(opened.path, offset, other);
            failure = failureOf([&] { readWhole(reader, 0, kMiB); });
            while (reader.inFlight() > 0)
                failureOf([&] { reader.waitOne(); });
        };
        if (!isWatchRefused)
            work();
        else if (!runWhereRefused(std::span(&kNoWatch, 1), work))
            QSKIP("this machine cannot refuse system calls");
        QVERIFY2(failure.contains("written: ") && failure.contains("written to while in use"), qPrintable(failure));
    }
    void aFileWrittenToBeforeItIsReadIsASentence() { // but after it was opened: nobody knows what it held
        const FilesToRead::Opened opened = m_files.open("before", kMiB);
        writeByte(opened.path, 7, 'x');
        DriveReader reader(opened.files);
        QVERIFY(failureOf([&] { readWhole(reader, 0, kMiB); }).contains("written to while in use"));
    }

    void aFileReplacedMeanwhileIsStillTheOneThatWasOpened() {
        const FilesToRead::Opened opened = m_files.open("model", kMiB);
        m_files.write(m_files.pathOf("newer"), kMiB + 1);
        std::filesystem::rename(m_files.pathOf("newer"), opened.path);
        DriveReader reader(opened.files);
        QVERIFY(holds(readWhole(reader, 0, opened.bytes.size()).span(), opened.bytes, 0));
    }
};

QTEST_APPLESS_MAIN(TestFileContents)
#include "tst_file_contents.moc"
