// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_view.h"
#include "gui/chat/composer.h"
#include "gui/chat/transcript_view.h"
#include "gui/theme.h"
#include "tests/gui/desk.h"
#include "tests/support/slow_backend.h"
#include "tests/support/tiny_model.h"

#include <QDir>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QTemporaryDir>

#include <cmath>

namespace {

constexpr double kLeastContrast = 2.0; // between a pixel with the focus and without

QRect placeIn(const QWidget& window, const QWidget& widget) {
    return {widget.mapTo(&window, QPoint()), widget.size()};
}

// What the widgets round it leave of a widget.
QRect partInView(const QWidget& widget) {
    QRect part = widget.rect();
    for (const QWidget* inner = &widget; !inner->isWindow(); inner = inner->parentWidget()) {
        part = part.translated(inner->pos()).intersected(inner->parentWidget()->rect());
    }
    return part;
}

QString nameOf(const QWidget& widget) {
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    return button != nullptr && !button->text().isEmpty() ? button->text() : widget.accessibleName();
}

// The dock that holds a widget, or what stands in the middle.
const QWidget* regionOf(const QMainWindow& window, const QWidget& widget) {
    const QWidget* above = &widget;
    while (above->parentWidget() != &window) {
        above = above->parentWidget();
    }
    return above;
}

// Relative luminance and contrast as WCAG 2 defines them.
double luminance(QRgb color) {
    const auto linear = [](int channel) {
        const double value = channel / 255.0;
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(color)) + 0.7152 * linear(qGreen(color)) + 0.0722 * linear(qBlue(color));
}

double contrast(QRgb a, QRgb b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

int changedPixels(const QImage& before, const QImage& after, const QRect& place, double leastContrast) {
    int count = 0;
    const QRect part = place.intersected(before.rect());
    for (int y = part.top(); y <= part.bottom(); ++y) {
        for (int x = part.left(); x <= part.right(); ++x) {
            count += contrast(before.pixel(x, y), after.pixel(x, y)) >= leastContrast ? 1 : 0;
        }
    }
    return count;
}

} // namespace

class TestKeyboard : public QObject {
    Q_OBJECT

private slots:
    void init();
    void tabFollowsTheEye();
    void tabFollowsTheEyeAfterADockWasMoved();
    void backwardsVisitsTheSame();
    void tabReachesTheTranscript();
    void tabBringsWhatIsScrolledAwayIntoView();
    void focusShows_data();
    void focusShows();
    void escapeClosesTheKeysThenEmptiesTheFilterThenStops();
    void escapeIsLeftToWhatIsBeingEdited();
    void menusHaveLetters();

private:
    std::unique_ptr<Desk> fullDesk();
    static QList<QWidget*> walk(const Desk& desk, Qt::Key key);
    static void checkOrder(const Desk& desk, const QList<QWidget*>& stops);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestKeyboard::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    const QString models = m_folder->filePath(QStringLiteral("models"));
    QVERIFY(QDir(m_folder->path()).mkpath(models));
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(models.toStdString(), model);
    Settings(m_folder->filePath(QStringLiteral("strata.ini"))).set(setting::watchedFolders, {models});
}

// A window with everything in it: all docks, a model, a conversation, a draft.
std::unique_ptr<Desk> TestKeyboard::fullDesk() {
    auto desk = std::make_unique<Desk>(m_folder->path());
    desk->window->resize(1500, 900);
    for (QDockWidget* dock : desk->window->findChildren<QDockWidget*>()) {
        dock->show();
    }
    desk->window->loadModel(m_folder->filePath(QStringLiteral("models/tiny.gguf")));
    [&] { QVERIFY(desk->waitFor(State::Ready)); }();
    [&] { QTRY_VERIFY(desk->table()->currentIndex().isValid()); }();
    ChatTranscript& transcript = desk->window->chat().transcript();
    transcript.appendOwn(QStringLiteral("Question"));
    transcript.beginReply(QStringLiteral("Tiny"));
    transcript.appendPiece(QStringLiteral("Answer"));
    transcript.endReply({.generatedTokens = 3});
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("draft"));
    QCoreApplication::processEvents();
    return desk;
}

