// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/transcript_view.h"

#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

// What a window shows that paints no more than it was asked to.
class Screen : public QObject {
public:
    explicit Screen(QWidget& widget) : m_widget(widget), m_shown(picture()) { widget.installEventFilter(this); }

    QImage picture() { // of all of it, painted anew
        m_isPicturing = true;
        const QImage image = m_widget.grab().toImage();
        m_isPicturing = false;
        return image;
    }
    const QImage& shown() { // with what was painted since the last time
        const QImage now = picture();
        QPainter painter(&m_shown);
        painter.setClipRegion(m_painted);
        painter.drawImage(0, 0, now);
        m_lastPainted = std::exchange(m_painted, QRegion());
        return m_shown;
    }
    const QRegion& lastPainted() const { return m_lastPainted; } // that shown() showed
    int paintCount() const { return m_paintCount; }

protected:
    bool eventFilter(QObject* /*watched*/, QEvent* event) override {
        if (event->type() == QEvent::Paint && !m_isPicturing) {
            m_painted |= static_cast<QPaintEvent*>(event)->region();
            ++m_paintCount;
        }
        return false;
    }

private:
    QWidget& m_widget;
    bool m_isPicturing = false;
    QImage m_shown;
    QRegion m_painted;
    QRegion m_lastPainted;
    int m_paintCount = 0;
};

QString everything() {
    return u"## Heading\n\nSome *words* with `code` and **weight**, long enough to break over more than one line.\n\n"
           u"1. first\n2. second\n   ```py\n   x = 1\n   ```\n3. third\n\n```cpp\nint main() {\n    return 0; // no\n}\n"
           u"```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | a cell with more words |\n\n> quote\n\n---\n\nEnd.\n\n"_s;
}

} // namespace

// A reply that grows is painted as often and as far as it must be, and no more.
class TestTranscriptPainting : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_chat.reset(); }
    void whatIsPaintedIsAllThatChanged_data();
    void whatIsPaintedIsAllThatChanged();
    void wordsWithinALinePaintOnlyTheirParagraph();
    void anUpdateIsPaintedOnce();
    void tablesHaveLinesRoundTheirCells();

private:
    TranscriptView& view() const { return m_chat->transcriptView(); }
    void take(const QString& piece);
    bool isMeasured() const; // no height of a text is an estimate any more

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ChatView> m_chat;
};

void TestTranscriptPainting::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_chat = std::make_unique<ChatView>(m_folder->filePath(u"chat.json"_s));
    m_chat->resize(700, 600);
    m_chat->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_chat.get()));
    LoadedModel model;
    model.summary.name = "tiny";
    model.contextTokens = 8192;
    m_chat->showModel(model);
    m_chat->send(u"Write"_s);
}

void TestTranscriptPainting::take(const QString& piece) {
    m_chat->takePiece(piece);
    QCoreApplication::processEvents();
    QCoreApplication::sendPostedEvents(); // what a timer of just now has moved is painted as well
}

bool TestTranscriptPainting::isMeasured() const {
    for (int row = 0; row < view().layoutOfText().messageCount(); ++row) {
        const auto& segments = view().layoutOfText().message(row).segments;
        if (!std::all_of(segments.begin(), segments.end(), [](const SegmentBox& box) { return box.isExact; })) {
            return false;
        }
    }
    return true;
}

void TestTranscriptPainting::whatIsPaintedIsAllThatChanged_data() {
    QTest::addColumn<int>("size");
    QTest::newRow("letters") << 1;
    QTest::newRow("words") << 7;
    QTest::newRow("lines") << 40;
}

void TestTranscriptPainting::whatIsPaintedIsAllThatChanged() {
    QFETCH(const int, size);
    take(everything());
    QTest::qWait(50);
    Screen screen(*view().viewport());
    const QString text = everything();
    for (qsizetype at = 0; at < text.size(); at += size) {
        take(text.mid(at, size));
        const QImage& shown = screen.shown();
        QVERIFY2(shown == screen.picture(), qPrintable(u"behind: "_s + text.left(at + size)));
    }
}

void TestTranscriptPainting::wordsWithinALinePaintOnlyTheirParagraph() {
    take(everything().repeated(3) + u"A paragraph that "_s);
    QTRY_VERIFY(isMeasured());
    QCoreApplication::sendPostedEvents();
    Screen screen(*view().viewport());
    take(u"goes on"_s);
    QTRY_COMPARE(screen.paintCount(), 1);
    QCOMPARE(screen.shown(), screen.picture());
    QVERIFY(!screen.lastPainted().isEmpty());
    QVERIFY(screen.lastPainted().boundingRect().top() > view().viewport()->height() / 2);
    take(u" and on until there is another line of it, and the text above it moves up, the whole window of it"_s);
    QTRY_COMPARE(screen.paintCount(), 2);
    QCOMPARE(screen.shown(), screen.picture());
    QCOMPARE(screen.lastPainted().boundingRect(), view().viewport()->rect());
}

void TestTranscriptPainting::anUpdateIsPaintedOnce() {
    take(everything().repeated(3));
    QTRY_VERIFY(isMeasured());
    QCoreApplication::sendPostedEvents();
    const Screen screen(*view().viewport());
    take(u"More words."_s);
    QTRY_VERIFY(screen.paintCount() > 0); // later, where laying out took long before
    QTest::qWait(50);                     // as long as it takes to look for what is not measured yet
    QCOMPARE(screen.paintCount(), 1);
}

void TestTranscriptPainting::tablesHaveLinesRoundTheirCells() {
    take(u"| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | a cell of many words, so many that they take up "
         u"more than one line of the window in which they are shown here |\n"_s);
    QTRY_VERIFY(isMeasured() && !view().layoutOfText().message(1).segments.empty());
    Screen screen(*view().viewport());
    const QImage image = screen.picture();
    const QRgb line = view().layoutOfText().style().line.rgb();
    const QRect table = view().layoutOfText().documentRect({1, 0}).translated(0, -view().verticalScrollBar()->value());
    const auto countOf = [&](QPoint at, QPoint step) {
        int count = 0;
        for (; table.contains(at); at += step) {
            count += image.pixelColor(at).rgb() == line ? 1 : 0;
        }
        return count;
    };
    // Just within the first line, where cells have no text, every pixel of that colour is a line's.
    QCOMPARE(countOf(table.topLeft() + QPoint(0, 3), {1, 0}), 4);
    QCOMPARE(countOf(table.topLeft() + QPoint(3, 0), {0, 1}), 4);
    QCOMPARE(image.pixelColor(table.topLeft()).rgb(), line);
}

QTEST_MAIN(TestTranscriptPainting)
#include "tst_transcript_painting.moc"
