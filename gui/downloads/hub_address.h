// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>

#include <optional>

// Where the hub is and what it may be told. A value.
struct HubAccess {
    QUrl base;        // "https://huggingface.co"; a mirror may lie in a folder of its host
    QByteArray token; // empty: none. Goes to the base's own origin alone, and into no file

    bool isOwn(const QUrl& url) const;        // same scheme, host and port as the base
    bool mayTellToken(const QUrl& url) const; // its own, and encrypted or on this machine
};

// A model on the hub as a person writes it. A value.
struct HubReference {
    QString repo;     // "user/model"
    QString revision; // empty: the newest
    QString path;     // of one file; empty: all
    QString format;   // "Q4_K_M"; empty: any
};

// From "user/model", "user/model:Q4_K_M", or an address of the model's page or of one of its files, with or without
// https://. nullopt: it is none of these, but words to search for.
std::optional<HubReference> parseHubReference(const QString& text, const QUrl& base);

// nullopt, or the address in a form that others can be made from: http or https with a host, without a query.
std::optional<QUrl> cleanHubBase(const QString& text);

bool isRepoName(const QString& name); // "user/model"

QUrl hubSearchUrl(const QUrl& base, const QString& words, int limit);
QUrl hubRepoUrl(const QUrl& base, const QString& repo, const QString& revision); // its files with sizes and checksums
QUrl hubFileUrl(const QUrl& base, const QString& repo, const QString& revision, const QString& path);
