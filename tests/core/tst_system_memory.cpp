// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/control_group.h"
#include "core/base/system_memory.h"

#include <QtTest>

using namespace strata;
using Folders = std::vector<std::string>;

class TestSystemMemory : public QObject {
    Q_OBJECT
private slots:
    void thereIsSome() {
        const SystemMemory memory = readSystemMemory();
        QVERIFY(memory.availableBytes > 0);
        QVERIFY(memory.availableBytes <= memory.totalBytes);
    }
    void whatTheKernelDoesNotSayIsEmpty() {
        const MemoryInfo whole = parseMemoryInfo("MemTotal:       24684096 kB\nMemFree: 7 kB\nMemAvailable:   100 kB\n");
        QCOMPARE(whole.totalBytes.value(), std::uint64_t(24684096) * 1024);
        QCOMPARE(whole.availableBytes.value(), std::uint64_t(100) * 1024);
        for (const char* text : {"", "MemTotal: many kB\n", "OldMemTotal: 7 kB\n", "MemTotal:"})
            QVERIFY(!parseMemoryInfo(text).totalBytes && !parseMemoryInfo(text).availableBytes);
    }
    void cachedFilesAreAvailable() {
        const auto group = parseGroupMemory("1000\n", "900\n",
            "anon 300\nfile 600\ninactive_file 400\nactive_file 150\nshmem 50\nslab_reclaimable 20\n");
        QVERIFY(group.has_value());
        QCOMPARE(group->totalBytes, std::uint64_t(1000));
        QCOMPARE(group->availableBytes, std::uint64_t(1000 - (900 - 400 - 150 - 20)));
    }
    void versionOneCountsTheGroupsBelow() {
        const auto group = parseGroupMemory("1000", "900",
            "inactive_file 1\nactive_file 2\ntotal_cache 600\ntotal_inactive_file 300\ntotal_active_file 100\n");
        QCOMPARE(group->availableBytes, std::uint64_t(500));
    }
    void contradictionsGiveNoMoreThanTheLimit() {
        QCOMPARE(parseGroupMemory("1000", "100", "inactive_file 400\n")->availableBytes, std::uint64_t(1000));
        QCOMPARE(parseGroupMemory("1000", "1200", "inactive_file 100\n")->availableBytes, std::uint64_t(0));
        QCOMPARE(parseGroupMemory("1000", "600", "")->availableBytes, std::uint64_t(400));
    }
    void noLimitIsNone() {
        QVERIFY(!parseGroupMemory("max\n", "900\n", "inactive_file 400\n"));
        QVERIFY(!parseGroupMemory("", "", ""));
    }
    void groupsAreFollowedToTheRoot() {
        const std::string list = "12:cpu,cpuacct:/jobs\n5:memory:/jobs/one\n0::/user.slice/app.scope\n";
        QCOMPARE(controlGroupFolders(list),
            (Folders{"/sys/fs/cgroup/user.slice/app.scope", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup"}));
        QCOMPARE(controlGroupFolders(list, "memory"),
            (Folders{"/sys/fs/cgroup/memory/jobs/one", "/sys/fs/cgroup/memory/jobs", "/sys/fs/cgroup/memory"}));
        QCOMPARE(
            controlGroupFolders(list, "cpuacct"), (Folders{"/sys/fs/cgroup/cpuacct/jobs", "/sys/fs/cgroup/cpuacct"}));
    }
    void oddListsGiveTheRootAlone() {
        for (const char* list : {"", "0::/\n", "nonsense", "1:memory\n"})
            QCOMPARE(controlGroupFolders(list), (Folders{"/sys/fs/cgroup"}));
        QVERIFY(controlGroupFolders("0::/a\n", "memory").empty());
    }

    void theReserveGrowsWithTheMachineButTakesHalfAtMost() {
        constexpr std::uint64_t kGigabyte = 1'000'000'000;
        QCOMPARE(reserveBytes({.totalBytes = 16 * kGigabyte, .availableBytes = 10 * kGigabyte}), 2 * kGigabyte);
        QCOMPARE(reserveBytes({.totalBytes = 128 * kGigabyte, .availableBytes = 90 * kGigabyte}), 128 * kGigabyte / 10);
        QCOMPARE(reserveBytes({.totalBytes = 16 * kGigabyte, .availableBytes = kGigabyte}), kGigabyte / 2);
    }
};

QTEST_APPLESS_MAIN(TestSystemMemory)
#include "tst_system_memory.moc"
