// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cpu/cpu_backend.h"
#include "gui/chat/chat_view.h"
#include "gui/gpu_note.h"
#include "gui/models/device_choice.h"
#include "tests/gui/desk.h"
#include "tests/support/failing_backend.h"
#include "tests/support/tiny_model.h"

#include <QLabel>
#include <QTemporaryDir>

// The choice of a device, with GPUs that are the CPU under another name.
class TestDevices : public QObject {
    Q_OBJECT

private slots:
    void init();
    void bestGpuIsTheFirstChoice();
    void chosenDeviceIsRemembered();
    void deviceThatIsGoneGivesWayToTheBest();
    void freeMemoryIsAskedAnewWhenTheListOpens();
    void oneDeviceIsNoChoice();
    void loadThatFailsOnTheGpuIsOfferedTheCpu();
    void replyThatFailsOnTheGpuIsOfferedTheCpu();
    void missingGpuIsToldOnce();

private:
    strata::BackendChoice gpu(int index) const;
    std::vector<strata::BackendChoice> machine() const { return {gpu(0), gpu(1), strata::cpuBackend(1)}; }
    QString modelPath() const { return m_folder->filePath(QStringLiteral("tiny.gguf")); }
    static void choose(DeviceChoice& choice, int row);

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<strata::FailurePlan> m_plan; // of the GPUs
};

void TestDevices::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_plan = std::make_shared<strata::FailurePlan>();
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(m_folder->path().toStdString(), model);
}

// Its engine says what the CPU is called; the choice says what it offers.
strata::BackendChoice TestDevices::gpu(int index) const {
    strata::BackendChoice choice = strata::decorate<strata::FailingBackend>(strata::cpuBackend(1), m_plan);
    choice.info.id = "cuda:" + std::to_string(index);
    choice.info.kind = strata::DeviceKind::Gpu;
    choice.info.name = "Test GPU " + std::to_string(index);
    choice.info.freeBytes = 23'100'000'000;
    choice.info.totalBytes = 24'000'000'000;
    return choice;
}

void TestDevices::choose(DeviceChoice& choice, int row) {
    choice.setCurrentIndex(row);
    emit choice.activated(row);
}

void TestDevices::bestGpuIsTheFirstChoice() {
    Desk desk(m_folder->path(), machine());
    auto* choice = desk.window->findChild<DeviceChoice*>();
    QVERIFY(choice->isVisible());
    QCOMPARE(choice->count(), 3);
    QCOMPARE(choice->currentText(), QStringLiteral("Test GPU 0, 23.1 GB free"));
    QVERIFY(choice->itemText(2).startsWith(QStringLiteral("CPU, ")));
    QVERIFY(choice->toolTip().contains(QStringLiteral("23,100,000,000 bytes")));
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.controller.lastLoad().deviceId, QString()); // the best there is
}

void TestDevices::chosenDeviceIsRemembered() {
    {
        Desk desk(m_folder->path(), machine());
        choose(*desk.window->findChild<DeviceChoice*>(), 1);
        desk.window->loadModel(modelPath());
        QVERIFY(desk.waitFor(State::Ready));
        QCOMPARE(desk.controller.lastLoad().deviceId, QStringLiteral("cuda:1"));
    }
    Desk desk(m_folder->path(), machine());
    QCOMPARE(desk.window->findChild<DeviceChoice*>()->currentData().toString(), QStringLiteral("cuda:1"));
}

void TestDevices::deviceThatIsGoneGivesWayToTheBest() {
    Settings(m_folder->filePath(QStringLiteral("strata.ini"))).set(setting::deviceId, QStringLiteral("cuda:1"));
    Desk desk(m_folder->path(), {gpu(0), strata::cpuBackend(1)});
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    const QString notice = desk.find<QLabel>(QStringLiteral("Notice"))->text();
    QVERIFY2(
        notice.contains(QStringLiteral("cuda:1")) && notice.contains(QStringLiteral("Test GPU 0")), qPrintable(notice));
}

void TestDevices::freeMemoryIsAskedAnewWhenTheListOpens() {
    Desk desk(m_folder->path(), machine());
    std::vector<strata::BackendChoice> later = machine();
    later[0].info.freeBytes = 4'000'000'000;
    desk.controller.setDeviceSource([later] { return later; });
    auto* choice = desk.window->findChild<DeviceChoice*>();
    choose(*choice, 1);
    choice->showPopup();
    QTRY_COMPARE(choice->itemText(0), QStringLiteral("Test GPU 0, 4.00 GB free"));
    QCOMPARE(choice->currentIndex(), 1);
    choice->hidePopup();
}

void TestDevices::oneDeviceIsNoChoice() {
    Desk desk(m_folder->path());
    QVERIFY(!desk.window->findChild<DeviceChoice*>()->isVisible());
}

void TestDevices::loadThatFailsOnTheGpuIsOfferedTheCpu() {
    Desk desk(m_folder->path(), machine());
    m_plan->allocationsLeft = 1;
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Failed));
    QTest::mouseClick(desk.button(QStringLiteral("Load on the CPU")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(desk.controller.lastLoad().deviceId, QStringLiteral("cpu"));
    QVERIFY(desk.button(QStringLiteral("Load on the CPU")) == nullptr);
    QCOMPARE(desk.settings.get(setting::deviceId), QString()); // asked for once, not for ever
}

void TestDevices::replyThatFailsOnTheGpuIsOfferedTheCpu() {
    Desk desk(m_folder->path(), machine());
    desk.window->loadModel(modelPath());
    QVERIFY(desk.waitFor(State::Ready));
    m_plan->verbsLeft = 30;
    ChatView& chat = desk.window->chat();
    chat.send(QStringLiteral("Hello there"));
    QVERIFY(desk.waitFor(State::Failed));
    const TranscriptEntry& card = chat.transcript().entries().last();
    QVERIFY(card.text.contains(QStringLiteral("as planned")));
    QVERIFY(card.choices.contains(NoticeChoice::LoadOnCpu));
    QTest::mouseClick(desk.button(QStringLiteral("Load on the CPU")), Qt::LeftButton);
    QVERIFY(desk.waitFor(State::Ready));
    QCOMPARE(chat.transcript().entries().first().text, QStringLiteral("Hello there"));
}

void TestDevices::missingGpuIsToldOnce() {
    Settings settings(m_folder->filePath(QStringLiteral("other.ini")));
    const std::vector<strata::DeviceInfo> cpuOnly = {strata::cpuBackend(1).info};
    const QString why = QStringLiteral("The driver is too old");
    QVERIFY(missingGpuNote(cpuOnly, settings, why).contains(why));
    QCOMPARE(missingGpuNote(cpuOnly, settings, why), QString());
    QCOMPARE(missingGpuNote({gpu(0).info, cpuOnly.front()}, settings, why), QString());
    QVERIFY(!missingGpuNote(cpuOnly, settings, why).isEmpty()); // it was there, and is not any more
}

QTEST_MAIN(TestDevices)
#include "tst_devices.moc"