// Once round, beginning with where the focus is.
QList<QWidget*> TestKeyboard::walk(const Desk& desk, Qt::Key key) {
    QList<QWidget*> stops;
    const Qt::KeyboardModifiers held = key == Qt::Key_Backtab ? Qt::ShiftModifier : Qt::NoModifier;
    for (QWidget* focus = QApplication::focusWidget(); focus != nullptr && !stops.contains(focus);
         focus = QApplication::focusWidget()) {
        stops.append(focus);
        desk.press(key, held);
    }
    return stops;
}

// From a stop to the next one within a dock or the middle: further down, or on the same height further right. From one
// dock to another: further right, or on the same side further down.
void TestKeyboard::checkOrder(const Desk& desk, const QList<QWidget*>& stops) {
    int wraps = 0;
    for (qsizetype i = 0; i < stops.size(); ++i) {
        const QWidget& from = *stops[i];
        const QWidget& to = *stops[(i + 1) % stops.size()];
        const QWidget* fromRegion = regionOf(*desk.window, from);
        const QWidget* toRegion = regionOf(*desk.window, to);
        const bool isWithin = fromRegion == toRegion;
        const QRect a = isWithin ? placeIn(*desk.window, from) : fromRegion->geometry();
        const QRect b = isWithin ? placeIn(*desk.window, to) : toRegion->geometry();
        const bool isBelow = b.top() > a.bottom();
        const bool isBeside = b.left() > a.right();
        const bool isForward =
            isWithin ? isBelow || (b.bottom() >= a.top() && isBeside) : isBeside || (b.right() >= a.left() && isBelow);
        if (!isForward) {
            ++wraps;
            QVERIFY2(wraps == 1, qPrintable(nameOf(from) + QStringLiteral(" -> ") + nameOf(to)));
        }
    }
}

void TestKeyboard::tabFollowsTheEye() {
    const auto desk = fullDesk();
    const QList<QWidget*> stops = walk(*desk, Qt::Key_Tab);
    QVERIFY(stops.size() > 20);
    checkOrder(*desk, stops);
}

void TestKeyboard::tabFollowsTheEyeAfterADockWasMoved() {
    const auto desk = fullDesk();
    desk->window->addDockWidget(Qt::RightDockWidgetArea, desk->dock("models"));
    desk->window->addDockWidget(Qt::LeftDockWidgetArea, desk->dock("replies"));
    QCoreApplication::processEvents();
    checkOrder(*desk, walk(*desk, Qt::Key_Tab));
}

void TestKeyboard::backwardsVisitsTheSame() {
    const auto desk = fullDesk();
    const QList<QWidget*> forward = walk(*desk, Qt::Key_Tab);
    QList<QWidget*> backward = walk(*desk, Qt::Key_Backtab);
    std::reverse(backward.begin() + 1, backward.end()); // both begin at the same place
    QCOMPARE(backward, forward);
}

void TestKeyboard::tabReachesTheTranscript() {
    const auto desk = fullDesk();
    desk->window->chat().transcriptView().setFocus();
    desk->press(Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget()->accessibleName(), QStringLiteral("Message"));
    desk->press(Qt::Key_Backtab, Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget(), &desk->window->chat().transcriptView());
    QCOMPARE(desk->window->chat().transcriptView().currentRow(), 1);
}

void TestKeyboard::tabBringsWhatIsScrolledAwayIntoView() {
    const auto desk = fullDesk();
    desk->window->resize(1500, 500);
    QCoreApplication::processEvents();
    QPushButton* last = desk->button(QStringLiteral("Reset all"));
    last->setFocus();
    desk->press(Qt::Key_Tab);
    for (QScrollArea* area : desk->dock("replies")->findChildren<QScrollArea*>()) {
        area->verticalScrollBar()->setValue(0);
    }
    QVERIFY(partInView(*last).isEmpty());
    desk->press(Qt::Key_Backtab, Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget(), last);
    QVERIFY(partInView(*last).size() == last->size());
}

