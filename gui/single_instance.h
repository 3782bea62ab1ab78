// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLocalServer>
#include <QLockFile>
#include <QObject>

// One window per person and data folder: the first start listens on a socket there, a later one hands it the file that
// it was asked to open and ends. What a crash leaves behind, lock and socket, is found out and replaced.
class SingleInstance : public QObject {
    Q_OBJECT

public:
    enum class Role {
        First,      // this one listens
        HandedOver, // the first has the file and has answered: nothing is left to do here
        Alone       // another one runs and does not answer, or the folder takes no lock
    };

    explicit SingleInstance(const QString& folder, QObject* parent = nullptr);

    // `file` is an absolute path, or empty where the window is only to come forward. Waits for an answer at most this
    // long: a first start may still be busy with its own beginning.
    Role start(const QString& file, int patienceMs = 3000);

signals:
    void fileHandedOver(const QString& file); // empty: only to come forward

private:
    bool handOver(const QString& file, int patienceMs) const;
    void listen();
    void takeConnection();

    QString m_socketPath;
    QLockFile m_lock;
    QLocalServer m_server;
};
