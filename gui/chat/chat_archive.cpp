// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_archive.h"

#include "gui/chat/chat_json.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

constexpr int kLongestTitle = 48; // characters: 144 bytes at most, where a file's name has 255
constexpr QChar kSlashInName(u'\u2215');

QString stampFormat() {
    return u"yyyy-MM-dd-HHmmss-zzz"_s;
}

QString removedPath(const QString& path) {
    const QFileInfo file(path);
    return file.dir().filePath(u"deleted-"_s + file.fileName());
}

// Cut behind a word if there is one in the second half.
QString firstWords(const QString& text) {
    QString words = text.left(40 * kLongestTitle).simplified();
    if (words.size() <= kLongestTitle) {
        return words;
    }
    words.truncate(kLongestTitle - 1);
    const qsizetype space = words.lastIndexOf(u' ');
    if (space > kLongestTitle / 2) {
        words.truncate(space);
    } else if (words.back().isHighSurrogate()) {
        words.chop(1);
    }
    return QString(words + u'\u2026');
}

} // namespace

QString archivePath(const QString& openChatFile, const QString& title) {
    const QFileInfo file(openChatFile);
    QString name = title;
    name.replace(u'/', kSlashInName);
    const auto isControl = [](QChar c) { return c.category() == QChar::Other_Control; };
    std::replace_if(name.begin(), name.end(), isControl, QChar(u' '));
    const QString stamp = QDateTime::currentDateTime().toString(stampFormat());
    return file.dir().filePath(
        file.completeBaseName() + u'-' + stamp + (name.isEmpty() ? QString() : QString(u'-' + name)) + u".json"_s);
}

QString chatTitle(const StoredChat& chat) {
    const auto own = std::find_if(chat.entries.begin(), chat.entries.end(),
        [](const TranscriptEntry& entry) { return entry.kind == EntryKind::Own; });
    return firstWords(own != chat.entries.end() ? own->text : chat.draft);
}

QString formatWhen(const QDateTime& when, const QDateTime& now) {
    const QLocale locale;
    if (when.date() == now.date()) {
        return locale.toString(when.time(), u"HH:mm"_s);
    }
    return locale.toString(when.date(), when.date().year() == now.date().year() ? u"d MMM"_s : u"d MMM yyyy"_s);
}

ChatArchive::ChatArchive(const QString& openChatFile, QObject* parent) : QObject(parent), m_openChatFile(openChatFile) {
    purge(); // what a process left that did not come to its end
}

ChatArchive::~ChatArchive() {
    purge();
}

void ChatArchive::purge() {
    const QFileInfo file(m_openChatFile);
    const QDir folder = file.dir();
    for (const QString& name : folder.entryList({u"deleted-*.json"_s}, QDir::Files)) {
        if (fromPath(folder.filePath(name.mid(u"deleted-"_s.size())))) {
            QFile::remove(folder.filePath(name));
        }
    }
}

std::optional<EarlierChat> ChatArchive::fromPath(const QString& path) const {
    static const QRegularExpression pattern(
        u"^(\\d{4}-\\d\\d-\\d\\d-\\d{6}-\\d{3})(?:-(.*))?\\.json$"_s, QRegularExpression::DotMatchesEverythingOption);
    const QString prefix = QFileInfo(m_openChatFile).completeBaseName() + u'-';
    const QString name = QFileInfo(path).fileName();
    const QRegularExpressionMatch match = pattern.match(name.mid(prefix.size()));
    if (!name.startsWith(prefix) || !match.hasMatch()) {
        return std::nullopt;
    }
    QString title = match.captured(2);
    title.replace(kSlashInName, u'/');
    return EarlierChat{
        path, title.isEmpty() ? tr("Untitled chat") : title, QDateTime::fromString(match.captured(1), stampFormat())};
}

QList<EarlierChat> ChatArchive::chats() const {
    const QDir folder = QFileInfo(m_openChatFile).dir();
    QList<EarlierChat> chats;
    // The stamp makes the names sort by time.
    for (const QString& name : folder.entryList({u"*.json"_s}, QDir::Files, QDir::Name | QDir::Reversed)) {
        if (const std::optional<EarlierChat> chat = fromPath(folder.filePath(name))) {
            chats.append(*chat);
        }
    }
    return chats;
}

std::optional<StoredChat> ChatArchive::read(const QString& path) {
    QFile file(path);
    const ChatReading reading =
        file.open(QIODevice::ReadOnly) ? chatFromBytes(file.readAll()) : ChatReading{{}, file.errorString()};
    if (!reading.chat) {
        emit failed(tr("The chat in %1 can't be opened: %2. The file was left as it is.").arg(path, reading.problem));
    }
    return reading.chat;
}

void ChatArchive::takeOut(const QString& path) {
    QFile::remove(path);
    emit changed();
}

void ChatArchive::remove(const QString& path) {
    QFile file(path);
    if (!file.rename(removedPath(path))) {
        emit failed(tr("The chat in %1 can't be deleted: %2.").arg(path, file.errorString()));
        return;
    }
    m_removed.append(path);
    emit changed();
}

QString ChatArchive::lastRemovedTitle() const {
    const std::optional<EarlierChat> chat = m_removed.isEmpty() ? std::nullopt : fromPath(m_removed.last());
    return chat ? chat->title : QString();
}

void ChatArchive::undoRemove() {
    if (m_removed.isEmpty()) {
        return;
    }
    const QString path = m_removed.takeLast();
    QFile file(removedPath(path));
    if (!file.rename(path)) {
        emit failed(tr("The chat in %1 can't be brought back: %2.").arg(file.fileName(), file.errorString()));
    }
    emit changed();
}
