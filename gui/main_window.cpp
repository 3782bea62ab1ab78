// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/main_window.h"

#include "gui/chat/chat_connections.h"
#include "gui/chat/chat_view.h"
#include "gui/chat/chats_panel.h"
#include "gui/chat/composer.h"
#include "gui/chat/sampling_panel.h"
#include "gui/focus_ring.h"
#include "gui/format.h"
#include "gui/icon.h"
#include "gui/machine/machine_meter.h"
#include "gui/models/load_choices.h"
#include "gui/models/model_bar.h"
#include "gui/models/model_manager.h"
#include "gui/models/model_manager_panel.h"
#include "gui/models/recent_models.h"
#include "gui/models/start_folder.h"
#include "gui/notice_bar.h"
#include "gui/settings/setting_keys.h"
#include "gui/status_line.h"
#include "gui/tab_order.h"
#include "gui/telemetry/telemetry_panel.h"
#include "gui/tiermap/tier_map_panel.h"
#include "gui/why/why_panel.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

#include <utility>

using State = EngineController::State;

namespace {

constexpr int kLayoutVersion = 1; // of the docks, for saveState
constexpr QSize kFirstSize(1280, 800);
constexpr int kModelsWidth = 480;
constexpr int kRepliesWidth = 320;
constexpr int kTierMapWidth = 360;

bool isModelFile(const QUrl& url) {
    return url.isLocalFile() && url.toLocalFile().endsWith(QLatin1String(".gguf"), Qt::CaseInsensitive);
}

bool isFolder(const QUrl& url) {
    return url.isLocalFile() && QFileInfo(url.toLocalFile()).isDir();
}

} // namespace

MainWindow::MainWindow(
    EngineController& controller, Settings& settings, const QString& builtInFolder, const QString& chatFile)
    : m_controller(controller), m_settings(settings), m_manager(new ModelManager(settings, builtInFolder, this)),
      m_recent(new RecentModels(settings, this)), m_choices(new LoadChoices(settings, controller, this)),
      m_chat(new ChatView(chatFile)) {
    setWindowTitle(QStringLiteral("Strata"));
    setWindowIcon(QIcon(QStringLiteral(":/icons/strata.svg")));
    setAcceptDrops(true);
    setDockOptions(AllowNestedDocks | AllowTabbedDocks); // without AnimatedDocks: motion is for data
    makeMeter();
    makeCentre();
    makeModelsDock();
    makeRepliesDock();
    makeChatsDock();
    makeTierMapDock();
    makeTelemetryDock();
    makeDownloadsDock();
    makeWhyDock();
    makeFileMenu();
    makeModelMenu();
    makeChatMenu();
    makeViewMenu();
    makeKeysDock();
    m_status = new StatusLine(m_controller);
    setStatusBar(m_status);
    connect(m_status, &StatusLine::contextSampled, m_chat, &ChatView::setContextTokens);
    connect(m_chat, &ChatView::contextTokensChanged, m_status, &StatusLine::showContext);
    connectEngine();
    connect(&m_settings, &Settings::writeFailed, m_notices, &NoticeBar::addSentence);
    showNotice(m_settings.damage());
    const auto showRecent = [this] { m_chat->setRecentModels(m_recent->paths(), m_recent->gonePaths()); };
    connect(m_recent, &RecentModels::changed, this, showRecent);
    showRecent();
    restoreLayout();
    markFocusedAreas(*this);
    m_chat->composer().focusText();
}

void MainWindow::makeCentre() {
    auto* centre = new QWidget;
    m_notices = new NoticeBar;
    m_chat->setSendWithEnter(m_settings.get(setting::sendWithEnter));
    connectChatToEngine(*m_chat, m_controller);
    connect(m_chat, &ChatView::openModelRequested, this, &MainWindow::openModel);
    connect(m_chat, &ChatView::modelRequested, this, &MainWindow::loadRecent);
    connect(m_chat, &ChatView::forgetRequested, m_recent, &RecentModels::remove);
    connect(m_chat, &ChatView::reloadWithMoreContextRequested, this, &MainWindow::reloadWithContext);
    m_bar = new ModelBar(m_controller);
    connect(m_bar, &ModelBar::openRequested, this, &MainWindow::openModel);
    auto* line = new QFrame;
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notices);
    layout->addWidget(m_bar);
    layout->addWidget(line);
    layout->addWidget(m_chat, 1);
    setCentralWidget(centre);
}

void MainWindow::addDock(QDockWidget* dock, Qt::DockWidgetArea area) {
    dock->setAccessibleName(dock->windowTitle());
    addDockWidget(area, dock);
    m_docks.append(dock);
}

