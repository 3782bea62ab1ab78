// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/download_record.h"

#include "gui/downloads/part_file.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

constexpr int kVersion = 1;
constexpr qint64 kLongestState = 4 << 20; // bytes

const QString kPart = u".part"_s;
const QString kUnfinished = u".part.json"_s;
const QString kFinished = u".origin.json"_s;
const QString kLock = u".part.json.lock"_s;

QJsonObject toJson(const DownloadRecord::File& file) {
    return {{u"path"_s, file.path}, {u"size"_s, static_cast<qint64>(file.size)},
        {u"sha256"_s, QString::fromLatin1(file.sha256)}, {u"etag"_s, QString::fromLatin1(file.etag)},
        {u"verified"_s, file.isVerified ? QString::fromLatin1(file.stamp) : QString()}, {u"given"_s, file.isGiven}};
}

DownloadRecord::File fileFrom(const QJsonObject& object) {
    DownloadRecord::File file;
    file.path = object.value(u"path"_s).toString();
    file.size = static_cast<quint64>(object.value(u"size"_s).toInteger());
    file.sha256 = object.value(u"sha256"_s).toString().toLatin1();
    file.etag = object.value(u"etag"_s).toString().toLatin1();
    file.stamp = object.value(u"verified"_s).toString().toLatin1();
    file.isVerified = !file.stamp.isEmpty();
    file.isGiven = object.value(u"given"_s).toBool();
    return file;
}

// A state file is only a file: somebody may have written another one of its name.
bool isSound(const DownloadRecord& record) {
    if (record.files.isEmpty() || !record.hub.isValid() || record.repo.isEmpty() || record.commit.isEmpty()) {
        return false;
    }
    for (const DownloadRecord::File& file : record.files) {
        if (!file.name().endsWith(u".gguf"_s, Qt::CaseInsensitive) || file.size == 0) {
            return false;
        }
    }
    return true;
}

} // namespace

quint64 DownloadRecord::bytes() const {
    quint64 sum = 0;
    for (const File& file : files) {
        sum += file.size;
    }
    return sum;
}

bool DownloadRecord::isStated() const {
    return std::none_of(files.begin(), files.end(), [](const File& file) { return file.sha256.isEmpty(); });
}

QString DownloadRecord::filePath(const File& file) const {
    return folder + u'/' + file.name();
}

QString DownloadRecord::partPath(const File& file) const {
    return filePath(file) + kPart;
}

QString DownloadRecord::statePath() const {
    return modelPath() + (isComplete ? kFinished : kUnfinished);
}

QString DownloadRecord::lockPath() const {
    return modelPath() + kLock;
}

bool DownloadRecord::isAsVerified(const QString& path, const File& file) const {
    return file.isVerified && !file.stamp.isEmpty() && fileStamp(path) == file.stamp;
}

bool DownloadRecord::save() const {
    QJsonArray all;
    for (const File& file : files) {
        all.append(toJson(file));
    }
    const QJsonObject object = {{u"version"_s, kVersion}, {u"hub"_s, hub.toString()}, {u"repo"_s, repo},
        {u"commit"_s, commit}, {u"name"_s, name}, {u"format"_s, format}, {u"files"_s, all}};
    QSaveFile file(statePath());
    const QByteArray bytes = QJsonDocument(object).toJson();
    // A flush of its own: commit() overlooks that the one it does fails, on a full disk.
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.flush() && file.commit();
}

void DownloadRecord::removeState() const {
    QFile::remove(modelPath() + kUnfinished);
    QFile::remove(modelPath() + kFinished);
}

void DownloadRecord::removeAll() const {
    for (const File& file : files) {
        QFile::remove(partPath(file));
        const bool isOwn = isComplete || isAsVerified(filePath(file), file); // it may have ended while it renamed them
        if (file.isGiven && isOwn) {
            QFile::remove(filePath(file));
        }
    }
    removeState();
}

DownloadRecord makeRecord(const QUrl& hub, const HubRepo& repo, const HubItem& item, const QString& folder) {
    DownloadRecord record;
    record.folder = QDir(folder).absolutePath();
    record.hub = hub;
    record.repo = repo.repo;
    record.commit = repo.commit;
    record.name = item.name;
    record.format = item.format;
    for (const HubFile& file : item.files) {
        record.files.append({.path = file.path, .size = file.size, .sha256 = file.sha256, .etag = {}, .stamp = {}});
    }
    return record;
}

DownloadRecord goingOn(DownloadRecord fresh, const DownloadRecord& former) {
    bool isSame = fresh.files.size() == former.files.size();
    for (DownloadRecord::File& file : fresh.files) {
        const auto known = std::find_if(former.files.begin(), former.files.end(),
            [&](const DownloadRecord::File& old) { return old.name() == file.name(); });
        const bool isKept = known != former.files.end() && known->size == file.size && known->sha256 == file.sha256 &&
                            (!file.sha256.isEmpty() || former.commit == fresh.commit);
        isSame = isSame && isKept;
        if (isKept) {
            file.etag = known->etag;
            file.isVerified = known->isVerified;
            file.stamp = known->stamp;
            file.isGiven = known->isGiven;
        }
        file.isStale = !isKept || known->isStale;
    }
    fresh.isComplete = former.isComplete && isSame;
    return fresh;
}

std::optional<DownloadRecord> readRecord(const QString& statePath) {
    QFile file(statePath);
    if (file.size() > kLongestState || !file.open(QIODevice::ReadOnly)) {
        return std::nullopt;
    }
    const QJsonObject object = QJsonDocument::fromJson(file.readAll()).object();
    if (object.value(u"version"_s).toInt() != kVersion) {
        return std::nullopt;
    }
    DownloadRecord record;
    record.folder = QFileInfo(statePath).absolutePath();
    record.hub = QUrl(object.value(u"hub"_s).toString());
    record.repo = object.value(u"repo"_s).toString();
    record.commit = object.value(u"commit"_s).toString();
    record.name = object.value(u"name"_s).toString();
    record.format = object.value(u"format"_s).toString();
    record.isComplete = statePath.endsWith(kFinished);
    for (const QJsonValue& value : object.value(u"files"_s).toArray()) {
        record.files.append(fileFrom(value.toObject()));
    }
    const bool isOwn = isSound(record) && QFileInfo(record.statePath()).fileName() == QFileInfo(statePath).fileName();
    return isOwn ? std::optional(record) : std::nullopt;
}

QList<DownloadRecord> findRecords(const QStringList& folders) {
    QList<DownloadRecord> records;
    for (const QString& folder : folders) {
        const QDir place(folder);
        for (const QString& name : place.entryList({u'*' + kUnfinished, u'*' + kFinished}, QDir::Files, QDir::Name)) {
            if (auto record = readRecord(place.absoluteFilePath(name))) {
                records.append(*record);
            }
        }
    }
    return records;
}
