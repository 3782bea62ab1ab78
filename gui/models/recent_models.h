// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFutureWatcher>
#include <QObject>
#include <QStringList>

class QMenu;
class Settings;

// The models that were loaded last, and which of their files are not there any more. The list lives in the settings.
// GUI thread; the disk is asked on another, since a drive may be asleep and a server away.
class RecentModels : public QObject {
    Q_OBJECT

public:
    explicit RecentModels(Settings& settings, QObject* parent = nullptr);

    QStringList paths() const;                              // newest first
    const QStringList& gonePaths() const { return m_gone; } // as far as was found out
    bool isGone(const QString& path) const { return m_gone.contains(path); }
    static QString goneSentence(const QString& path); // for whoever wants to load it
    void fillMenu(QMenu* menu);                       // again after each change

public slots:
    void add(const QString& path); // as the newest
    void remove(const QString& path);
    void removeGone();
    void check(); // which files are gone; changed() follows if others than before

signals:
    void changed();
    void chosen(const QString& path); // in the menu

private:
    void set(const QStringList& paths);
    void takeGone();

    Settings& m_settings;
    QStringList m_gone;
    QFutureWatcher<QStringList> m_check;
};
