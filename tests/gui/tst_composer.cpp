// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/composer.h"
#include "gui/chat/context_gauge.h"
#include "gui/chat/message_edit.h"
#include "gui/chat/sampling_panel.h"
#include "tests/support/work_clock.h"

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>
#include <QUrl>
#include <QtTest>

using namespace Qt::StringLiterals;

class TestComposer : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void sendsByKey();
    void enterCanMeanANewLine();
    void saysWhyNothingCanBeSent();
    void sendBecomesStop();
    void growsToEightLines();
    void upEditsTheLastMessageWhenEmpty();
    void escapeGivesTheDraftBack();
    void takesADroppedTextFile();
    void refusesWhatIsNoText();
    void takesALargePasteAside();
    void warnsOfWhatIsLongerThanTheContext();
    void fencesSurviveBackQuotes();
    void showsTheContext();
    void panelRoundTripsAndResets();

private:
    MessageEdit* edit() const { return m_composer->findChild<MessageEdit*>(); }
    QPushButton* button() const { return m_composer->findChild<QPushButton*>(); }
    std::unique_ptr<Composer> m_composer;
};

void TestComposer::init() {
    m_composer = std::make_unique<Composer>();
    m_composer->resize(500, 60);
    m_composer->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_composer.get()));
}

void TestComposer::cleanup() {
    m_composer.reset();
}

