// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/single_instance.h"

#include "core/base/log.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QDeadlineTimer>
#include <QDir>
#include <QLocalSocket>
#include <QThread>

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype kLongestSocketPath = 90; // the system takes 107 bytes, and Qt binds under a longer name first
constexpr qint64 kLargestMessage = 65536;    // bytes; a path has 4096 at most
constexpr int kRetryMs = 50;
constexpr auto kStreamVersion = QDataStream::Qt_6_4;

QString socketPathIn(const QString& folder) {
    QString path = QDir(folder).filePath(u"strata.socket"_s);
    if (path.toUtf8().size() <= kLongestSocketPath)
        return path;
    const QByteArray name = QCryptographicHash::hash(path.toUtf8(), QCryptographicHash::Sha256).toHex().left(16);
    return QDir::temp().filePath(u"strata-"_s + QLatin1String(name));
}

} // namespace

SingleInstance::SingleInstance(const QString& folder, QObject* parent)
    : QObject(parent), m_socketPath(socketPathIn(folder)), m_lock(QDir(folder).filePath(u"strata.lock"_s)) {
    QDir().mkpath(folder);
    m_lock.setStaleLockTime(0); // a lock grows stale by the death of its process, not by age
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::takeConnection);
}

SingleInstance::Role SingleInstance::start(const QString& file, int patienceMs) {
    QDeadlineTimer deadline(patienceMs);
    for (;;) {
        if (m_lock.tryLock(0)) {
            listen();
            return Role::First;
        }
        if (m_lock.error() != QLockFile::LockFailedError)
            return Role::Alone;
        if (handOver(file, static_cast<int>(deadline.remainingTime())))
            return Role::HandedOver;
        if (deadline.hasExpired())
            return Role::Alone;
        QThread::msleep(kRetryMs);
    }
}

bool SingleInstance::handOver(const QString& file, int patienceMs) const {
    QLocalSocket socket;
    socket.connectToServer(m_socketPath);
    if (!socket.waitForConnected(patienceMs))
        return false;
    QDataStream stream(&socket);
    stream.setVersion(kStreamVersion);
    stream << file;
    return socket.waitForBytesWritten(patienceMs) && socket.waitForReadyRead(patienceMs);
}

void SingleInstance::listen() {
    QLocalServer::removeServer(m_socketPath); // of one that crashed: the lock says that nobody listens there now
    if (!m_server.listen(m_socketPath))
        strata::log(strata::LogLevel::Warning, (u"later starts can't reach this window by %1: %2"_s)
                                                   .arg(m_socketPath, m_server.errorString())
                                                   .toStdString());
}

void SingleInstance::takeConnection() {
    QLocalSocket* socket = m_server.nextPendingConnection();
    connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
    const auto read = [this, socket] {
        QDataStream stream(socket);
        stream.setVersion(kStreamVersion);
        stream.startTransaction();
        QString file;
        stream >> file;
        if (stream.commitTransaction()) {
            socket->write("1");
            socket->disconnectFromServer();
            emit fileHandedOver(file);
        } else if (stream.status() == QDataStream::ReadCorruptData || socket->bytesAvailable() > kLargestMessage) {
            socket->abort();
        }
    };
    connect(socket, &QLocalSocket::readyRead, this, read);
    if (socket->bytesAvailable() > 0)
        read();
}
