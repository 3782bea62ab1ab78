// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/reduced_motion.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_legend.h"
#include "gui/tiermap/tier_map_panel.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/tiermap/tier_palette.h"
#include "gui/tiermap/token_trail.h"
#include "gui/tiermap/wire_bars.h"
#include "tests/gui/desk.h"
#include "tests/support/slow_backend.h"
#include "tests/support/tiny_model.h"

#include "core/cpu/cpu_backend.h"
#include "core/tier/typical_profile.h"

#include <QLabel>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>

using strata::BlockKind;
using strata::Executor;
using strata::Tier;
using strata::Wire;

namespace {

void addBlock(strata::Plan& plan, BlockKind kind, std::uint32_t layer, Tier tier, std::uint64_t bytes) {
    plan.blocks.push_back({.kind = kind,
        .layer = strata::LayerIndex(layer),
        .tier = tier,
        .packedBytes = bytes,
        .hostBytes = bytes,
        .readBytes = bytes,
        .weightCount = bytes});
    plan.tierBytes[static_cast<std::size_t>(tier)] += bytes;
    ++plan.tierBlockCount[static_cast<std::size_t>(tier)];
}

// Layers with a feed-forward four times as large as the attention; the first `inVram` of them there, the last `onDisk`
// of them there.
strata::Plan makePlan(std::uint32_t layers, std::uint32_t inVram = 0, std::uint32_t onDisk = 0) {
    strata::Plan plan;
    plan.layerCount = layers;
    plan.usesGpu = inVram > 0;
    addBlock(plan, BlockKind::Embedding, 0, Tier::Ram, 590'000'000);
    for (std::uint32_t i = 0; i < layers; ++i) {
        const Tier tier = i < inVram ? Tier::Vram : i < layers - onDisk ? Tier::Ram : Tier::Disk;
        addBlock(plan, BlockKind::Attention, i, tier, 100'000'000);
        addBlock(plan, BlockKind::FeedForward, i, tier, 400'000'000);
    }
    addBlock(plan, BlockKind::Head, 0, inVram > 0 ? Tier::Vram : Tier::Ram, 860'000'000);
    return plan;
}

// A large model that nobody has to load: every third block outside VRAM is streamed.
LoadedModel makeModel(const strata::Plan& plan) {
    strata::Schedule schedule;
    for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
        const bool isResident = plan.blocks[i].tier == Tier::Vram;
        schedule.executors.push_back(isResident                   ? Executor::Resident
                                     : plan.usesGpu && i % 3 == 0 ? Executor::Streamed
                                                                  : Executor::Host);
    }
    LoadedModel model;
    model.plan = std::make_shared<strata::Plan>(plan);
    model.decode = std::make_shared<strata::Schedule>(schedule);
    model.metrics = std::make_shared<strata::Metrics>();
    model.forecast.decode.bytes = {22'100'000'000, 6'000'000'000, 12'400'000'000, 0};
    model.forecast.decode.bound = Wire::Host;
    return model;
}

// Relative luminance of the Web Content Accessibility Guidelines 2.1.
double luminance(const QColor& color) {
    const auto linear = [](double channel) {
        return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

QStringList textsOf(const QWidget& widget) {
    QStringList texts;
    for (const QLabel* label : widget.findChildren<QLabel*>())
        if (!label->isHidden())
            texts.append(label->text());
    return texts;
}

GenerateCommand question() {
    GenerateCommand command;
    command.messages = {{strata::ChatRole::User, "Hello"}};
    return command;
}

} // namespace

class TestTierMap : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cellsFillTheRectangleOnce_data();
    void cellsFillTheRectangleOnce();
    void heightsFollowBytes();
    void largerEndsAreWider();
    void everyPlaceLeadsBackToItsBlock();
    void arrowsWalkTheMap();
    void tiersTellApart_data();
    void tiersTellApart();
    void texturesTellExecutorsApart();
    void theTrailFadesBehindTheBlockAtWork();
    void theTrailFollowsTheEngineAndRests();
    void reducedMotionMovesNothing();
    void ratesAreMeansOfTheLastSecond();
    void legendNamesOnlyWhatIsThere();
    void boundWireIsNamedIfMeasured();
    void withoutAModelOneSentence();
    void loadedModelShowsItsTiers();
    void mapTellsOfTheBlockUnderTheKeys();
    void nothingIsSampledWhileHidden();
    void dockIsHiddenAtFirstAndComesBack();
    void layoutFromBeforeTheMapStillHolds();

private:
    QString path(const char* name) const { return m_folder->filePath(QLatin1String(name)); }
    LoadCommand onTwoTiers() const;

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestTierMap::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    strata::TinyModel model;
    model.chatTemplate = strata::kTinyChatTemplate;
    strata::writeTinyModel(m_folder->path().toStdString(), model);
}

// The last feed-forward on disk, all else in RAM.
LoadCommand TestTierMap::onTwoTiers() const {
    LoadCommand command;
    command.path = path("tiny.gguf");
    command.places = {{strata::BlockIndex(4), strata::BlockIndex(4), Tier::Disk}};
    return command;
}

void TestTierMap::cellsFillTheRectangleOnce_data() {
    QTest::addColumn<int>("layers");
    QTest::addColumn<QSize>("size");
    for (const int layers : {2, 32, 80, 200})
        for (const QSize size : {QSize(312, 152), QSize(1001, 33), QSize(202, 120), QSize(61, 7), QSize(1, 1)})
            QTest::addRow("%d layers, %d x %d", layers, size.width(), size.height()) << layers << size;
}

void TestTierMap::cellsFillTheRectangleOnce() {
    QFETCH(const int, layers);
    QFETCH(const QSize, size);
    const QRect area(QPoint(5, 9), size);
    const strata::Plan plan = makePlan(static_cast<std::uint32_t>(layers));
    const TierMapGeometry geometry(plan, area);
    QCOMPARE(geometry.cells().size(), plan.blocks.size());
    std::vector<int> covered(static_cast<std::size_t>(size.width() * size.height()));
    for (const QRect& cell : geometry.cells()) {
        QVERIFY(cell.isEmpty() || area.contains(cell));
        for (int y = cell.top(); y <= cell.bottom(); ++y)
            for (int x = cell.left(); x <= cell.right(); ++x)
                ++covered[static_cast<std::size_t>((y - area.top()) * size.width() + x - area.left())];
    }
    QVERIFY(std::all_of(covered.begin(), covered.end(), [](int count) { return count == 1; }));
}

void TestTierMap::heightsFollowBytes() {
    const TierMapGeometry geometry(makePlan(4), QRect(0, 0, 60, 100));
    QCOMPARE(geometry.cells()[1].height(), 20); // a fifth
    QCOMPARE(geometry.cells()[2].height(), 80);
    QCOMPARE(geometry.cells()[2].top(), 20);
    QCOMPARE(geometry.cells()[2].left(), geometry.cells()[1].left());
    QCOMPARE(geometry.cells()[0].height(), 100);
}

void TestTierMap::largerEndsAreWider() {
    const TierMapGeometry geometry(makePlan(80), QRect(0, 0, 8000, 100));
    const int layer = geometry.cells()[1].width();
    QVERIFY(geometry.cells().back().width() > layer * 3 / 2); // 860 MB, and a layer has 500
    strata::Plan tied = makePlan(2);
    tied.blocks.back().hostBytes = 0; // a tied head
    QVERIFY(TierMapGeometry(tied, QRect(0, 0, 400, 100)).cells().back().width() > 80);
}

void TestTierMap::everyPlaceLeadsBackToItsBlock() {
    for (const std::uint32_t layers : {2U, 32U, 80U, 200U}) {
        const TierMapGeometry geometry(makePlan(layers), QRect(4, 4, 312, 152));
        for (std::size_t i = 0; i < geometry.cells().size(); ++i) {
            QVERIFY(!geometry.cells()[i].isEmpty());
            QCOMPARE(geometry.blockAt(geometry.cells()[i].topLeft()), std::optional(i));
            QCOMPARE(geometry.blockAt(geometry.cells()[i].bottomRight()), std::optional(i));
        }
        QVERIFY(!geometry.blockAt({3, 10}));
        QVERIFY(!geometry.blockAt({10, 156}));
    }
}

void TestTierMap::arrowsWalkTheMap() {
    using Step = TierMapGeometry::Step;
    const TierMapGeometry geometry(makePlan(3), QRect(0, 0, 300, 100)); // 0 | 1 2 | 3 4 | 5 6 | 7
    QCOMPARE(geometry.neighbour(0, Step::Left), 0U);
    QCOMPARE(geometry.neighbour(0, Step::Right), 1U);
    QCOMPARE(geometry.neighbour(1, Step::Down), 2U);
    QCOMPARE(geometry.neighbour(2, Step::Down), 2U);
    QCOMPARE(geometry.neighbour(2, Step::Right), 4U);
    QCOMPARE(geometry.neighbour(4, Step::Up), 3U);
    QCOMPARE(geometry.neighbour(6, Step::Right), 7U);
    QCOMPARE(geometry.neighbour(7, Step::Right), 7U);
    QCOMPARE(geometry.neighbour(7, Step::First), 0U);
    QCOMPARE(geometry.neighbour(1, Step::Last), 7U);
}

void TestTierMap::tiersTellApart_data() {
    QTest::addColumn<bool>("isDark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

// Whatever is no solid blue also has ink on it, which has to stand out; the mark of a block and the text beside the
// map have to do so too.
void TestTierMap::tiersTellApart() {
    QFETCH(const bool, isDark);
    const QPalette palette = isDark ? darkPalette() : lightPalette();
    const QColor ground = palette.color(QPalette::Window);
    for (const Tier tier : {Tier::Vram, Tier::Ram, Tier::Disk}) {
        const QColor color = tierColor(tier, palette);
        QVERIFY2(contrast(color, ground) >= 1.9, strata::tierName(tier).data());
        QVERIFY2(contrast(color, QColor(0x1b, 0x1f, 0x24)) >= 3, strata::tierName(tier).data());
    }
    const QColor vram = tierColor(Tier::Vram, palette);
    QVERIFY(contrast(vram, ground) >= 3);
    QVERIFY(contrast(palette.color(QPalette::WindowText), ground) >= 4.5);
    QVERIFY(contrast(palette.color(QPalette::PlaceholderText), ground) >= 4.5);
    QVERIFY(contrast(wireColor(Wire::Link, palette), ground) >= 3);
    QVERIFY(contrast(cellOutline(palette), ground) >= 3);
}

void TestTierMap::texturesTellExecutorsApart() {
    const QColor color(0xe69f00);
    QCOMPARE(textureBrush(color, Executor::Resident, 1).style(), Qt::SolidPattern);
    for (const double ratio : {1.0, 1.5, 2.0}) {
        const QImage hatch = textureBrush(color, Executor::Streamed, ratio).textureImage();
        const QImage dots = textureBrush(color, Executor::Host, ratio).textureImage();
        QVERIFY(!hatch.isNull() && hatch.size() == dots.size());
        QVERIFY(hatch != dots);
    }
}

void TestTierMap::theTrailFadesBehindTheBlockAtWork() {
    const std::vector<float> even = tokenTrail(10, 5, {});
    QCOMPARE(even[5], 1.0F);
    QVERIFY(even[4] < 1.0F && even[3] < even[4] && even[2] < even[3] && even[2] > 0.0F);
    QCOMPARE(even[1], 0.0F);
    QCOMPARE(even[6], 0.0F);
    QVERIFY(tokenTrail(10, 0, {})[9] > 0.0F); // of the token before
    const std::vector<std::uint64_t> times = {1, 1, 50, 1, 1, 1, 1, 1, 1, 1};
    const std::vector<float> timed = tokenTrail(10, 5, times);
    QCOMPARE(timed[3], even[3]); // done a moment ago, but some blocks ago
    QCOMPARE(timed[2], 0.0F);    // begun long ago
    QCOMPARE(slowestBlock(times), std::size_t(2));
    QVERIFY(tokenTrail(10, 10, times) == std::vector<float>(10, 0.0F)); // of another model
    QVERIFY(tokenTrail(0, 0, {}).empty());
}

void TestTierMap::theTrailFollowsTheEngineAndRests() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    desk.dock("tiermap")->show();
    auto* map = desk.window->findChild<TierMapView*>();
    desk.controller.load(onTwoTiers());
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(!map->blockAtWork());
    gates->verbs.close();
    GenerateCommand asked = question();
    asked.maxTokens = 2;
    QVERIFY(desk.controller.generate(asked));
    gates->verbs.waitForVisitor();
    QTRY_VERIFY(map->blockAtWork() == std::optional<std::size_t>(0)); // the embedding
    gates->verbs.letThrough(1);
    gates->verbs.waitForVisitor();
    QTRY_VERIFY(map->blockAtWork() == std::optional<std::size_t>(1));
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(map->blockAtWork().has_value()); // the slowest stays marked
    QVERIFY(!desk.window->findChild<TierMapPanel*>()->isSampling());
}

void TestTierMap::reducedMotionMovesNothing() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    const auto portalSays = [&](const QString& group, const QString& key, const QVariant& value) {
        desk.window->findChild<ReducedMotion*>()->take(group, key, value);
    };
    desk.dock("tiermap")->show();
    auto* map = desk.window->findChild<TierMapView*>();
    desk.controller.load(onTwoTiers());
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    GenerateCommand asked = question();
    asked.maxTokens = 2;
    QVERIFY(desk.controller.generate(asked));
    gates->verbs.waitForVisitor();
    const auto lookAgain = [&] { // a sample is taken as soon as somebody sees it
        map->showTrail(std::nullopt, {});
        desk.dock("tiermap")->hide();
        desk.dock("tiermap")->show();
        return map->blockAtWork().has_value();
    };
    portalSays(QStringLiteral("org.freedesktop.appearance"), QStringLiteral("reduced-motion"), 1U);
    QVERIFY(!lookAgain());
    portalSays(QStringLiteral("org.freedesktop.appearance"), QStringLiteral("reduced-motion"), 0U);
    QVERIFY(lookAgain());
    portalSays(QStringLiteral("org.gnome.desktop.interface"), QStringLiteral("enable-animations"), false);
    QVERIFY(!lookAgain());
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(map->blockAtWork().has_value()); // the slowest, which stands still
}

void TestTierMap::ratesAreMeansOfTheLastSecond() {
    WireRates rates;
    strata::MetricsSnapshot totals;
    rates.add(totals, 10.0);
    QCOMPARE(rates.bytesPerSecond(Wire::Host), 0.0);
    for (int i = 1; i <= 20; ++i) { // a pass of 500 bytes every half a second
        totals.wire(Wire::Host).bytes = static_cast<std::uint64_t>(i / 5 * 500);
        rates.add(totals, 10.0 + i * 0.1);
    }
    QVERIFY(std::abs(rates.bytesPerSecond(Wire::Host) - 1000) < 1);
    QCOMPARE(rates.bytesPerSecond(Wire::Disk), 0.0);
    rates.clear();
    rates.add(totals, 20.0);
    QCOMPARE(rates.bytesPerSecond(Wire::Host), 0.0);
}

void TestTierMap::legendNamesOnlyWhatIsThere() {
    const LoadedModel model = makeModel(makePlan(80, 44));
    QCOMPARE(tierTotals(*model.plan),
        QStringList({QStringLiteral("graphics memory (VRAM) 22.9 GB, 89 blocks"),
            QStringLiteral("RAM 18.6 GB, 73 blocks")}));
    TierLegend legend;
    legend.setModel(*model.plan, *model.decode);
    QStringList texts = textsOf(legend);
    QVERIFY(texts.contains(QStringLiteral("GPU, streamed over the link")));
    QVERIFY(!texts.contains(QStringLiteral("disk")));
    const LoadedModel small = makeModel(makePlan(2, 0, 1));
    legend.setModel(*small.plan, *small.decode);
    texts = textsOf(legend);
    QVERIFY(texts.contains(QStringLiteral("disk")));
    QVERIFY(texts.contains(QStringLiteral("500 MB, 2 blocks")));
    QVERIFY(!texts.contains(QStringLiteral("GPU, streamed over the link")));
    QVERIFY(!texts.contains(QStringLiteral("graphics memory (VRAM)")));
}

void TestTierMap::boundWireIsNamedIfMeasured() {
    LoadedModel model = makeModel(makePlan(80, 44));
    QCOMPARE(boundSentence(model), QString());
    model.isMeasured = true;
    QVERIFY(boundSentence(model).startsWith(QStringLiteral("RAM sets the speed: the CPU reads 12.4 GB")));
    QVERIFY(boundSentence(model).contains(QStringLiteral("More graphics memory")));
    std::array<QString, strata::kWireCount> sentences;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
        model.forecast.decode.bound = static_cast<Wire>(i);
        sentences[i] = boundSentence(model);
        QVERIFY(!sentences[i].isEmpty());
        QCOMPARE(std::count(sentences.begin(), sentences.end(), sentences[i]), 1);
    }
}

