// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/reduced_motion.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kAppearance = QStringLiteral("org.freedesktop.appearance");
const QString kReduced = QStringLiteral("reduced-motion");
const QString kGnome = QStringLiteral("org.gnome.desktop.interface");
const QString kAnimations = QStringLiteral("enable-animations");

} // namespace

ReducedMotion::ReducedMotion(QObject* parent) : QObject(parent) {
    // Without an address the bus library would start a bus of its own.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS") || !QDBusConnection::sessionBus().isConnected())
        return;
    QDBusConnection::sessionBus().connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
        SLOT(takeSetting(QString, QString, QDBusVariant)));
    ask(kAppearance, kReduced);
    ask(kGnome, kAnimations);
}

void ReducedMotion::ask(const QString& group, const QString& key) {
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

void ReducedMotion::takeSetting(const QString& group, const QString& key, const QDBusVariant& value) {
    QVariant content = value.variant();
    if (content.canConvert<QDBusVariant>()) // Read wraps its answer twice
        content = content.value<QDBusVariant>().variant();
    take(group, key, content);
}

void ReducedMotion::take(const QString& group, const QString& key, const QVariant& value) {
    const bool before = isReduced();
    if (group == kAppearance && key == kReduced)
        m_isAsked = value.toUInt() == 1;
    else if (group == kGnome && key == kAnimations)
        m_isAnimationOff = !value.toBool();
    if (isReduced() != before)
        emit changed();
}
