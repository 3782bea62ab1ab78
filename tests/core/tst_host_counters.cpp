// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/host_counters.h"
#include "core/base/system_memory.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

using strata::HostCounters;
using strata::HostReading;

class TestHostCounters : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void readsWhatTheKernelWrites();
    void whatIsMissingIsEmpty();
    void everyReadingIsFresh();
    void countsThisMachine();

private:
    void write(const char* name, const QByteArray& text) const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestHostCounters::write(const char* name, const QByteArray& text) const {
    QDir(m_folder->path()).mkpath(QStringLiteral("self"));
    QFile file(m_folder->filePath(QLatin1String(name)));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
}

void TestHostCounters::readsWhatTheKernelWrites() {
    write("stat", "cpu  100 20 30 800 40 5 6 7 60 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n");
    write("meminfo", "MemTotal:       24684096 kB\nMemFree:        22102176 kB\nMemAvailable:   23160968 kB\n");
    write("vmstat", "nr_free_pages 5\nnr_pgpgin 9\npgpgin 300\npgpgout 7\n");
    write("self/statm", "90000 1500 300 10 0 20 0\n");
    write("self/io", "rchar: 11\nwchar: 12\nread_bytes: 4096\nwrite_bytes: 1\ncancelled_write_bytes: 0\n");
    HostCounters counters(m_folder->path().toStdString());
    const HostReading reading = counters.read();
    QCOMPARE(reading.allTicks.value(), 100U + 20 + 30 + 800 + 40 + 5 + 6 + 7);
    QCOMPARE(reading.busyTicks.value(), 100U + 20 + 30 + 5 + 6 + 7); // waiting for a drive is idle
    QCOMPARE(reading.ramBytes.value(), 24684096U * std::uint64_t(1024));
    QCOMPARE(reading.availableBytes.value(), 23160968U * std::uint64_t(1024));
    QCOMPARE(reading.diskReadBytes.value(), 300U * 1024);
    QCOMPARE(reading.residentBytes.value(), 1500U * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    QCOMPARE(reading.processDiskReadBytes.value(), 4096U);
}

void TestHostCounters::whatIsMissingIsEmpty() {
    write("stat", "cpu  100 20 30\n");
    write("meminfo", "MemTotal: many\n");
    write("self/statm", "");
    HostCounters counters(m_folder->path().toStdString());
    const HostReading reading = counters.read();
    QVERIFY(!reading.allTicks && !reading.busyTicks && !reading.ramBytes && !reading.availableBytes);
    QVERIFY(!reading.residentBytes && !reading.diskReadBytes && !reading.processDiskReadBytes);
}

void TestHostCounters::everyReadingIsFresh() {
    write("vmstat", "pgpgin 300\n");
    HostCounters counters(m_folder->path().toStdString());
    QCOMPARE(counters.read().diskReadBytes.value(), 300U * 1024);
    write("vmstat", "pgpgin 301\n");
    QCOMPARE(counters.read().diskReadBytes.value(), 301U * 1024);
}

void TestHostCounters::countsThisMachine() {
    HostCounters counters;
    const HostReading before = counters.read();
    volatile unsigned work = 0;
    while (counters.read().processSeconds < before.processSeconds + 0.05)
        work = work + 1;
    const HostReading after = counters.read();
    QVERIFY(before.allTicks.value() <= after.allTicks.value());
    QVERIFY(after.busyTicks.value() <= after.allTicks.value());
    QVERIFY(before.residentBytes.value() > 1'000'000);
    QVERIFY(before.availableBytes.value() < before.ramBytes.value());
    QVERIFY(strata::readSystemMemory().totalBytes <= before.ramBytes.value());
    QVERIFY(before.processors >= 1);
}

QTEST_APPLESS_MAIN(TestHostCounters)
#include "tst_host_counters.moc"