void MainWindow::makeModelsDock() {
    m_manager->forecastWith(*m_choices);
    m_models = new ModelManagerPanel(*m_manager, m_controller, m_settings);
    connect(m_models, &ModelManagerPanel::loadRequested, this, &MainWindow::loadModel);
    connect(m_models, &ModelManagerPanel::unloadRequested, &m_controller, &EngineController::unload);
    auto* dock = new QDockWidget(tr("Models"));
    dock->setObjectName(QStringLiteral("models"));
    dock->setWidget(m_models);
    addDock(dock, Qt::LeftDockWidgetArea);
    resizeDocks({dock}, {kModelsWidth}, Qt::Horizontal);
}

void MainWindow::makeRepliesDock() {
    auto* panel = new SamplingPanel;
    panel->setSettings(m_chat->replySettings());
    connect(panel, &SamplingPanel::changed, m_chat, &ChatView::setReplySettings);
    connect(m_chat, &ChatView::replySettingsRestored, panel, &SamplingPanel::setSettings);
    auto* dock = new QDockWidget(tr("Reply settings"));
    dock->setObjectName(QStringLiteral("replies"));
    dock->setWidget(panel);
    panel->setMinimumWidth(kRepliesWidth);
    addDock(dock, Qt::RightDockWidgetArea);
    dock->hide(); // what it holds is good as it is; the button above the chat shows it
    dock->toggleViewAction()->setIcon(lineIcon(QStringLiteral("sliders")));
    m_bar->addToggle(dock->toggleViewAction());
}

void MainWindow::makeChatsDock() {
    m_chats = new ChatsPanel(m_chat->archive());
    connect(m_chats, &ChatsPanel::openRequested, m_chat, &ChatView::openChat);
    connect(&m_chat->archive(), &ChatArchive::failed, m_notices, &NoticeBar::addSentence);
    auto* dock = new QDockWidget(tr("Chats"));
    dock->setObjectName(QStringLiteral("chats"));
    dock->setWidget(m_chats);
    addDock(dock, Qt::RightDockWidgetArea);
    dock->hide(); // the Chat menu opens it
}

void MainWindow::makeTierMapDock() {
    auto* panel = new TierMapPanel(m_controller, *m_choices);
    panel->setMinimumWidth(kTierMapWidth);
    connect(m_models, &ModelManagerPanel::selected, panel, &TierMapPanel::setSelected);
    connect(panel, &TierMapPanel::loadRequested, this, &MainWindow::loadModel);
    auto* dock = new QDockWidget(tr("Tier map"));
    dock->setObjectName(QStringLiteral("tiermap"));
    dock->setWidget(panel);
    addDock(dock, Qt::RightDockWidgetArea);
    dock->hide(); // the chat has the room until someone wants to know; the button above it shows it
    dock->toggleViewAction()->setIcon(lineIcon(QStringLiteral("layers")));
    m_bar->addToggle(dock->toggleViewAction());
}

void MainWindow::makeTelemetryDock() {
    auto* panel = new TelemetryPanel(m_controller, m_settings);
    panel->setMinimumWidth(kTierMapWidth);
    panel->setProfile(m_meter->profile());
    connect(m_meter, &MachineMeter::changed, panel, [this, panel] { panel->setProfile(m_meter->profile()); });
    connect(panel, &TelemetryPanel::failed, this, &MainWindow::showNotice);
    auto* dock = new QDockWidget(tr("Telemetry"));
    dock->setObjectName(QStringLiteral("telemetry"));
    dock->setWidget(panel);
    addDock(dock, Qt::RightDockWidgetArea); // under the tier map
    dock->hide();
    dock->toggleViewAction()->setIcon(lineIcon(QStringLiteral("telemetry")));
    m_bar->addToggle(dock->toggleViewAction());
}

void MainWindow::makeWhyDock() {
    auto* panel = new WhyPanel;
    auto* dock = new QDockWidget(tr("Why this speed"));
    dock->setObjectName(QStringLiteral("why"));
    dock->setWidget(panel);
    addDock(dock, Qt::RightDockWidgetArea);
    dock->hide(); // a reply opens it
    connect(m_chat, &ChatView::whySpeedRequested, dock, [dock, panel](const ReplyAccountPointer& account) {
        panel->showAccount(account);
        dock->show();
        dock->raise();
        panel->setFocus();
    });
}

