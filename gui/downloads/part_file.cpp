// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/part_file.h"

#include <QFile>
#include <QPromise>
#include <QThreadPool>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

namespace {

constexpr int kBeforeHashes = 1; // short, and a file waits for it

bool isUnknown(int error) {
    return error == EINVAL || error == ENOSYS || error == ENOTSUP || error == EPERM || error == EMLINK;
}

// For file systems that can't be told to leave other files alone: 0, or errno.
int renameOlder(const QByteArray& from, const QByteArray& to) {
    if (::link(from.constData(), to.constData()) == 0) {
        return ::unlink(from.constData()) == 0 ? 0 : errno;
    }
    struct stat there {};
    if (!isUnknown(errno)) {
        return errno;
    }
    if (::lstat(to.constData(), &there) == 0) { // no hard links either: a moment stays in which a file may appear
        return EEXIST;
    }
    return ::rename(from.constData(), to.constData()) == 0 ? 0 : errno;
}

} // namespace

QByteArray fileStamp(const QString& path) {
    struct stat there {};
    if (::stat(QFile::encodeName(path).constData(), &there) != 0) {
        return {};
    }
    return QByteArray::number(static_cast<quint64>(there.st_ino)) + '-' +
           QByteArray::number(static_cast<qint64>(there.st_size)) + '-' +
           QByteArray::number(static_cast<qint64>(there.st_mtim.tv_sec)) + '.' +
           QByteArray::number(static_cast<qint64>(there.st_mtim.tv_nsec));
}

bool isFileAt(int handle, const QString& path) {
    struct stat open {};
    struct stat there {};
    return ::fstat(handle, &open) == 0 && ::lstat(QFile::encodeName(path).constData(), &there) == 0 &&
           open.st_dev == there.st_dev && open.st_ino == there.st_ino && open.st_size == there.st_size;
}

QString giveName(const QString& from, const QString& to) {
    const QByteArray source = QFile::encodeName(from);
    const QByteArray target = QFile::encodeName(to);
    int error = 0;
    if (::renameat2(AT_FDCWD, source.constData(), AT_FDCWD, target.constData(), RENAME_NOREPLACE) != 0) {
        error = isUnknown(errno) ? renameOlder(source, target) : errno;
    }
    return error == 0 ? QString() : qt_error_string(error);
}

FileSync::FileSync(QThreadPool& pool, int handle, QObject* parent) : QObject(parent) {
    connect(&m_watcher, &QFutureWatcherBase::finished, this, [this] { emit done(m_watcher.result()); });
    auto promise = std::make_shared<QPromise<bool>>();
    m_watcher.setFuture(promise->future());
    pool.start(
        [promise, own = ::fcntl(handle, F_DUPFD_CLOEXEC, 0)] {
            promise->start();
            promise->addResult(own >= 0 && ::fsync(own) == 0);
            if (own >= 0) {
                ::close(own);
            }
            promise->finish();
        },
        kBeforeHashes);
}
