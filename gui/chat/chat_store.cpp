// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_store.h"

#include "gui/chat/chat_archive.h"
#include "gui/chat/chat_json.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSaveFile>
#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace {

constexpr int kSaveDelayMs = 2000;

} // namespace

ChatStore::ChatStore(const QString& filePath, std::function<StoredChat()> current, QObject* parent)
    : QObject(parent), m_filePath(filePath), m_lock(filePath + u".lock"_s), m_current(std::move(current)) {
    m_lock.setStaleLockTime(0); // a lock grows stale by the death of its process, not by age
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSaveDelayMs);
    connect(&m_soon, &QTimer::timeout, this, &ChatStore::saveNow);
}

QString ChatStore::standardPath() {
    return QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)).filePath(u"chat.json"_s);
}

StoredChat ChatStore::load() {
    const bool isHeld = isHeldByAnother();
    if (isHeld) {
        m_hasFailed = true;
        emit failed(heldSentence());
    }
    const Seen seen = look();
    QFile file(m_filePath);
    if (!file.exists()) {
        return {};
    }
    const ChatReading reading =
        file.open(QIODevice::ReadOnly) ? chatFromBytes(file.readAll()) : ChatReading{{}, file.errorString()};
    file.close();
    if (!reading.chat) {
        // Whatever it holds, the next save must not replace it.
        const QString aside = archivePath(m_filePath, tr("Could not be read"));
        const bool isMoved = !isHeld && QFile::rename(m_filePath, aside);
        emit failed(tr("The last conversation can't be read from %1: %2. The file was kept as %3.")
                        .arg(m_filePath, reading.problem, isMoved ? aside : m_filePath));
        return {};
    }
    m_seen = seen;
    return *reading.chat;
}

void ChatStore::saveSoon() {
    if (!m_soon.isActive()) { // not started anew: text that streams for minutes is saved all the same
        m_soon.start();
    }
}

bool ChatStore::saveNow() {
    m_soon.stop();
    const bool isHeld = isHeldByAnother();
    const QString problem = isHeld ? QString() : write();
    const bool isSaved = !isHeld && problem.isEmpty();
    if (!isSaved && !m_hasFailed) {
        m_hasFailed = true;
        emit failed(isHeld ? heldSentence()
                           : tr("The conversation can't be saved to %1: %2. It stays here until the window is closed.")
                                 .arg(m_filePath, problem));
    }
    if (isSaved && m_hasFailed) {
        m_hasFailed = false;
        emit recovered();
    }
    return isSaved;
}

// A folder that takes no lock is none of another process: writing there says what is wrong with it.
bool ChatStore::isHeldByAnother() {
    if (m_lock.isLocked()) {
        return false;
    }
    QDir().mkpath(QFileInfo(m_filePath).path());
    return !m_lock.tryLock(0) && m_lock.error() == QLockFile::LockFailedError;
}

QString ChatStore::heldSentence() const {
    qint64 process = 0;
    QString host;
    QString program;
    m_lock.getLockInfo(&process, &host, &program);
    return tr("This conversation is open in another Strata (process %1 on %2), so what you write here is not saved. "
              "Close the other one, and it will be.")
        .arg(QString::number(process), host);
}

QString ChatStore::write() {
    if (!QDir().mkpath(QFileInfo(m_filePath).path())) {
        return tr("its folder can't be made");
    }
    if (QFileInfo::exists(m_filePath) && look() != m_seen && !QFile::rename(m_filePath, archivePath(m_filePath, {}))) {
        return tr("another program wrote it meanwhile, and it can't be renamed");
    }
    QSaveFile file(m_filePath);
    const QByteArray bytes = QJsonDocument(chatToJson(m_current())).toJson(QJsonDocument::Compact);
    // commit() alone would put an empty file in the old one's place on a full disk: it overlooks that a flush fails.
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.flush() || !file.commit()) {
        return file.errorString();
    }
    m_seen = look();
    return {};
}

ChatStore::Seen ChatStore::look() const {
    const QFileInfo file(m_filePath);
    return file.exists() ? Seen{file.size(), file.lastModified()} : Seen();
}

bool ChatStore::setAside() {
    return saveNow() && QFile::rename(m_filePath, archivePath(m_filePath, chatTitle(m_current())));
}
