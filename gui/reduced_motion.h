// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QVariant>

// Whether the desktop asks programs to move as little as they can: reduced-motion of org.freedesktop.appearance, or
// GNOME's animations being off, both of the settings portal; no portal: no. Asks without waiting. GUI thread.
class ReducedMotion : public QObject {
    Q_OBJECT

public:
    explicit ReducedMotion(QObject* parent = nullptr);

    bool isReduced() const { return m_isAsked || m_isAnimationOff; }

    void take(const QString& group, const QString& key, const QVariant& value); // what the portal says

signals:
    void changed();

private:
    bool m_isAsked = false;
    bool m_isAnimationOff = false;
};