void TestComposer::sendsByKey() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(sent.size(), 0); // nothing to send
    QTest::keyClicks(edit(), u"hello"_s);
    QTest::keyClick(edit(), Qt::Key_Return, Qt::ShiftModifier);
    QTest::keyClicks(edit(), u"there"_s);
    QCOMPARE(m_composer->text(), u"hello\nthere"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QTest::keyClick(edit(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(sent.size(), 2);
    QCOMPARE(m_composer->text(), u"hello\nthere"_s); // the owner clears what it has taken
}

void TestComposer::enterCanMeanANewLine() {
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    m_composer->setSendWithEnter(false);
    QTest::keyClicks(edit(), u"a"_s);
    QTest::keyClick(edit(), Qt::Key_Return);
    QTest::keyClicks(edit(), u"b"_s);
    QCOMPARE(sent.size(), 0);
    QCOMPARE(m_composer->text(), u"a\nb"_s);
    QTest::keyClick(edit(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(sent.size(), 1);
}

void TestComposer::saysWhyNothingCanBeSent() {
    QVERIFY(!button()->isEnabled());
    QVERIFY(!button()->toolTip().isEmpty());
    QTest::keyClicks(edit(), u"a"_s);
    QVERIFY(button()->isEnabled());
    m_composer->setObstacle(u"No model is loaded."_s);
    QVERIFY(!button()->isEnabled());
    QCOMPARE(button()->toolTip(), u"No model is loaded."_s);
    QSignalSpy sent(m_composer.get(), &Composer::sendRequested);
    QTest::keyClick(edit(), Qt::Key_Return);
    QCOMPARE(sent.size(), 0);
    QCOMPARE(m_composer->draft(), u"a"_s);
}

void TestComposer::sendBecomesStop() {
    QSignalSpy stopped(m_composer.get(), &Composer::stopRequested);
    m_composer->setReplying(true);
    QCOMPARE(button()->text(), u"Stop"_s);
    QTest::mouseClick(button(), Qt::LeftButton);
    QTest::keyClick(edit(), Qt::Key_Escape);
    QCOMPARE(stopped.size(), 2);
    m_composer->setReplying(false);
    QTest::keyClick(edit(), Qt::Key_Escape);
    QCOMPARE(stopped.size(), 2);
}

void TestComposer::growsToEightLines() {
    const int one = edit()->height();
    int before = one;
    for (int i = 2; i <= 8; ++i) {
        QTest::keyClick(edit(), Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(edit()->height() > before);
        QCOMPARE(edit()->verticalScrollBar()->value(), 0);
        before = edit()->height();
    }
    QTest::keyClick(edit(), Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(edit()->height(), before);
    m_composer->clear();
    QCOMPARE(edit()->height(), one);
}

void TestComposer::upEditsTheLastMessageWhenEmpty() {
    QSignalSpy wanted(m_composer.get(), &Composer::editLastRequested);
    QTest::keyClick(edit(), Qt::Key_Up);
    QCOMPARE(wanted.size(), 1);
    QTest::keyClicks(edit(), u"a"_s);
    QTest::keyClick(edit(), Qt::Key_Up);
    QCOMPARE(wanted.size(), 1);
}

void TestComposer::escapeGivesTheDraftBack() {
    QSignalSpy cancelled(m_composer.get(), &Composer::editingCancelled);
    m_composer->setDraft(u"my draft"_s);
    m_composer->beginEditing(u"old message"_s);
    QCOMPARE(m_composer->draft(), u"old message"_s);
    m_composer->beginEditing(u"another"_s); // changed one's mind: still the same draft waits
    QTest::keyClick(edit(), Qt::Key_Escape);
    QCOMPARE(m_composer->draft(), u"my draft"_s);
    QCOMPARE(cancelled.size(), 1);
}

void TestComposer::takesADroppedTextFile() {
    QTemporaryDir folder;
    QFile file(folder.filePath(u"notes.txt"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("gr\xC3\xBC\xC3\x9F dich\n");
    file.close();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file.fileName())});
    QSignalSpy wanted(m_composer.get(), &Composer::tokenCountWanted);
    QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(edit()->viewport(), &enter);
    QVERIFY(enter.isAccepted());
    QCoreApplication::sendEvent(edit()->viewport(), &drop);
    QCOMPARE(wanted.size(), 1);
    m_composer->setTokenCount(wanted[0][0].toInt(), 1204);
    const auto chips = m_composer->findChildren<QToolButton*>();
    QVERIFY(std::any_of(chips.begin(), chips.end(),
        [](QToolButton* chip) { return chip->text().contains(u"notes.txt"_s) && chip->text().contains(u"1,204"_s); }));
    QCOMPARE(m_composer->text(), u"notes.txt:\n```\ngr\u00FC\u00DF dich\n```"_s);
    QVERIFY(button()->isEnabled());
    chips.back()->click();
    QVERIFY(m_composer->attachments().isEmpty());
}

void TestComposer::refusesWhatIsNoText() {
    QTemporaryDir folder;
    QFile file(folder.filePath(u"picture.bin"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("\xFF\xD8\x00\x01", 4);
    file.close();
    m_composer->attachFile(file.fileName());
    m_composer->attachFile(folder.filePath(u"missing.txt"_s));
    QVERIFY(m_composer->attachments().isEmpty());
    const auto labels = m_composer->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(),
        [](QLabel* label) { return label->isVisible() && label->text().contains(u"missing.txt"_s); }));
}

void TestComposer::takesALargePasteAside() {
    const QString large = u"word "_s.repeated(400'000);
    QGuiApplication::clipboard()->setText(large);
    const strata::WorkClock work;
    QTest::keySequence(edit(), QKeySequence::Paste);
    QTest::keyClicks(edit(), u"see"_s);
    qInfo("pasting %lld characters and typing three took %lld ms", static_cast<long long>(large.size()),
        static_cast<long long>(work.microseconds() / 1000));
    QVERIFY(work.microseconds() < 1'000'000 * strata::kSanitizerFactor);
    QCOMPARE(m_composer->draft(), u"see"_s);
    QCOMPARE(m_composer->attachments().size(), 1);
    QVERIFY(m_composer->text().contains(large));
}

void TestComposer::warnsOfWhatIsLongerThanTheContext() {
    const auto chip = [this] { // those that were taken out are deleted later
        const auto chips = m_composer->findChildren<QToolButton*>();
        return chips.isEmpty() ? QString() : chips.back()->text();
    };
    const auto note = [this] {
        const QLabel* label = m_composer->findChild<QLabel*>();
        return label->isVisible() ? label->text() : QString();
    };
    m_composer->attach(u"notes"_s, u"four"_s.repeated(103));
    QVERIFY2(chip().contains(u"about 100 tokens"_s), qPrintable(chip())); // no model: an estimate that says it is one
    QCOMPARE(note(), QString());
    m_composer->setContext(100);
    QVERIFY(chip().endsWith(u"too long"_s));
    QVERIFY2(
        note().startsWith(u"notes alone has about 100 tokens, but the model keeps only 100"_s), qPrintable(note()));
    const int id = m_composer->attachments()[0].id;
    m_composer->setTokenCount(id, 100);
    QVERIFY2(chip().endsWith(u" 100 tokens"_s) && !chip().contains(u"about"_s), qPrintable(chip()));
    QCOMPARE(note(), QString());
    m_composer->setTokenCount(id, 150);
    QVERIFY(note().startsWith(u"notes alone has 150 tokens,"_s));
    m_composer->setContext(0); // the count was that of another model
    QVERIFY(chip().contains(u"about 100 tokens"_s));
    QCOMPARE(note(), QString());
}

void TestComposer::fencesSurviveBackQuotes() {
    m_composer->attach(u"a.md"_s, u"```\nx\n```"_s);
    QCOMPARE(m_composer->text(), u"a.md:\n````\n```\nx\n```\n````"_s);
}

void TestComposer::showsTheContext() {
    ContextGauge gauge;
    QVERIFY(gauge.text().isEmpty());
    gauge.setTokens(1204, 8192);
    QCOMPARE(gauge.text(), u"1,204 of 8,192"_s);
    QVERIFY(gauge.toolTip().contains(u"6,988"_s));
}

void TestComposer::panelRoundTripsAndResets() {
    SamplingPanel panel;
    QVERIFY(panel.settings() == ReplySettings{});
    ReplySettings other;
    other.systemPrompt = u"Be brief."_s;
    other.sampling.temperature = 0.0F;
    other.sampling.topK = 7;
    other.sampling.seed = 42;
    other.maxTokens = 100;
    other.stopStrings = {u"A"_s, u"B"_s};
    panel.setSettings(other);
    QVERIFY(panel.settings() == other);
    QSignalSpy changed(&panel, &SamplingPanel::changed);
    for (QToolButton* reset : panel.findChildren<QToolButton*>()) {
        if (reset->accessibleName() == u"Reset Top-k"_s) {
            QVERIFY(reset->isEnabled());
            reset->click();
            QVERIFY(!reset->isEnabled());
        }
    }
    QCOMPARE(panel.settings().sampling.topK, ReplySettings{}.sampling.topK);
    QVERIFY(changed.size() >= 1);
    panel.reset();
    QVERIFY(panel.settings() == ReplySettings{});
    for (const QWidget* editor : panel.findChildren<QAbstractSpinBox*>()) {
        QVERIFY(!editor->accessibleName().isEmpty());
        QVERIFY(!editor->toolTip().isEmpty());
    }
}

QTEST_MAIN(TestComposer)
#include "tst_composer.moc"
