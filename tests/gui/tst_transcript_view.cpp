// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/transcript_view.h"
#include "tests/support/work_clock.h"

#include <QAccessible>
#include <QAccessibleActionInterface>
#include <QApplication>
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QWheelEvent>
#include <QtTest>

using namespace Qt::StringLiterals;
using std::chrono_literals::operator""ms;

namespace {

LoadedModel tinyModel() {
    LoadedModel model;
    model.summary.name = "tiny";
    model.contextTokens = 8192;
    return model;
}

strata::GenerationResult result() {
    strata::GenerationResult result;
    result.promptTokens = 20;
    result.generatedTokens = 5;
    result.firstToken = 100ms;
    result.decodeTime = 400ms;
    return result;
}

QString paragraphs(int count) {
    QString text;
    for (int i = 0; i < count; ++i) {
        text +=
            u"Paragraph **%1** has some words, `code`, and goes on for a little while so that it wraps.\n\n"_s.arg(i);
    }
    return text;
}

// About 100,000 tokens of everything a reply can hold.
QString hugeReply() {
    const QString part =
        paragraphs(6) +
        u"| a | b |\n|---|--:|\n| one | 1 |\n| two | 2 |\n\n```python\n"
        "def f(x):\n    return x + 1  # comment\n\nprint(f(2))\n```\n\n- one\n- two\n  - three\n\n> quote\n\n"_s;
    return part.repeated(400'000 / part.size());
}

constexpr BoxId kCode{1, 0}; // of a reply that is code and nothing else

const QString kLongCode = u"```\nshort\n"_s + [] {
    QString line;
    for (int i = 0; i < 40; ++i) {
        line += u"word_%1 "_s.arg(i);
    }
    return line;
}() + u"word_the_last\nshort again\n```"_s;

} // namespace

class TestTranscriptView : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void scrollStaysWhereItWasPut();
    void scrollFollowsAtTheEnd();
    void scrollingUpMovesBySteps();
    void copiesCodeByMouse();
    void copiesMarkedText();
    void walksMessagesByKey();
    void menuReachesEveryAction();
    void screenReaderFindsMessages();
    void longCodeLinesScrollByWheel();
    void longCodeLinesScrollByTheBar();
    void longCodeLinesScrollByKey();
    void scrolledCodeCanBeMarkedAndCopied();
    void markingBeyondTheEdgeScrollsTheCode();
    void shortCodeDoesNotScroll();
    void pastedParagraphsWrap();
    void aHugeLineOfCodeIsNoBurden();
    void longTranscriptsAreSmooth_data();
    void longTranscriptsAreSmooth();
    void longRepliesStreamSmoothly();

private:
    TranscriptView& view() const { return m_chat->transcriptView(); }
    ChatTranscript& transcript() const { return m_chat->transcript(); }
    void turn(const QString& own, const QString& reply);
    QPoint middleOf(BoxId id) const;
    const TranscriptLayout& layout() const { return view().layoutOfText(); }
    void settle() { QTest::qWait(1); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ChatView> m_chat;
};

void TestTranscriptView::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_chat = std::make_unique<ChatView>(m_folder->filePath(u"chat.json"_s));
    m_chat->resize(700, 600);
    m_chat->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_chat.get()));
    m_chat->showModel(tinyModel());
}

void TestTranscriptView::cleanup() {
    m_chat.reset();
}

void TestTranscriptView::turn(const QString& own, const QString& reply) {
    m_chat->send(own);
    m_chat->takePiece(reply);
    m_chat->finishReply(result());
}

void TestTranscriptView::scrollStaysWhereItWasPut() {
    turn(u"one"_s, paragraphs(60));
    m_chat->send(u"two"_s);
    m_chat->takePiece(paragraphs(5));
    settle();
    QScrollBar* bar = view().verticalScrollBar();
    bar->setValue(bar->maximum() / 2);
    settle();
    const QImage before = view().viewport()->grab().toImage();
    for (int i = 0; i < 50; ++i) {
        m_chat->takePiece(u"More words, and a paragraph.\n\n"_s);
        settle();
    }
    QCOMPARE(view().viewport()->grab().toImage(), before);
    m_chat->finishReply(result());
    settle();
    QCOMPARE(view().viewport()->grab().toImage(), before);
}

