// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/file_hash.h"

#include <QFile>
#include <QPromise>
#include <QThreadPool>

#include <algorithm>

namespace {

constexpr qint64 kChunk = 1 << 20; // bytes, and the unit of progress

void hashInto(QPromise<HashedBytes>& promise, const QString& path, quint64 byteCount) {
    QFile file(path);
    HashedBytes result{std::make_shared<QCryptographicHash>(QCryptographicHash::Sha256), 0};
    QByteArray chunk(kChunk, Qt::Uninitialized);
    promise.setProgressRange(0, static_cast<int>(byteCount / kChunk) + 1);
    bool isReadable = file.open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    while (isReadable && result.byteCount < byteCount && !promise.isCanceled()) {
        const qint64 wanted = std::min<qint64>(kChunk, static_cast<qint64>(byteCount - result.byteCount));
        const qint64 got = file.read(chunk.data(), wanted);
        isReadable = got > 0;
        if (isReadable) {
            result.hash->addData(QByteArrayView(chunk.constData(), got));
            result.byteCount += static_cast<quint64>(got);
            promise.setProgressValue(static_cast<int>(result.byteCount / kChunk));
        }
    }
    if (!isReadable) {
        result.hash.reset();
    }
    promise.addResult(std::move(result));
}

} // namespace

FileHash::FileHash(QThreadPool& pool, const QString& path, quint64 byteCount, QObject* parent) : QObject(parent) {
    connect(&m_watcher, &QFutureWatcherBase::progressValueChanged, this,
        [this](int chunks) { emit progressed(static_cast<quint64>(chunks) * kChunk); });
    connect(&m_watcher, &QFutureWatcherBase::finished, this, [this] {
        if (!m_watcher.isCanceled()) {
            emit done(m_watcher.result());
        }
    });
    auto promise = std::make_shared<QPromise<HashedBytes>>();
    m_watcher.setFuture(promise->future());
    pool.start([promise, path, byteCount] {
        promise->start();
        hashInto(*promise, path, byteCount);
        promise->finish();
    });
}

FileHash::~FileHash() {
    m_watcher.cancel();
}
