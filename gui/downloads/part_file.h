// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFutureWatcher>
#include <QObject>
#include <QString>

class QThreadPool;

// Which file it is and which state of it: a name says neither. Survives renaming and restarts, no change of the bytes.
// "inode-size-mtime" in decimal digits, empty: there is no such file.
QByteArray fileStamp(const QString& path);
bool isFileAt(int handle, const QString& path); // the open file is the one that has this name

// Gives a file its name, and never takes the place of another file, nor writes through a link of that name. Returns why
// it could not; empty: done.
QString giveName(const QString& from, const QString& to);

// Waits on a thread of the pool until a file's bytes are on the drive. Deleting it ends the waiting, not the writing.
class FileSync : public QObject {
    Q_OBJECT

public:
    FileSync(QThreadPool& pool, int handle, QObject* parent); // a copy of the handle is kept as long as needed

signals:
    void done(bool isWritten);

private:
    QFutureWatcher<bool> m_watcher;
};