void TestTranscriptView::scrollFollowsAtTheEnd() {
    turn(u"one"_s, paragraphs(40));
    m_chat->send(u"two"_s);
    for (int i = 0; i < 40; ++i) {
        m_chat->takePiece(u"More words, and a paragraph.\n\n"_s);
        QVERIFY(view().isAtEnd());
    }
    m_chat->finishReply(result());
    QVERIFY(view().isAtEnd());
}

// What was only estimated comes into view: the lines on screen still move by what the wheel says.
void TestTranscriptView::scrollingUpMovesBySteps() {
    turn(u"one"_s, hugeReply().left(60'000));
    QScrollBar* bar = view().verticalScrollBar();
    QImage before = view().viewport()->grab().toImage();
    for (int i = 0; i < 40; ++i) {
        constexpr int kStep = 30;
        bar->setValue(bar->value() - kStep);
        const QImage after = view().viewport()->grab().toImage();
        const int kept = before.height() - kStep;
        QCOMPARE(after.copy(0, kStep, after.width(), kept), before.copy(0, 0, before.width(), kept));
        before = after;
    }
}

void TestTranscriptView::copiesCodeByMouse() {
    turn(u"one"_s, u"See:\n\n```py\nprint(1)\n\nprint(2)\n```\ndone"_s);
    settle();
    const QRect button = view().layoutOfText().codeButton({1, 1}).rect;
    QVERIFY(!button.isNull());
    const QPoint place = button.center() - QPoint(0, view().verticalScrollBar()->value());
    QTest::mouseClick(view().viewport(), Qt::LeftButton, Qt::NoModifier, place);
    QCOMPARE(QGuiApplication::clipboard()->text(), u"print(1)\n\nprint(2)"_s);
}

void TestTranscriptView::copiesMarkedText() {
    turn(u"question"_s, u"**answer** one\n\nanswer two"_s);
    settle();
    const TranscriptLayout& layout = view().layoutOfText();
    const int top = view().verticalScrollBar()->value();
    const QPoint from = layout.documentRect({0, 0}).topLeft() + QPoint(0, 4 - top);
    const QPoint to = layout.documentRect({1, 1}).topRight() + QPoint(-2, 4 - top);
    QTest::mousePress(view().viewport(), Qt::LeftButton, Qt::NoModifier, from);
    QMouseEvent move(
        QEvent::MouseMove, to, view().viewport()->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(view().viewport(), &move);
    QTest::mouseRelease(view().viewport(), Qt::LeftButton, Qt::NoModifier, to);
    view().setFocus();
    QTest::keySequence(&view(), QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(), u"question\n\nanswer one\n\nanswer two"_s);
}

void TestTranscriptView::walksMessagesByKey() {
    turn(u"one"_s, paragraphs(30));
    turn(u"two"_s, u"2"_s);
    view().setFocus(Qt::TabFocusReason);
    QCOMPARE(view().currentRow(), 3);
    QTest::keyClick(&view(), Qt::Key_Up);
    QTest::keyClick(&view(), Qt::Key_Up);
    QCOMPARE(view().currentRow(), 1);
    QTest::keyClick(&view(), Qt::Key_Home);
    QCOMPARE(view().currentRow(), 0);
    QCOMPARE(view().verticalScrollBar()->value(), 0);
    QTest::keyClick(&view(), Qt::Key_Up);
    QCOMPARE(view().currentRow(), 0);
    QTest::keyClick(&view(), Qt::Key_End);
    QCOMPARE(view().currentRow(), 3);
    QVERIFY(view().isAtEnd());
    QTest::keySequence(&view(), QKeySequence::SelectAll);
    QTest::keySequence(&view(), QKeySequence::Copy);
    QCOMPARE(QGuiApplication::clipboard()->text(), u"2"_s);
}

void TestTranscriptView::menuReachesEveryAction() {
    turn(u"one"_s, u"```c\nint x;\n```"_s);
    view().setFocus();
    view().setCurrentRow(1);
    QTest::keyClick(&view(), Qt::Key_Return);
    auto* menu = view().findChild<QMenu*>();
    QVERIFY(menu != nullptr);
    QStringList texts;
    for (const QAction* action : menu->actions()) {
        texts.append(action->text());
    }
    QVERIFY(texts.contains(u"Copy"_s));
    QVERIFY(texts.contains(u"Regenerate"_s));
    QVERIFY(texts.contains(u"Copy code: int x;"_s));
    QSignalSpy asked(m_chat.get(), &ChatView::generateRequested);
    menu->actions()[texts.indexOf(u"Regenerate"_s)]->trigger();
    QCOMPARE(asked.size(), 1);
    menu->close();
}

void TestTranscriptView::screenReaderFindsMessages() {
    turn(u"one"_s, u"answer"_s);
    QAccessibleInterface* list = QAccessible::queryAccessibleInterface(&view());
    QVERIFY(list != nullptr);
    QCOMPARE(list->role(), QAccessible::List);
    QCOMPARE(list->childCount(), 2);
    QAccessibleInterface* reply = list->child(1);
    QCOMPARE(reply->role(), QAccessible::ListItem);
    QCOMPARE(reply->text(QAccessible::Name), u"tiny: answer"_s);
    QCOMPARE(list->indexOfChild(reply), 1);
    QVERIFY(reply->actionInterface()->actionNames().contains(u"Copy"_s));
    reply->actionInterface()->doAction(u"Copy"_s);
    QCOMPARE(QGuiApplication::clipboard()->text(), u"answer"_s);
    transcript().truncate(1);
    QVERIFY(!reply->isValid());
    QCOMPARE(list->childCount(), 1);
}

QPoint TestTranscriptView::middleOf(BoxId id) const {
    return layout().documentRect(id).center() - QPoint(0, view().verticalScrollBar()->value());
}

void TestTranscriptView::longCodeLinesScrollByWheel() {
    turn(u"one"_s, kLongCode);
    settle();
    QVERIFY(layout().box(kCode).lineWidth > layout().documentRect(kCode).width());
    const int lines = layout().documentRect(kCode).height();
    QVERIFY(lines < 5 * QFontMetrics(layout().style().codeFont).lineSpacing()); // three lines and the padding
    const QPointF place = middleOf(kCode);
    const auto turnWheel = [&](QPoint angle, Qt::KeyboardModifiers held) {
        QWheelEvent event(place, view().viewport()->mapToGlobal(place), QPoint(), angle, Qt::NoButton, held,
            Qt::NoScrollPhase, false);
        QApplication::sendEvent(view().viewport(), &event);
    };
    turnWheel({0, -240}, Qt::ShiftModifier);
    const int offset = layout().codeOffset(kCode);
    QVERIFY(offset > 0);
    QCOMPARE(layout().textOrigin(kCode).x(), layout().documentRect(kCode).left() - offset);
    turnWheel({-240, 0}, Qt::NoModifier); // a touchpad goes sideways by itself
    QCOMPARE(layout().codeOffset(kCode), 2 * offset);
    turnWheel({0, -1'000'000}, Qt::ShiftModifier);
    QCOMPARE(layout().codeOffset(kCode), layout().mostCodeOffset(kCode));
    turnWheel({0, 2'000'000}, Qt::ShiftModifier);
    QCOMPARE(layout().codeOffset(kCode), 0);
}

void TestTranscriptView::longCodeLinesScrollByTheBar() {
    turn(u"one"_s, kLongCode);
    settle();
    const QPoint up(0, view().verticalScrollBar()->value());
    const QPoint handle = layout().codeHandleRect(kCode).center() - up;
    const QRect bar = layout().codeBarRect(kCode).translated(-up);
    QTest::mousePress(view().viewport(), Qt::LeftButton, {}, handle);
    QTest::mouseMove(view().viewport(), handle + QPoint(40, 0));
    QVERIFY(qAbs(layout().codeHandleRect(kCode).center().x() - (handle.x() + 40)) <= 1);
    QTest::mouseRelease(view().viewport(), Qt::LeftButton, {}, handle + QPoint(40, 0));
    QVERIFY(!view().hasMarkedText());
    QTest::mouseClick(view().viewport(), Qt::LeftButton, {}, QPoint(bar.right() - 1, bar.center().y()));
    QCOMPARE(layout().codeOffset(kCode), layout().mostCodeOffset(kCode));
}

void TestTranscriptView::longCodeLinesScrollByKey() {
    turn(u"one"_s, kLongCode);
    settle();
    view().setFocus();
    view().setCurrentRow(1);
    QTest::keyClick(&view(), Qt::Key_Right);
    const int step = layout().codeOffset(kCode);
    QVERIFY(step > 0);
    QTest::keyClick(&view(), Qt::Key_Right);
    QTest::keyClick(&view(), Qt::Key_Left);
    QCOMPARE(layout().codeOffset(kCode), step);
}

void TestTranscriptView::scrolledCodeCanBeMarkedAndCopied() {
    turn(u"one"_s, kLongCode);
    settle();
    view().setFocus();
    view().setCurrentRow(1);
    for (int i = 0; i < 100; ++i) {
        QTest::keyClick(&view(), Qt::Key_Right);
    }
    // The last word of the long line stands at the right edge now.
    const int lineHeight = QFontMetrics(layout().style().codeFont).lineSpacing();
    const QRect text = layout().documentRect(kCode).translated(0, -view().verticalScrollBar()->value());
    QTest::mouseDClick(
        view().viewport(), Qt::LeftButton, {}, QPoint(text.right() - 8, text.top() + lineHeight * 3 / 2));
    QCOMPARE(view().markedText(), u"word_the_last"_s);
    for (const MessageAction& action : view().actionsOf(1)) {
        if (action.kind == MessageAction::Kind::CopyCode) {
            view().trigger(1, action);
        }
    }
    QCOMPARE(QGuiApplication::clipboard()->text(), kLongCode.section(u"```"_s, 1, 1).section(u'\n', 1).chopped(1));
}

void TestTranscriptView::markingBeyondTheEdgeScrollsTheCode() {
    turn(u"one"_s, kLongCode);
    settle();
    const QRect text = layout().documentRect(kCode).translated(0, -view().verticalScrollBar()->value());
    const int y = text.top() + QFontMetrics(layout().style().codeFont).lineSpacing() * 3 / 2;
    QTest::mousePress(view().viewport(), Qt::LeftButton, {}, QPoint(text.left() + 1, y));
    for (int i = 0; i < 300; ++i) {
        QTest::mouseMove(view().viewport(), QPoint(text.right() + 16 + i % 2, y));
    }
    QTest::mouseRelease(view().viewport(), Qt::LeftButton, {}, QPoint(text.right() + 16, y));
    QCOMPARE(layout().codeOffset(kCode), layout().mostCodeOffset(kCode));
    QVERIFY(view().markedText().startsWith(u"word_0"_s) && view().markedText().endsWith(u"word_the_last"_s));
}

void TestTranscriptView::shortCodeDoesNotScroll() {
    turn(u"one"_s, u"```\nshort\n```"_s);
    settle();
    QCOMPARE(layout().mostCodeOffset(kCode), 0);
    QVERIFY(layout().codeBarRect(kCode).isNull());
}

void TestTranscriptView::pastedParagraphsWrap() {
    turn(u"Pasted text:\n```\n"_s + u"word "_s.repeated(200) + u"\n```"_s, u"yes"_s);
    settle();
    const BoxId pasted{0, static_cast<int>(layout().message(0).segments.size()) - 1};
    QVERIFY(layout().box(pasted).isCode());
    QCOMPARE(layout().mostCodeOffset(pasted), 0);
    QVERIFY(layout().documentRect(pasted).height() > 5 * QFontMetrics(layout().style().codeFont).lineSpacing());
}

// 200,000 characters without a line end, as minified files have them.
void TestTranscriptView::aHugeLineOfCodeIsNoBurden() {
    strata::WorkClock watch;
    turn(u"one"_s, u"```\n"_s + u"x=1;"_s.repeated(50'000) + u"\n```"_s);
    settle();
    view().viewport()->repaint();
    const qint64 firstMs = watch.restart() / 1000;
    constexpr int kFrames = 10;
    for (int i = 0; i < kFrames; ++i) {
        view().viewport()->repaint();
    }
    const qint64 frameMs = watch.microseconds() / 1000 / kFrames;
    qInfo("a line of 200,000 characters: %lld ms at first, %lld ms a frame", static_cast<long long>(firstMs),
        static_cast<long long>(frameMs));
    QVERIFY(frameMs < 50 * strata::kSanitizerFactor);
    QVERIFY(layout().mostCodeOffset(kCode) > 0);
}

void TestTranscriptView::longTranscriptsAreSmooth_data() {
    QTest::addColumn<bool>("isOneMessage");
    QTest::newRow("one message") << true;
    QTest::newRow("300 messages") << false;
}

// A frame is 16 ms; the bounds are loose because the machines that test have no GPU.
void TestTranscriptView::longTranscriptsAreSmooth() {
    QFETCH(bool, isOneMessage);
    const QString text = hugeReply();
    strata::WorkClock watch;
    if (isOneMessage) {
        turn(u"one"_s, text);
    } else {
        for (int i = 0; i < 150; ++i) {
            turn(u"question %1"_s.arg(i), text.mid(i * (text.size() / 150), text.size() / 150));
        }
    }
    const qint64 openMs = watch.restart() / 1000;
    QScrollBar* bar = view().verticalScrollBar();
    qint64 worstUs = 0;
    qint64 totalUs = 0;
    constexpr int kFrames = 300;
    for (int i = 0; i < kFrames; ++i) {
        const strata::WorkClock frame;
        bar->setValue(i % 50 == 49 ? bar->maximum() * (i % 7) / 7 : bar->value() - 120);
        view().viewport()->repaint();
        const qint64 us = frame.microseconds();
        worstUs = std::max(worstUs, us);
        totalUs += us;
    }
    qInfo("open %lld ms; a frame %.1f ms in the mean, %.1f ms at worst", static_cast<long long>(openMs),
        static_cast<double>(totalUs) / kFrames / 1000, static_cast<double>(worstUs) / 1000);
    QVERIFY(totalUs / kFrames < 16'000 * strata::kSanitizerFactor);
    QVERIFY(worstUs < 200'000 * strata::kSanitizerFactor);
}

void TestTranscriptView::longRepliesStreamSmoothly() {
    m_chat->send(u"one"_s);
    m_chat->takePiece(hugeReply());
    const QString more = paragraphs(40);
    qint64 worstUs = 0;
    qint64 totalUs = 0;
    int frames = 0;
    for (qsizetype at = 0; at < more.size(); at += 26) { // 400 tok/s of 4 characters, joined every 16 ms
        const strata::WorkClock frame;
        m_chat->takePiece(more.mid(at, 26));
        view().viewport()->repaint();
        const qint64 us = frame.microseconds();
        worstUs = std::max(worstUs, us);
        totalUs += us;
        ++frames;
    }
    qInfo("behind 400,000 characters: a piece %.1f ms in the mean, %.1f ms at worst",
        static_cast<double>(totalUs) / frames / 1000, static_cast<double>(worstUs) / 1000);
    QVERIFY(totalUs / frames < 16'000 * strata::kSanitizerFactor);
    QVERIFY(worstUs < 200'000 * strata::kSanitizerFactor);
}

QTEST_MAIN(TestTranscriptView)
#include "tst_transcript_view.moc"
