// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QEvent>
#include <QHash>
#include <QSettings>
#include <QString>
#include <QTimer>
#include <QVariant>

// One setting: its name in the file, its type and the value it has until somebody changes it.
// T is a type that a settings file keeps readable: bool, int, double, QString, QStringList, QByteArray.
template <typename T>
struct Setting {
    const char* key;
    T fallback = T();
};

// What the program remembers between two starts, in one INI file. Typed, passed by reference, GUI thread.
// A value that was set holds until the program ends even where the file cannot be written; that gives one sentence.
class Settings : public QObject {
    Q_OBJECT

public:
    explicit Settings(const QString& filePath, QObject* parent = nullptr);
    ~Settings() override;

    static QString standardPath(); // ~/.config/strata/strata.ini

    // A sentence where the file was found damaged, else empty. What could be read of it holds, and goes into a new
    // file; the damaged one is kept beside it.
    const QString& damage() const { return m_damage; }

    template <typename T>
    T get(const Setting<T>& setting) const {
        const QVariant value = m_file.value(QLatin1String(setting.key));
        return value.canConvert<T>() ? value.value<T>() : setting.fallback;
    }

    template <typename T>
    void set(const Setting<T>& setting, const T& value) {
        if (m_file.contains(QLatin1String(setting.key)) && get(setting) == value)
            return;
        m_file.setValue(QLatin1String(setting.key), QVariant::fromValue(value));
        m_writeSoon.start();
        emit changed(QLatin1String(setting.key));
    }

    void write(); // now, instead of within a second

signals:
    void changed(QLatin1String key);
    void writeFailed(const QString& sentence); // once

private:
    // By itself QSettings would write at the next turn of the event loop, and wait for the disk each time.
    class File : public QSettings {
    public:
        using QSettings::QSettings;

    protected:
        bool event(QEvent* event) override { return event->type() == QEvent::UpdateRequest || QSettings::event(event); }
    };

    using Values = QHash<QString, QVariant>;
    static Values rescue(const QString& filePath, QString& sentence);

    QString m_damage;
    Values m_rescued; // from before m_file is opened until it has them
    File m_file;
    QTimer m_writeSoon;
    bool m_hasFailed = false;
};