void TestTierMap::withoutAModelOneSentence() {
    Desk desk(m_folder->path());
    desk.dock("tiermap")->show();
    const auto* panel = desk.window->findChild<TierMapPanel*>();
    QVERIFY(!panel->findChild<TierMapView*>()->isVisible());
    QVERIFY(desk.find<QLabel>(QStringLiteral("No model"))->isVisible());
}

void TestTierMap::loadedModelShowsItsTiers() {
    Desk desk(m_folder->path());
    desk.dock("tiermap")->show();
    auto profile = std::make_shared<strata::MachineProfile>(
        strata::typicalProfile(strata::cpuBackend(1).info, std::nullopt));
    profile->date = "2026-01-01";
    LoadCommand command = onTwoTiers();
    command.profile = profile;
    desk.controller.load(command);
    QVERIFY(desk.waitFor(State::Ready));
    const auto* panel = desk.window->findChild<TierMapPanel*>();
    auto* map = panel->findChild<TierMapView*>();
    QVERIFY(map->isVisible());
    QVERIFY(!desk.find<QLabel>(QStringLiteral("No model"))->isVisible());
    const QStringList texts = textsOf(*panel);
    QVERIFY2(texts.filter(QStringLiteral(", 5 blocks")).size() == 1, qPrintable(texts.join(u'\n')));
    QVERIFY2(texts.filter(QStringLiteral(", 1 block")).size() == 1, qPrintable(texts.join(u'\n')));
    QVERIFY(texts.contains(QStringLiteral("disk")));
    QVERIFY(!desk.find<QLabel>(QStringLiteral("What sets the speed"))->text().isEmpty());
    QVERIFY(map->accessibleDescription().contains(QStringLiteral("RAM ")));

    const QString before = map->describe(4);
    QVERIFY2(before.startsWith(QStringLiteral("Layer 1, feed-forward\n")), qPrintable(before));
    QVERIFY2(before.contains(QStringLiteral(" bytes) on disk")), qPrintable(before));
    QVERIFY2(before.contains(QStringLiteral("Computed by: CPU")), qPrintable(before));
    QVERIFY2(before.endsWith(QStringLiteral("Last pass: -")), qPrintable(before));
    GenerateCommand asked = question();
    asked.maxTokens = 2;
    QVERIFY(desk.controller.generate(asked));
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY2(map->describe(4).endsWith(QStringLiteral(" ms")), qPrintable(map->describe(4)));

    desk.controller.unload();
    QTRY_VERIFY(!map->isVisible()); // once the list has lost it too
    QTRY_VERIFY(desk.find<QLabel>(QStringLiteral("No model"))->isVisible());
}

