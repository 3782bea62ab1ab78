// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_summary.h"

#include <QDateTime>
#include <QList>
#include <QMetaType>
#include <QString>

#include <memory>
#include <utility>

struct ModelShape;

// One model on disk as lists show it: one file, or all parts of a split one. A value; crosses from the scanner's
// thread.
struct ModelEntry {
    QString path;      // of the first part
    QString name;      // general.name, or the file's
    int partCount = 1; // files
    quint64 fileBytes = 0;
    QDateTime changed;            // of the first part, on disk
    strata::ModelSummary summary; // empty if the header could not be read
    QString problem;              // empty, or the sentence why it can't be loaded
    std::shared_ptr<const ModelShape> shape; // what planning needs of the header; null: it can't be loaded
    bool isVocabularyOnly = false;
    enum class FileState { There, Gone, Changed } fileState = FileState::There; // other than There: it is loaded
    QList<std::pair<QString, QString>> metadata;                                // key and value as text, in file order
    QList<std::pair<QString, QString>> tensors; // format, and how many tensors and bytes have it

    bool isReadable() const { return !summary.architecture.empty() || !metadata.isEmpty(); }
};
Q_DECLARE_METATYPE(ModelEntry)
