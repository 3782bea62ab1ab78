// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_listing.h"

#include <QString>
#include <QStringList>
#include <QUrl>

#include <optional>

// One model on its way from the hub, or come from there: what is to be remembered of it. Beside its files lies a small
// JSON file that says the same: "model.gguf.part.json" until all is there and checked, "model.gguf.origin.json" from
// then on. The bytes lie in "model.gguf.part" until then, which nothing takes for a model. A value.
struct DownloadRecord {
    struct File {
        QString path; // in the repository
        quint64 size = 0;
        QByteArray sha256;       // as the hub states; empty: it states none
        QByteArray etag;         // of the part that is there; empty: none
        bool isVerified = false; // its bytes are all there and have this checksum
        QByteArray stamp;        // of the file of which that holds; see part_file.h
        bool isGiven = false;    // its name came from here: what was there before stays, whatever is deleted
        bool isStale = false;    // the part that is there is of something else; written nowhere

        QString name() const { return path.section(QLatin1Char('/'), -1); }
    };

    QString folder; // where its files lie
    QUrl hub;
    QString repo;
    QString commit;
    QString name; // for people
    QString format;
    QList<File> files; // shards in order
    bool isComplete = false;

    quint64 bytes() const;
    bool isStated() const; // the hub states a checksum for every file
    QString filePath(const File& file) const; // of the model
    QString partPath(const File& file) const; // while it comes
    QString modelPath() const { return filePath(files.first()); } // of the first shard
    QString statePath() const;  // of the JSON, as isComplete says
    QString lockPath() const;   // held by whoever writes or deletes its parts
    bool isAsVerified(const QString& path, const File& file) const; // not touched since

    bool save() const;   // false: it can't be written
    void removeState() const;
    void removeAll() const; // parts, JSON, and files that got their names from here; under the lock
};

DownloadRecord makeRecord(const QUrl& hub, const HubRepo& repo, const HubItem& item, const QString& folder);

// The fresh record of a model of which there may be something already: keeps what is known of files that the hub still
// states the same checksum for, and calls parts of others stale.
DownloadRecord goingOn(DownloadRecord fresh, const DownloadRecord& former);

std::optional<DownloadRecord> readRecord(const QString& statePath); // nullopt: not there, or none of ours
QList<DownloadRecord> findRecords(const QStringList& folders);