void TestTierMap::mapTellsOfTheBlockUnderTheKeys() {
    Desk desk(m_folder->path());
    desk.controller.load(onTwoTiers());
    QVERIFY(desk.waitFor(State::Ready));
    desk.press(Qt::Key_4, Qt::ControlModifier);
    auto* map = desk.window->findChild<TierMapView*>();
    QCOMPARE(QApplication::focusWidget(), map);
    const auto* chosen = desk.find<QLabel>(QStringLiteral("Chosen block"));
    QVERIFY(chosen->text().startsWith(QStringLiteral("Embedding: ")));
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_Right);
    desk.press(Qt::Key_Down);
    QVERIFY2(chosen->text().startsWith(QStringLiteral("Layer 1, feed-forward: ")), qPrintable(chosen->text()));
    QVERIFY(chosen->text().endsWith(QStringLiteral("on disk, for the CPU, pinned")));
    QVERIFY(map->accessibleDescription().contains(chosen->text()));
    QTest::mouseMove(map, map->placeOf(5).center());
    QVERIFY(chosen->text().startsWith(QStringLiteral("Head: ")));
    desk.press(Qt::Key_Tab);
    QVERIFY(QApplication::focusWidget() != map);
    map->setFocus(); // the window may go with the focus there
}

void TestTierMap::nothingIsSampledWhileHidden() {
    const auto gates = std::make_shared<strata::Gates>();
    Desk desk(m_folder->path(), strata::decorate<strata::SlowBackend>(strata::cpuBackend(1), gates));
    const auto* panel = desk.window->findChild<TierMapPanel*>();
    desk.controller.load(onTwoTiers());
    QVERIFY(desk.waitFor(State::Ready));
    gates->verbs.close();
    QVERIFY(desk.controller.generate(question()));
    gates->verbs.waitForVisitor();
    QVERIFY(!panel->isSampling());
    desk.dock("tiermap")->show();
    QVERIFY(panel->isSampling());
    desk.dock("tiermap")->hide();
    QVERIFY(!panel->isSampling());
    desk.dock("tiermap")->show();
    desk.controller.cancel();
    gates->verbs.open();
    QVERIFY(desk.waitFor(State::Ready));
    QVERIFY(!panel->isSampling());
    QVERIFY(desk.find<QLabel>(QStringLiteral("Rate of: RAM to the CPU"))->text().startsWith(u'-'));
}

