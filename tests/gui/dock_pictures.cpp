// SPDX-License-Identifier: GPL-3.0-or-later
// Takes the pictures of docks that need a GPU, with one that computes on the CPU:
//   QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR=2 dock_pictures PLANNED.gguf LOADED.gguf PROFILE light|dark FOLDER
// PLANNED is planned for a card of 24 GB with the profile's figures, LOADED is loaded on three tiers and replies.
#include "gui/chat/chat_view.h"
#include "gui/models/load_choices.h"
#include "gui/models/model_manager_panel.h"
#include "gui/models/model_scanner.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_map_panel.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/why/why_panel.h"
#include "tests/gui/desk.h"
#include "tests/support/remote_device.h"

#include "core/tier/profile_file.h"

#include <QSlider>
#include <QTemporaryDir>

#include <cstdio>

namespace {

constexpr QSize kMapSize(380, 720);
constexpr QSize kWhySize(420, 300);

void save(QWidget& widget, const QString& file) {
    if (!widget.grab().save(file))
        std::fprintf(stderr, "%s can't be written\n", qPrintable(file));
}

template <typename Predicate>
void waitFor(Predicate predicate) {
    if (!QTest::qWaitFor(predicate, 60'000))
        std::fprintf(stderr, "what the picture is to show did not come\n");
}

void takePlan(Desk& desk, const QString& model, const QString& file) {
    auto* panel = desk.window->findChild<TierMapPanel*>();
    auto* map = panel->findChild<TierMapView*>();
    panel->setSelected(readModelEntry(QFileInfo(model).absoluteFilePath()));
    waitFor([&] { return map->isVisible(); });
    desk.find<QSlider>(QStringLiteral("Graphics memory (VRAM) at most, slider"))->setValue(190);
    emit map->pinRequested(1, 4, strata::Tier::Disk);
    waitFor([&] { return map->describe(1).contains(QStringLiteral(" on disk")) && // by the plan, with the cap
                         map->describe(4).contains(QStringLiteral(" on disk")); });
    QTest::qWait(200); // it is laid out
    save(*panel, file);
}

void takeReply(Desk& desk, const QString& model, const QString& folder, const QString& theme) {
    auto* choices = desk.window->findChild<LoadChoices*>();
    LoadCommand command = choices->command(QFileInfo(model).absoluteFilePath());
    command.places = {{strata::BlockIndex(1), strata::BlockIndex(4), strata::Tier::Vram},
        {strata::BlockIndex(5), strata::BlockIndex(5), strata::Tier::Ram},
        {strata::BlockIndex(6), strata::BlockIndex(6), strata::Tier::Disk}};
    command.contextTokens = 0;
    choices->keep(command);
    desk.window->loadModel(model);
    desk.waitFor(State::Ready);
    desk.window->chat().send(QStringLiteral("Tell me a short story about a lighthouse keeper."));
    auto* panel = desk.window->findChild<TierMapPanel*>();
    waitFor([&] { return desk.controller.loadedModel()->metrics->snapshot().generatedTokens > 20; });
    QTest::qWait(150);
    save(*panel, folder + QStringLiteral("/tier-map-working-") + theme + QStringLiteral(".png"));
    desk.waitFor(State::Ready);
    QTest::qWait(300);
    const int row = desk.window->chat().transcript().lastRow(EntryKind::Reply);
    auto* why = desk.window->findChild<WhyPanel*>();
    emit desk.window->chat().whySpeedRequested(desk.window->chat().transcript().entry(row).stats->account);
    QTest::qWait(200);
    desk.dock("why")->setFloating(true);
    why->setFixedSize(kWhySize);
    QTest::qWait(200);
    save(*why, folder + QStringLiteral("/why-") + theme + QStringLiteral(".png"));
    desk.dock("why")->hide();
    QTest::qWait(200);
    save(*desk.window, folder + QStringLiteral("/window-") + theme + QStringLiteral(".png"));
}

} // namespace

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    const QStringList arguments = app.arguments();
    if (arguments.size() != 6)
        return 2;
    const QTemporaryDir scratch;
    const auto world = std::make_shared<strata::RemoteWorld>();
    world->totalBytes = 24'000'000'000;
    Desk desk(scratch.path(), {strata::remoteDevice(world), strata::cpuBackend(2)});
    desk.settings.set(setting::theme, arguments[4]);
    const Theme theme(desk.settings);
    auto profile = std::make_shared<strata::MachineProfile>(strata::readProfile(arguments[3].toStdString()));
    desk.window->findChild<LoadChoices*>()->setProfile(profile);
    desk.dock("tiermap")->show();
    desk.window->resize(1440, 1000);
    desk.dock("tiermap")->setFloating(true);
    auto* panel = desk.window->findChild<TierMapPanel*>();
    panel->setFixedSize(kMapSize);
    takePlan(desk, arguments[1], arguments[5] + QStringLiteral("/tier-map-") + arguments[4] + QStringLiteral(".png"));
    takeReply(desk, arguments[2], arguments[5], arguments[4]);
    return 0;
}
