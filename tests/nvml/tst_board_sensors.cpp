// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/board_sensors.h"
#include "cuda/runtime/nvml.h"
#include "tests/nvml/fake_nvml.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using strata::BoardReading;
using strata::DeviceSensors;

class TestBoardSensors : public QObject {
    Q_OBJECT

private slots:
    void init() { fakeBoard() = FakeBoard(); }
    void cleanup() { QCOMPARE(fakeBoard().running, 0); } // whatever was started has ended
    void readsEveryFigureInItsUnit();
    void whatTheBoardDoesNotSayIsEmpty();
    void quickReadingsLeaveTheTrafficAlone();
    void cardWithMoreLanesThanItsSlotIsKnown();
    void olderDriversSayWhatCardAndSlotCan();
    void unknownBoardAndBrokenLibraryGiveNone();
    void freeMemoryAndVersionStillCome();
    void linkRates();
};

void TestBoardSensors::readsEveryFigureInItsUnit() {
    FakeBoard& board = fakeBoard();
    board.ownBytes = 2'000'000'000;
    board.loadPercent = 62;
    board.sentKilobytes = 3'000;
    board.receivedKilobytes = 24'000'000;
    board.celsius = 71;
    board.milliwatts = 287'500;
    board.milliwattLimit = 350'000;
    board.generation = 3;
    board.cardGeneration = 4;
    board.systemGeneration = 3;
    board.width = 8;
    board.systemWidth = 16;
    const auto sensors = strata::cuda::openBoardSensors(board.pciBusId, QDir::tempPath().toStdString());
    QVERIFY(sensors != nullptr);
    const BoardReading reading = sensors->read(DeviceSensors::Depth::Full);
    QCOMPARE(reading.totalBytes.value(), 24'000'000'000U);
    QCOMPARE(reading.usedBytes.value(), 6'000'000'000U);
    QCOMPARE(reading.ownBytes.value(), 2'000'000'000U);
    QCOMPARE(reading.load.value(), 0.62);
    QCOMPARE(reading.bytesPerSecondIn.value(), 24e9);
    QCOMPARE(reading.bytesPerSecondOut.value(), 3e6);
    QCOMPARE(reading.celsius.value(), 71.0);
    QCOMPARE(reading.watts.value(), 287.5);
    QCOMPARE(reading.wattLimit.value(), 350.0);
    QCOMPARE(reading.link.generation, 3U);
    QCOMPARE(reading.link.maxGeneration, 4U);
    QCOMPARE(reading.link.width, 8U);
    QCOMPARE(reading.link.maxWidth, 16U);
}

void TestBoardSensors::whatTheBoardDoesNotSayIsEmpty() {
    const auto sensors = strata::cuda::openBoardSensors(fakeBoard().pciBusId);
    const BoardReading reading = sensors->read(DeviceSensors::Depth::Full);
    QVERIFY(reading.usedBytes.has_value());
    QVERIFY(!reading.ownBytes && !reading.load && !reading.bytesPerSecondIn && !reading.bytesPerSecondOut);
    QVERIFY(!reading.celsius && !reading.watts && !reading.wattLimit);
    QCOMPARE(reading.link.generation, 0U);
    QCOMPARE(reading.link.maxWidth, 0U);
}

void TestBoardSensors::quickReadingsLeaveTheTrafficAlone() {
    fakeBoard().sentKilobytes = fakeBoard().receivedKilobytes = 5;
    const auto sensors = strata::cuda::openBoardSensors(fakeBoard().pciBusId);
    const BoardReading reading = sensors->read(DeviceSensors::Depth::Quick);
    QVERIFY(!reading.bytesPerSecondIn && !reading.bytesPerSecondOut);
    QCOMPARE(fakeBoard().throughputCalls, 0);
    sensors->read(DeviceSensors::Depth::Full);
    QCOMPARE(fakeBoard().throughputCalls, 2);
}

void TestBoardSensors::cardWithMoreLanesThanItsSlotIsKnown() {
    const QTemporaryDir folder;
    fakeBoard().pciBusId = "0000:AF:00.0";
    fakeBoard().width = fakeBoard().systemWidth = 4;
    QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("0000:af:00.0")));
    QFile file(folder.filePath(QStringLiteral("0000:af:00.0/max_link_width")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("16\n") == 3);
    file.close();
    const auto sensors = strata::cuda::openBoardSensors(fakeBoard().pciBusId, folder.path().toStdString());
    QCOMPARE(sensors->read(DeviceSensors::Depth::Quick).link.maxWidth, 16U);
}

void TestBoardSensors::olderDriversSayWhatCardAndSlotCan() {
    fakeBoard().systemGeneration = 3;
    const auto sensors = strata::cuda::openBoardSensors(fakeBoard().pciBusId);
    QCOMPARE(sensors->read(DeviceSensors::Depth::Quick).link.maxGeneration, 3U);
}

void TestBoardSensors::unknownBoardAndBrokenLibraryGiveNone() {
    QVERIFY(strata::cuda::openBoardSensors("0000:01:00.0") == nullptr);
    fakeBoard().starts = false;
    QVERIFY(strata::cuda::openBoardSensors(fakeBoard().pciBusId) == nullptr);
}

void TestBoardSensors::freeMemoryAndVersionStillCome() {
    QCOMPARE(strata::cuda::freeMemoryOf(fakeBoard().pciBusId).value(), 18'000'000'000U);
    QVERIFY(!strata::cuda::freeMemoryOf("0000:01:00.0"));
    QCOMPARE(strata::cuda::driverVersion(), std::string("580.1"));
}

void TestBoardSensors::linkRates() {
    QCOMPARE(strata::linkBytesPerSecond(4, 16), 1.969e9 * 16);
    QCOMPARE(strata::linkBytesPerSecond(3, 8), 0.985e9 * 8);
    QCOMPARE(strata::linkBytesPerSecond(0, 16), 0.0);
    QCOMPARE(strata::linkBytesPerSecond(9, 16), 0.0); // a generation that nobody knows yet
}

QTEST_APPLESS_MAIN(TestBoardSensors)
#include "tst_board_sensors.moc"
