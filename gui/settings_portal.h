// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QVariant>

class QDBusVariant;

// What the desktop tells every program of its settings, now and when it changes. Without a portal, nothing. GUI thread;
// asks without waiting.
// Source: XDG Desktop Portal, org.freedesktop.portal.Settings.
class SettingsPortal : public QObject {
    Q_OBJECT

public:
    explicit SettingsPortal(QObject* parent = nullptr);

    void ask(const QString& group, const QString& key); // answered by told(), if the desktop knows it

signals:
    void told(const QString& group, const QString& key, const QVariant& value);

private slots:
    void takeSetting(const QString& group, const QString& key, const QDBusVariant& value);

private:
    bool m_hasBus = false;
};
