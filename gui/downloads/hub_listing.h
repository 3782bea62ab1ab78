// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

// What the hub says of its models. Values; nothing in them is believed before it is checked.

struct HubModel { // one row of a search
    QString repo; // "user/model"
    quint64 downloads = 0;
    QDateTime updated;     // null: not said
    bool isGated = false;  // its terms must be accepted on its page first
};

struct HubFile {
    QString path; // in the repository
    quint64 size = 0;
    QByteArray sha256; // 64 hex digits; empty: the hub states none

    QString name() const; // without folders
};

struct HubRepo {
    QString repo;
    QString commit; // of the listing: files are asked for at it, so that they cannot change meanwhile
    bool isGated = false;
    QList<HubFile> files; // GGUF files alone
};

// One thing to download: a file, or all shards of one.
struct HubItem {
    QString name;         // of the file; of shards what they have in common
    QString format;       // "Q4_K_M"; empty: its name does not say
    QList<HubFile> files; // shards in order
    QString problem;      // empty, or the sentence why it can't be downloaded

    quint64 bytes() const;
};

// nullopt: this is not what the hub answers.
std::optional<QList<HubModel>> parseSearch(const QByteArray& json);
std::optional<HubRepo> parseRepo(const QByteArray& json);

// "Q4_K_M", "IQ2_XXS", "BF16", "MXFP4", as written in the name; in upper case. Empty: none.
QString formatInName(const QString& fileName);
double bitsOfFormat(const QString& format); // about, for each weight; 0: not known

// Smallest first. Files that are no models of their own, such as projectors for images, are left out.
QList<HubItem> groupFiles(const QList<HubFile>& files);
