// SPDX-License-Identifier: GPL-3.0-or-later
// The part of MainWindow that makes the menus, their keys, and the list of keys.
#include "gui/main_window.h"

#include "gui/chat/chat_menu.h"
#include "gui/chat/chats_panel.h"
#include "gui/format.h"
#include "gui/icon.h"
#include "gui/keys_panel.h"
#include "gui/machine/machine_meter.h"
#include "gui/models/model_manager.h"
#include "gui/models/model_manager_panel.h"
#include "gui/models/recent_models.h"
#include "gui/notice_bar.h"
#include "gui/settings/setting_keys.h"

#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenuBar>
#include <QShortcut>

using State = EngineController::State;

void MainWindow::makeFileMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    menu->addAction(lineIcon(QStringLiteral("open")), tr("&Open model…"), QKeySequence(Qt::CTRL | Qt::Key_O), this,
        &MainWindow::openModel);
    makeRecentMenu(menu);
    menu->addAction(lineIcon(QStringLiteral("folder-add")), tr("&Add folder of models…"), m_models,
        &ModelManagerPanel::chooseFolder);
    menu->addSeparator();
    menu->addAction(tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q), this, &QWidget::close);
}

void MainWindow::makeRecentMenu(QMenu* file) {
    QMenu* menu = file->addMenu(tr("&Recent models"));
    const auto fill = [this, menu] { m_recent->fillMenu(menu); };
    connect(menu, &QMenu::aboutToShow, m_recent, &RecentModels::check);
    connect(m_recent, &RecentModels::changed, menu, fill);
    connect(m_recent, &RecentModels::chosen, this, &MainWindow::loadRecent);
    fill();
}

void MainWindow::loadRecent(const QString& path) {
    m_recent->check();
    if (m_recent->isGone(path))
        m_notices->addSentence(RecentModels::goneSentence(path));
    else
        loadModel(path);
}

void MainWindow::makeModelMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&Model"));
    menu->addAction(
        lineIcon(QStringLiteral("search")), tr("&Find a model"), QKeySequence(Qt::CTRL | Qt::Key_L), this, [this] {
            m_docks.first()->show();
            m_models->focusFilter();
        });
    menu->addAction(lineIcon(QStringLiteral("load")), tr("&Get models…"), QKeySequence(Qt::CTRL | Qt::Key_D), this,
        &MainWindow::showDownloads);
    QAction* unload =
        menu->addAction(lineIcon(QStringLiteral("unload")), tr("&Unload"), &m_controller, &EngineController::unload);
    const auto showUnload = [this, unload] {
        const bool isEmpty = m_controller.state() == State::Empty;
        unload->setEnabled(!isEmpty);
        unload->setToolTip(isEmpty ? tr("No model is loaded.") : tr("Gives its memory back; the chat stays"));
    };
    connect(&m_controller, &EngineController::stateChanged, unload, showUnload);
    showUnload();
    QAction* last = menu->addAction(tr("&Load the last model at start"));
    last->setCheckable(true);
    last->setChecked(m_settings.get(setting::loadsLastModel));
    last->setToolTip(tr("Else the chat offers to load it."));
    connect(last, &QAction::toggled, this, [this](bool isOn) { m_settings.set(setting::loadsLastModel, isOn); });
    makeMeasureAction(menu);
    menu->setToolTipsVisible(true);
}

void MainWindow::makeMeasureAction(QMenu* menu) {
    QAction* measure = menu->addAction(tr("&Measure this machine"), m_meter, &MachineMeter::measure);
    const auto show = [this, measure] {
        measure->setEnabled(!m_meter->isMeasuring());
        measure->setToolTip(
            m_meter->isMeasuring()
                ? tr("It is being measured, for a few seconds.")
                : tr("Finds out how fast memory, drives and processors are: what models that no one memory holds are "
                     "planned from. Takes about five seconds."));
    };
    connect(m_meter, &MachineMeter::changed, measure, show);
    show();
}

void MainWindow::makeChatMenu() {
    // Its key is not its own: what Esc does depends on where one is, see escape().
    auto* stop = new QAction(lineIcon(QStringLiteral("stop")), tr("&Stop\tEsc"), this);
    connect(stop, &QAction::triggered, this, &MainWindow::stop);
    const auto showStop = [this, stop] {
        stop->setEnabled(m_controller.state() == State::Loading || m_controller.state() == State::Generating);
        stop->setToolTip(
            stop->isEnabled() ? tr("Stops loading or replying") : tr("Nothing is being loaded or written."));
    };
    connect(&m_controller, &EngineController::stateChanged, stop, showStop);
    showStop();
    auto* menu = new ChatMenu(*m_chat, stop, this);
    connect(menu, &ChatMenu::allChatsRequested, this, &MainWindow::showChats);
    menuBar()->addMenu(menu);
    menu->addSeparator();
    QAction* enter = menu->addAction(tr("Enter sends, Shift+Enter breaks the &line"));
    enter->setCheckable(true);
    enter->setChecked(m_settings.get(setting::sendWithEnter));
    connect(enter, &QAction::toggled, this, [this](bool isOn) {
        m_settings.set(setting::sendWithEnter, isOn);
        m_chat->setSendWithEnter(isOn);
    });
}

