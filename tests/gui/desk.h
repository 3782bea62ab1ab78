// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/main_window.h"
#include "gui/settings/setting_keys.h"

#include "core/cpu/cpu_backend.h"

#include <QApplication>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QPushButton>
#include <QTest>
#include <QTreeView>

#include <memory>
#include <vector>

using State = EngineController::State;

// A window on a screen that is not there, driven as a person would: by keys, clicks, drops and menus.
struct Desk {
    explicit Desk(const QString& folder, const strata::BackendChoice& device = strata::cpuBackend(1))
        : Desk(folder, std::vector<strata::BackendChoice>{device}) {}
    Desk(const QString& folder, const std::vector<strata::BackendChoice>& devices)
        : settings(folder + QStringLiteral("/strata.ini")), controller(devices),
          window(std::make_unique<MainWindow>(controller, settings, QString(), folder + QStringLiteral("/chat.json"))) {
        if (settings.get(setting::windowGeometry).isEmpty())
            window->resize(1280, 800); // what most people see; the screen of the tests is smaller
        window->show();
        QVERIFY(QTest::qWaitForWindowActive(window.get()));
    }

    // Windows find their parts by the name a screen reader says.
    template <typename Widget>
    Widget* find(const QString& accessibleName) const {
        for (Widget* widget : window->findChildren<Widget*>())
            if (widget->accessibleName() == accessibleName)
                return widget;
        return nullptr;
    }
    QPushButton* button(const QString& text) const {
        for (QPushButton* widget : window->findChildren<QPushButton*>())
            if (widget->isVisible() && widget->text().remove(QLatin1Char('&')) == text)
                return widget;
        return nullptr;
    }
    QTreeView* table() const { return find<QTreeView>(QStringLiteral("Models")); }
    QDockWidget* dock(const char* name) const { return window->findChild<QDockWidget*>(QLatin1String(name)); }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) const {
        QTest::keyClick(
            QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : window.get(), key, modifiers);
    }
    bool waitFor(State state) {
        return QTest::qWaitFor([&] { return controller.state() == state; });
    }
    void drop(const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        const QPoint place = window->rect().center();
        QDragEnterEvent enter(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window.get(), &event);
    }

    Settings settings;
    EngineController controller;
    std::unique_ptr<MainWindow> window;
};
