// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDBusVariant>
#include <QObject>

// Whether the desktop asks programs to move as little as they can: reduced-motion of org.freedesktop.appearance, or
// GNOME's animations being off, both of the settings portal; no portal: no. Asks without waiting. GUI thread.
// Source: XDG Desktop Portal, org.freedesktop.portal.Settings.
class ReducedMotion : public QObject {
    Q_OBJECT

public:
    explicit ReducedMotion(QObject* parent = nullptr);

    bool isReduced() const { return m_isAsked || m_isAnimationOff; }

signals:
    void changed();

public slots:
    void takeSetting(const QString& group, const QString& key, const QDBusVariant& value); // as the portal sends it

private:
    void ask(const QString& group, const QString& key);

    bool m_isAsked = false;
    bool m_isAnimationOff = false;
};
