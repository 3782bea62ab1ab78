// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCryptographicHash>
#include <QFutureWatcher>
#include <QObject>
#include <QString>

#include <memory>

class QThreadPool;

// What of a file went into a SHA-256, so that more can follow. A value.
struct HashedBytes {
    std::shared_ptr<QCryptographicHash> hash; // null: it could not be read
    quint64 byteCount = 0;
};

// Reads a file from its start on a thread of the pool. Deleting it ends the reading within a few milliseconds.
class FileHash : public QObject {
    Q_OBJECT

public:
    FileHash(QThreadPool& pool, const QString& path, quint64 byteCount, QObject* parent);
    ~FileHash() override;

signals:
    void progressed(quint64 byteCount);
    void done(const HashedBytes& hashed);

private:
    QFutureWatcher<HashedBytes> m_watcher;
};
