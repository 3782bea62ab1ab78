// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_header.h"

#include "gui/format.h"
#include "gui/models/model_forecast.h"

#include "core/gguf/gguf_file.h"

#include <QCoreApplication>

#include <map>

namespace {

constexpr int kLongestText = 400; // characters of a metadata value; chat templates run to thousands

QString text(const char* source) {
    return QCoreApplication::translate("ModelHeader", source);
}

QString shortened(const QString& value) {
    if (value.size() <= kLongestText)
        return value;
    return text("%1 … (%2 characters)").arg(value.left(kLongestText), formatCount(static_cast<quint64>(value.size())));
}

struct ValueText {
    QString operator()(std::uint64_t value) const { return QString::number(value); }
    QString operator()(std::int64_t value) const { return QString::number(value); }
    QString operator()(double value) const { return QString::number(value, 'g', 6); }
    QString operator()(bool value) const { return value ? text("true") : text("false"); }
    QString operator()(const std::string& value) const { return shortened(QString::fromStdString(value)); }
    QString operator()(const strata::GgufArray& array) const {
        const std::size_t count = std::visit([](const auto& items) { return items.size(); }, array);
        const bool isText = std::holds_alternative<std::vector<std::string>>(array);
        return (isText ? text("%1 texts") : text("%1 numbers")).arg(formatCount(count));
    }
};

QList<std::pair<QString, QString>> metadataRows(const strata::GgufFile& file) {
    QList<std::pair<QString, QString>> rows;
    for (const strata::GgufEntry& entry : file.metadata())
        rows.append({QString::fromStdString(entry.key),
            std::visit([](const auto& value) { return ValueText()(value); }, entry.value)});
    return rows;
}

QList<std::pair<QString, QString>> tensorRows(const strata::GgufFile& file) {
    struct Total {
        quint64 count = 0;
        quint64 bytes = 0;
    };
    std::map<strata::QuantType, Total> totals;
    for (const strata::GgufTensor& tensor : file.tensors()) {
        totals[tensor.type].count += 1;
        totals[tensor.type].bytes += tensor.byteCount;
    }
    QList<std::pair<QString, QString>> rows;
    for (const auto& [type, total] : totals) {
        const std::string_view name = strata::traits(type).name;
        rows.append({QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size())),
            text("%1 tensors, %2").arg(formatCount(total.count), formatBytes(total.bytes))});
    }
    return rows;
}

} // namespace

ModelEntry describeHeader(const strata::GgufFile& file) {
    ModelEntry entry;
    entry.path = QString::fromStdString(file.path().string());
    entry.summary = strata::summarize(file);
    entry.name = QString::fromStdString(entry.summary.name);
    entry.partCount = static_cast<int>(file.parts().size());
    entry.fileBytes = file.fileBytes();
    entry.isVocabularyOnly = file.tensors().empty();
    entry.problem = entry.isVocabularyOnly
                        ? text("This file holds a vocabulary and no weights, so it can't be chatted with.")
                        : QString::fromStdString(entry.summary.unsupported);
    if (entry.problem.isEmpty())
        entry.shape = modelShape(file);
    entry.metadata = metadataRows(file);
    entry.tensors = tensorRows(file);
    return entry;
}
