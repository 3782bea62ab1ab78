// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/recent_models.h"

#include "gui/format.h"
#include "gui/icon.h"
#include "gui/settings/setting_keys.h"

#include <QFile>
#include <QMenu>
#include <QPromise>
#include <QThreadPool>

#include <memory>

namespace {

constexpr int kMaxCount = 8;

} // namespace

RecentModels::RecentModels(Settings& settings, QObject* parent) : QObject(parent), m_settings(settings) {
    connect(&m_check, &QFutureWatcherBase::finished, this, &RecentModels::takeGone);
    check();
}

QStringList RecentModels::paths() const {
    return m_settings.get(setting::recentModels);
}

QString RecentModels::goneSentence(const QString& path) {
    return tr("The file %1 is not there any more: it was moved, renamed or deleted. Put it back, or remove it from "
              "File > Recent models.")
        .arg(formatPath(path));
}

void RecentModels::add(const QString& path) {
    QStringList all = paths();
    all.removeAll(path);
    all.prepend(path);
    set(all.mid(0, kMaxCount));
}

void RecentModels::remove(const QString& path) {
    QStringList all = paths();
    all.removeAll(path);
    set(all);
}

void RecentModels::removeGone() {
    QStringList all = paths();
    all.removeIf([this](const QString& path) { return isGone(path); });
    set(all);
}

void RecentModels::set(const QStringList& paths) {
    m_settings.set(setting::recentModels, paths);
    emit changed();
    check();
}

void RecentModels::check() {
    const auto promise = std::make_shared<QPromise<QStringList>>();
    m_check.setFuture(promise->future()); // an older question is forgotten
    QThreadPool::globalInstance()->start([promise, all = paths()] {
        promise->start();
        QStringList gone = all;
        gone.removeIf([](const QString& path) { return QFile::exists(path); });
        promise->addResult(gone);
        promise->finish();
    });
}

void RecentModels::takeGone() {
    if (m_check.future().resultCount() == 0 || m_check.result() == m_gone)
        return;
    m_gone = m_check.result();
    emit changed();
}

void RecentModels::fillMenu(QMenu* menu) {
    menu->clear();
    for (const QString& path : paths()) {
        QAction* action =
            menu->addAction(isGone(path) ? tr("%1 (file is gone)").arg(formatPath(path)) : formatPath(path), this,
                [this, path] { emit chosen(path); });
        if (isGone(path))
            action->setIcon(lineIcon(QStringLiteral("problem")));
    }
    if (menu->isEmpty()) {
        menu->addAction(tr("No model was loaded yet"))->setEnabled(false);
        return;
    }
    menu->addSeparator();
    QAction* clean = menu->addAction(tr("Remove those whose file is &gone"), this, &RecentModels::removeGone);
    clean->setEnabled(!m_gone.isEmpty());
    clean->setToolTip(m_gone.isEmpty() ? tr("All their files are there.") : tr("Only the entries go, no file."));
    menu->setToolTipsVisible(true);
}