void TestKeyboard::focusShows_data() {
    QTest::addColumn<QString>("theme");
    QTest::newRow("light") << QStringLiteral("light");
    QTest::newRow("dark") << QStringLiteral("dark");
}

// At least a line one pixel wide along a quarter of the way round, in a colour that stands out from what was there.
void TestKeyboard::focusShows() {
    QFETCH(QString, theme);
    Settings settings(m_folder->filePath(QStringLiteral("theme.ini")));
    settings.set(setting::theme, theme);
    const Theme applied(settings);
    const auto desk = fullDesk();
    desk->window->resize(1500, 1400);
    QCoreApplication::processEvents();
    const QList<QWidget*> stops = walk(*desk, Qt::Key_Tab);
    for (QWidget* stop : stops) {
        const QImage with = desk->window->grab().toImage();
        stop->clearFocus(); // rather than Tab, which may scroll to where it goes
        const QImage without = desk->window->grab().toImage();
        const QRect place = placeIn(*desk->window, *stop).adjusted(-4, -4, 4, 4);
        stop->setFocus();
        desk->press(Qt::Key_Tab);
        const int changed = changedPixels(without, with, place, kLeastContrast);
        QVERIFY2(changed >= (stop->width() + stop->height()) / 2,
            qPrintable(QStringLiteral("%1: %2 pixels").arg(nameOf(*stop)).arg(changed)));
    }
}

void TestKeyboard::escapeClosesTheKeysThenEmptiesTheFilterThenStops() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.window->loadModel(m_folder->filePath(QStringLiteral("models/tiny.gguf")));
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    desk.window->chat().send(QStringLiteral("Hello"));
    gates->verbs.waitForVisitor();
    desk.press(Qt::Key_F1);
    desk.press(Qt::Key_L, Qt::ControlModifier);
    auto* filter = desk.find<QLineEdit>(QStringLiteral("Filter models"));
    QTest::keyClicks(filter, QStringLiteral("tin"));
    desk.press(Qt::Key_Escape);
    QVERIFY(!desk.dock("keys")->isVisible());
    QCOMPARE(filter->text(), QStringLiteral("tin"));
    desk.press(Qt::Key_Escape);
    QCOMPARE(filter->text(), QString());
    QVERIFY(!desk.controller.isStopping());
    desk.press(Qt::Key_Escape);
    QVERIFY(desk.controller.isStopping());
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
}

void TestKeyboard::escapeIsLeftToWhatIsBeingEdited() {
    const auto desk = fullDesk();
    desk->dock("keys")->hide();
    desk->window->chat().composer().clear();
    desk->press(Qt::Key_Up);
    QVERIFY(desk->window->chat().composer().isEditing());
    desk->press(Qt::Key_Escape);
    QVERIFY(!desk->window->chat().composer().isEditing());
}

// But for the entries that are made of names and numbers.
void TestKeyboard::menusHaveLetters() {
    const auto desk = fullDesk();
    QList<const QWidget*> menus = {desk->window->menuBar()};
    const QStringList listed = {QStringLiteral("&Recent models"), QStringLiteral("E&arlier chats")};
    while (!menus.isEmpty()) {
        QSet<QChar> letters;
        for (const QAction* action : menus.takeFirst()->actions()) {
            const QString text = action->text();
            if (action->isSeparator()) {
                continue;
            }
            const QChar letter = text.mid(text.indexOf(u'&') + 1, 1).toLower().front();
            QVERIFY2(text.contains(u'&') && !letters.contains(letter), qPrintable(text));
            letters.insert(letter);
            if (action->menu() != nullptr && !listed.contains(text)) {
                menus.append(action->menu());
            }
        }
    }
}

QTEST_MAIN(TestKeyboard)
#include "tst_keyboard.moc"
