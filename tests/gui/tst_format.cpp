// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/format.h"

#include <QTest>

class TestFormat : public QObject {
    Q_OBJECT

private slots:
    void parameters_data();
    void parameters();
    void durations_data();
    void durations();
    void rates();
};

void TestFormat::parameters_data() {
    QTest::addColumn<quint64>("count");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << quint64(0) << QStringLiteral("0");
    QTest::newRow("tiny") << quint64(999) << QStringLiteral("999");
    QTest::newRow("260 thousand") << quint64(260'032) << QStringLiteral("260 k");
    QTest::newRow("just below a million") << quint64(999'999) << QStringLiteral("1.00 M");
    QTest::newRow("just below ten million") << quint64(9'996'000) << QStringLiteral("10.0 M");
    QTest::newRow("1.1 billion") << quint64(1'100'048'384) << QStringLiteral("1.10 B");
    QTest::newRow("70 billion") << quint64(70'553'706'496) << QStringLiteral("70.6 B");
}

void TestFormat::parameters() {
    QFETCH(const quint64, count);
    QTEST(formatParameters(count), "text");
}

void TestFormat::durations_data() {
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("text");
    QTest::newRow("instant") << 0.0 << QStringLiteral("1 ms");
    QTest::newRow("very short") << 0.0204 << QStringLiteral("20 ms");
    QTest::newRow("short") << 0.94 << QStringLiteral("0.9 s");
    QTest::newRow("nearly ten") << 9.97 << QStringLiteral("10 s");
    QTest::newRow("seconds") << 48.2 << QStringLiteral("48 s");
    QTest::newRow("nearly a minute") << 59.7 << QStringLiteral("1 min 0 s");
    QTest::newRow("minutes") << 200.0 << QStringLiteral("3 min 20 s");
    QTest::newRow("hours") << 7500.0 << QStringLiteral("2 h 5 min");
}

void TestFormat::durations() {
    QFETCH(const double, seconds);
    QTEST(formatDuration(seconds), "text");
}

void TestFormat::rates() {
    QCOMPARE(formatTokenRate(6.31), QStringLiteral("6.3 tok/s"));
    QCOMPARE(formatTokenRate(0.42), QStringLiteral("0.4 tok/s"));
    QCOMPARE(formatTokenRate(0.0053), QStringLiteral("0.005 tok/s"));
    QCOMPARE(formatTokenRate(412.7), QStringLiteral("413 tok/s"));
    QCOMPARE(formatTokenRate(3254.3), QStringLiteral("3,250 tok/s"));
    QCOMPARE(formatTokenRate(35'893.0), QStringLiteral("35,900 tok/s"));
    QCOMPARE(formatTokenRate(999.6), QStringLiteral("1,000 tok/s"));
    QCOMPARE(formatTokenRate(9.97), QStringLiteral("10 tok/s"));
    QCOMPARE(formatTokenRate(99.97), QStringLiteral("100 tok/s"));
    QCOMPARE(formatTokenRate(0.0), QStringLiteral("0.0 tok/s"));
    QCOMPARE(formatByteRate(812e6), QStringLiteral("812 MB/s"));
    QCOMPARE(formatBytes(42'520'395'776), QStringLiteral("42.5 GB"));
}

QTEST_APPLESS_MAIN(TestFormat)
#include "tst_format.moc"
