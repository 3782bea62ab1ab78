// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QVariant>

// Whether the desktop asks for a dark look: org.freedesktop.appearance of the settings portal where there is one, else
// what the palette said when the program started. Asks without waiting. GUI thread.
class SystemColorScheme : public QObject {
    Q_OBJECT

public:
    explicit SystemColorScheme(bool isDarkUntilKnown, QObject* parent = nullptr);

    bool isDark() const { return m_isDark; }

signals:
    void changed();

private:
    void take(const QString& group, const QString& key, const QVariant& value);

    bool m_isDark;
};
