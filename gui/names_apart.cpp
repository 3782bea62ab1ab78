// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/names_apart.h"

#include "gui/format.h"

#include <QFileInfo>
#include <QHash>
#include <QRegularExpression>
#include <QSet>

namespace {

// "org/repository" in the cache of the Hugging Face hub, whose own folders are named by hashes.
QString folderName(const QString& path) {
    static const QRegularExpression cached(QStringLiteral("/models--([^/]+)--([^/]+)/snapshots/"));
    const QRegularExpressionMatch match = cached.match(path);
    return match.hasMatch() ? QString(match.captured(1) + QLatin1Char('/') + match.captured(2))
                            : QFileInfo(QFileInfo(path).path()).fileName();
}

QString fileName(const QString& path) {
    return QFileInfo(path).fileName();
}

bool isDistinct(const QStringList& texts) {
    return QSet<QString>(texts.begin(), texts.end()).size() == texts.size();
}

} // namespace

QStringList namesApart(const QList<NamedFile>& files) {
    QHash<QString, QList<qsizetype>> groups;
    for (qsizetype i = 0; i < files.size(); ++i)
        groups[files[i].name.toCaseFolded()].append(i);
    QStringList apart(files.size());
    for (const QList<qsizetype>& group : groups) {
        if (group.size() == 1)
            continue;
        for (const auto naming : {folderName, fileName, formatPath}) {
            QStringList texts;
            for (const qsizetype i : group)
                texts.append(naming(files[i].path));
            for (qsizetype i = 0; i < group.size(); ++i)
                apart[group[i]] = texts[i];
            if (isDistinct(texts))
                break;
        }
    }
    return apart;
}