void MainWindow::connectEngine() {
    connect(&m_controller, &EngineController::loaded, this,
        [this](const LoadedModel& model) { m_recent->add(QString::fromStdString(model.summary.path.string())); });
    const auto addNotice = [this](const QString& sentence) {
        m_ofThisModel.append(sentence);
        m_notices->addSentence(sentence);
    };
    connect(m_manager, &ModelManager::loadedFileLost, this, addNotice);
    connect(&m_controller, &EngineController::loaded, this, [addNotice](const LoadedModel& model) {
        for (const QString& notice : model.notices)
            addNotice(notice);
    });
    connect(m_manager, &ModelManager::loadedFileLost, m_recent, &RecentModels::check);
    connect(&m_controller, &EngineController::loadRefused, this, [this, addNotice](const Failure& failure) {
        const LoadedModel& kept = *m_controller.loadedModel();
        addNotice(
            tr("Not loaded: %1. %2 is still there, with room for %3 tokens.")
                .arg(failure.sentence, QString::fromStdString(kept.summary.name), formatCount(kept.contextTokens)));
    });
    connect(&m_controller, &EngineController::stateChanged, this, [this] {
        const auto& loaded = m_controller.loadedModel();
        const QString name = loaded ? QString::fromStdString(loaded->summary.name) : QString();
        setWindowTitle(name.isEmpty() ? QStringLiteral("Strata") : tr("%1 - Strata").arg(name));
        if (m_controller.state() == State::Loading || m_controller.state() == State::Empty)
            for (const QString& sentence : std::exchange(m_ofThisModel, {}))
                m_notices->removeSentence(sentence);
        if (m_controller.state() != State::Loading) // until then the former model may stay, or be back
            m_manager->setLoadedPath(loaded ? QString::fromStdString(loaded->summary.path.string()) : QString());
    });
}

// The device and file stay; a conversation that has grown out of its context goes on in a larger one.
void MainWindow::reloadWithContext(quint32 contextTokens) {
    LoadCommand command = m_controller.lastLoad();
    command.contextTokens = contextTokens;
    m_controller.load(command);
}

void MainWindow::makeMeter() {
    m_meter = new MachineMeter(
        m_controller,
        [this] {
            std::vector<std::filesystem::path> paths;
            for (const QString& path : m_recent->paths() + m_manager->folders())
                paths.emplace_back(path.toStdString());
            return paths;
        },
        this);
    connect(m_meter, &MachineMeter::told, this, &MainWindow::showNotice);
    connect(m_meter, &MachineMeter::changed, m_choices, [this] { m_choices->setProfile(m_meter->profile()); });
    m_choices->setProfile(m_meter->profile());
}

void MainWindow::measureOnceIdle() {
    m_meter->measureIfUnknown();
}

void MainWindow::showNotice(const QString& sentence) {
    if (!sentence.isEmpty())
        m_notices->addSentence(sentence);
}

void MainWindow::loadModel(const QString& path) {
    LoadCommand command = m_choices->command(QFileInfo(path).absoluteFilePath());
    command.deviceId = chosenDevice();
    m_controller.load(command);
}

// The one in the settings, or whichever is best if that is not there.
QString MainWindow::chosenDevice() {
    const QString id = m_settings.get(setting::deviceId);
    if (id.isEmpty() || m_controller.hasDevice(id))
        return id;
    m_notices->addSentence(tr("The device chosen for loading, %1, is not there; %2 is used instead.")
                               .arg(id, QString::fromStdString(m_controller.devices().front().name)));
    return {};
}

void MainWindow::openModel() {
    auto* dialog = new QFileDialog(this, tr("Open a model"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({tr("Models (*.gguf)"), tr("All files (*)")});
    dialog->setDirectory(startFolder(m_settings));
    connect(
        dialog, &QFileDialog::fileSelected, this, [this](const QString& file) { rememberFolder(m_settings, file); });
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::loadModel);
    dialog->open();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return isModelFile(url) || isFolder(url); }))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    bool isLoading = false;
    for (const QUrl& url : event->mimeData()->urls()) {
        if (isFolder(url)) {
            m_manager->watchFolder(url.toLocalFile());
        } else if (isModelFile(url) && !isLoading) { // of several files, the first
            isLoading = true;
            loadModel(url.toLocalFile());
        }
    }
    event->acceptProposedAction();
}

// Tab follows the eye, wherever the docks are, and not the order in which widgets were made.
bool MainWindow::focusNextPrevChild(bool isForward) {
    QWidget* next = nextInTabOrder(*this, QApplication::focusWidget(), isForward);
    if (next == nullptr)
        return false;
    next->setFocus(isForward ? Qt::TabFocusReason : Qt::BacktabFocusReason);
    for (QWidget* above = next->parentWidget(); above != nullptr; above = above->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(above))
            area->ensureWidgetVisible(next);
    return true;
}

void MainWindow::restoreLayout() {
    m_standardLayout = saveState(kLayoutVersion);
    if (!restoreGeometry(m_settings.get(setting::windowGeometry)))
        resize(kFirstSize.boundedTo(screen()->availableSize()));
    restoreState(m_settings.get(setting::windowState), kLayoutVersion);
}

void MainWindow::resetLayout() {
    restoreState(m_standardLayout, kLayoutVersion);
    resizeDocks({m_docks.first()}, {kModelsWidth}, Qt::Horizontal);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_settings.set(setting::windowGeometry, saveGeometry());
    m_settings.set(setting::windowState, saveState(kLayoutVersion));
    m_settings.write();
    event->accept();
}