void MainWindow::showChats() {
    m_chats->parentWidget()->show();
    m_chats->parentWidget()->raise();
    m_chats->focusFilter();
}

void MainWindow::stop() {
    if (m_controller.state() == State::Loading)
        m_controller.cancel();
    else
        m_chat->stop();
}

QLineEdit* MainWindow::focusedFilter() const {
    auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    const bool isFilter = field != nullptr && isAncestorOf(field) && field->isClearButtonEnabled();
    return isFilter && !field->text().isEmpty() ? field : nullptr;
}

bool MainWindow::takesEscape() const {
    return m_keys->isVisible() || focusedFilter() != nullptr || m_controller.state() == State::Loading ||
           m_controller.state() == State::Generating;
}

void MainWindow::escape() {
    if (m_keys->isVisible())
        m_keys->close();
    else if (QLineEdit* filter = focusedFilter())
        filter->clear();
    else
        stop();
}

// Where Esc means nothing to the window, it is left to whoever has the focus.
bool MainWindow::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape &&
        !takesEscape()) {
        event->accept();
        return true;
    }
    return QMainWindow::event(event);
}

void MainWindow::makeViewMenu() {
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    const QHash<QString, QString> dockTexts = {{QStringLiteral("models"), tr("&Models")},
        {QStringLiteral("replies"), tr("Reply &settings")}, {QStringLiteral("chats"), tr("&Chats")},
        {QStringLiteral("tiermap"), tr("T&ier map")}, {QStringLiteral("telemetry"), tr("T&elemetry")},
        {QStringLiteral("downloads"), tr("&Downloads")}, {QStringLiteral("why"), tr("&Why this speed")}};
    for (int i = 0; i < m_docks.size(); ++i) {
        QDockWidget* dock = m_docks[i];
        QAction* toggle = dock->toggleViewAction();
        toggle->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + i)));
        toggle->setText(dockTexts.value(dock->objectName(), dock->windowTitle()));
        menu->addAction(toggle);
        connect(toggle, &QAction::triggered, dock, [dock](bool isShown) {
            if (isShown)
                dock->widget()->setFocus(Qt::ShortcutFocusReason);
        });
    }
    menu->addSeparator();
    makeThemeMenu(menu);
    QAction* fullScreen = menu->addAction(tr("&Full screen"), QKeySequence(Qt::Key_F11), this,
        [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
    fullScreen->setCheckable(true);
    menu->addAction(tr("&Reset layout"), this, &MainWindow::resetLayout);
}

void MainWindow::makeThemeMenu(QMenu* view) {
    QMenu* menu = view->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(menu);
    const std::pair<const char*, QString> choices[] = {
        {"system", tr("As the &desktop")}, {"light", tr("&Light")}, {"dark", tr("Dar&k")}};
    for (const auto& [value, text] : choices) {
        const QString stored = QLatin1String(value);
        QAction* action = menu->addAction(text, this, [this, stored] { m_settings.set(setting::theme, stored); });
        action->setCheckable(true);
        action->setChecked(m_settings.get(setting::theme) == stored);
        group->addAction(action);
    }
}

void MainWindow::makeKeysDock() {
    QList<QAction*> actions;
    for (QAction* menu : menuBar()->actions())
        actions += menu->menu()->actions();
    const QList<KeysPanel::Row> others = {{tr("Ctrl+Enter"), tr("Send the message")},
        {tr("Enter"), tr("Send the message, if the Chat menu says so")},
        {tr("Shift+Enter"), tr("Begin a new line in the message")},
        {tr("Enter"), tr("Load the selected model, in the list of models")}, {tr("Tab"), tr("Next control")},
        {tr("Esc"), tr("Close this list, else empty a filter, else stop loading or replying")},
        {tr("Arrow keys"), tr("Walk from block to block in the tier map, with Shift choose several")},
        {tr("V, R, D"), tr("Keep the chosen blocks in VRAM, in RAM, on disk, in the tier map; U: let Strata choose")},
        {tr("Left, Right"), tr("Read earlier and later values in the plots; with Shift, move in time")},
        {tr("+, -, 0"), tr("Zoom the plots in, out and back")}, {tr("P"), tr("Pause the plots")},
        {tr("Left, Right"), tr("Scroll long lines of code in the current message")},
        {tr("Alt and a letter"), tr("The menu or button with that letter underlined")}};
    m_keys = new QDockWidget(tr("Keys"));
    m_keys->setObjectName(QStringLiteral("keys"));
    m_keys->setAccessibleName(m_keys->windowTitle());
    m_keys->setWidget(new KeysPanel(actions, others));
    addDockWidget(Qt::RightDockWidgetArea, m_keys);
    m_keys->hide();
    auto* escape = new QShortcut(Qt::Key_Escape, this);
    connect(escape, &QShortcut::activated, this, &MainWindow::escape);
    QAction* toggle = m_keys->toggleViewAction();
    toggle->setText(tr("&Keys"));
    toggle->setShortcut(QKeySequence(Qt::Key_F1));
    toggle->setIcon(lineIcon(QStringLiteral("keyboard")));
    menuBar()->addMenu(tr("&Help"))->addAction(toggle);
}