void TestTierMap::dockIsHiddenAtFirstAndComesBack() {
    {
        Desk desk(m_folder->path());
        QVERIFY(!desk.dock("tiermap")->isVisible());
        desk.dock("tiermap")->toggleViewAction()->trigger();
        QVERIFY(desk.dock("tiermap")->isVisible());
        desk.window->close();
    }
    Desk desk(m_folder->path());
    QVERIFY(desk.dock("tiermap")->isVisible());
}

void TestTierMap::layoutFromBeforeTheMapStillHolds() {
    {
        Desk desk(m_folder->path());
        desk.window->addDockWidget(Qt::RightDockWidgetArea, desk.dock("models"));
        desk.window->removeDockWidget(desk.dock("tiermap")); // as in a file of a window that has no such dock
        desk.window->close();
    }
    Desk desk(m_folder->path());
    QCOMPARE(desk.window->dockWidgetArea(desk.dock("models")), Qt::RightDockWidgetArea);
    QVERIFY(!desk.dock("tiermap")->isVisible());
    desk.dock("tiermap")->toggleViewAction()->trigger();
    QVERIFY(desk.dock("tiermap")->isVisible());
    QCOMPARE(desk.window->dockWidgetArea(desk.dock("tiermap")), Qt::RightDockWidgetArea);
}

QTEST_MAIN(TestTierMap)
#include "tst_tier_map.moc"
