// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

struct NamedFile {
    QString name;
    QString path;
};

// What tells files of one name apart, in the order of `files`: the repository or folder they lie in, else the name of
// the file, else the whole path. Empty where a name is there once.
QStringList namesApart(const QList<NamedFile>& files);
