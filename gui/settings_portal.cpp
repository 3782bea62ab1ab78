// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/settings_portal.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");

} // namespace

SettingsPortal::SettingsPortal(QObject* parent) : QObject(parent) {
    // Without an address the bus library would start a bus of its own.
    m_hasBus = !qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS") && QDBusConnection::sessionBus().isConnected();
    if (m_hasBus)
        QDBusConnection::sessionBus().connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
            SLOT(takeSetting(QString, QString, QDBusVariant)));
}

void SettingsPortal::ask(const QString& group, const QString& key) {
    if (!m_hasBus)
        return;
    QDBusMessage call = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
    call << group << key;
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, group, key](QDBusPendingCallWatcher* done) {
        const QDBusPendingReply<QDBusVariant> reply = *done;
        done->deleteLater();
        if (reply.isValid()) // no portal, or none that knows it
            takeSetting(group, key, reply.value());
    });
}

void SettingsPortal::takeSetting(const QString& group, const QString& key, const QDBusVariant& value) {
    QVariant content = value.variant();
    if (content.canConvert<QDBusVariant>()) // Read wraps its answer twice
        content = content.value<QDBusVariant>().variant();
    emit told(group, key, content);
}
