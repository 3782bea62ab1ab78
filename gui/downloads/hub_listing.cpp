// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/hub_listing.h"

#include "gui/downloads/hub_address.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

constexpr double kLargestFile = 1e15; // bytes; more is a mistake, and less is exact as a double
constexpr int kLongestName = 200;     // bytes, so that the names beside it fit a file system too

QString text(const char* source) {
    return QCoreApplication::translate("HubListing", source);
}

// False, "auto" or "manual".
bool isGated(const QJsonObject& object) {
    const QJsonValue gated = object.value(u"gated"_s);
    return gated.isString() || gated.toBool();
}

bool isChecksum(const QString& hex) {
    static const QRegularExpression pattern(u"^[0-9a-f]{64}$"_s);
    return pattern.match(hex).hasMatch();
}

// Such a name becomes that of a file in the person's folder.
bool isFileName(const QString& name) {
    return !name.isEmpty() && !name.startsWith(u'.') && name.toUtf8().size() <= kLongestName &&
           std::none_of(name.begin(), name.end(), [](QChar c) { return !c.isPrint() || c == u'/' || c == u'\\'; });
}

std::optional<HubFile> readFile(const QJsonObject& object) {
    HubFile file;
    file.path = object.value(u"rfilename"_s).toString();
    const QJsonObject large = object.value(u"lfs"_s).toObject();
    const double size = object.value(u"size"_s).toDouble(large.value(u"size"_s).toDouble(-1));
    if (!file.name().endsWith(u".gguf"_s, Qt::CaseInsensitive) || !isFileName(file.name()) || size < 1 ||
        size > kLargestFile) {
        return std::nullopt;
    }
    file.size = static_cast<quint64>(size);
    const QString checksum = large.value(u"sha256"_s).toString(large.value(u"oid"_s).toString()).toLower();
    file.sha256 = isChecksum(checksum) ? checksum.toLatin1() : QByteArray();
    return file;
}

struct Shard {
    QString stem; // with its folder: the same name may stand in several
    int number = 1;
    int count = 1;
};

Shard shardOf(const HubFile& file) {
    static const QRegularExpression pattern(u"^(.*)-(\\d{5})-of-(\\d{5})\\.gguf$"_s,
        QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = pattern.match(file.path);
    if (!match.hasMatch()) {
        return {file.path, 1, 1};
    }
    return {match.captured(1), match.captured(2).toInt(), match.captured(3).toInt()};
}

bool isModel(const HubFile& file) {
    const QString name = file.name().toLower();
    return !name.startsWith(u"mmproj"_s) && !name.contains(u"imatrix"_s);
}

HubItem itemOf(QList<std::pair<int, HubFile>> shards, int count) {
    std::sort(shards.begin(), shards.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    HubItem item;
    int expected = 1;
    for (const auto& [number, file] : shards) {
        if (number != expected++) {
            item.problem = text("Parts of this model are missing on the hub.");
        }
        item.files.append(file);
    }
    if (shards.size() != count) {
        item.problem = text("%1 of the %2 parts of this model are on the hub.").arg(shards.size()).arg(count);
    }
    item.name = shardOf(item.files.first()).stem.section(u'/', -1);
    if (item.name.endsWith(u".gguf"_s, Qt::CaseInsensitive)) {
        item.name.chop(5);
    }
    item.format = formatInName(item.files.first().path.section(u'/', -1));
    return item;
}

} // namespace

QString HubFile::name() const {
    return path.section(u'/', -1);
}

quint64 HubItem::bytes() const {
    quint64 sum = 0;
    for (const HubFile& file : files) {
        sum += file.size;
    }
    return sum;
}

std::optional<QList<HubModel>> parseSearch(const QByteArray& json) {
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isArray()) {
        return std::nullopt;
    }
    QList<HubModel> models;
    for (const QJsonValue& value : document.array()) {
        const QJsonObject object = value.toObject();
        HubModel model;
        model.repo = object.value(u"id"_s).toString(object.value(u"modelId"_s).toString());
        if (!isRepoName(model.repo)) {
            continue;
        }
        model.downloads = static_cast<quint64>(std::clamp(object.value(u"downloads"_s).toDouble(), 0.0, kLargestFile));
        const QString updated = object.value(u"lastModified"_s).toString(object.value(u"createdAt"_s).toString());
        model.updated = QDateTime::fromString(updated, Qt::ISODateWithMs);
        model.isGated = isGated(object);
        models.append(model);
    }
    return models;
}

std::optional<HubRepo> parseRepo(const QByteArray& json) {
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    static const QRegularExpression commit(u"^[0-9a-f]{7,64}$"_s);
    HubRepo repo;
    repo.repo = object.value(u"id"_s).toString(object.value(u"modelId"_s).toString());
    repo.commit = object.value(u"sha"_s).toString();
    if (!isRepoName(repo.repo) || !commit.match(repo.commit).hasMatch() || !object.value(u"siblings"_s).isArray()) {
        return std::nullopt;
    }
    repo.isGated = isGated(object);
    for (const QJsonValue& value : object.value(u"siblings"_s).toArray()) {
        if (const auto file = readFile(value.toObject())) {
            repo.files.append(*file);
        }
    }
    return repo;
}

QString formatInName(const QString& fileName) {
    static const QRegularExpression pattern(
        u"(?:^|[-._])((?:UD-)?(?:I?Q[1-9](?:_[0-9A-Z]+)*|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|F32|FP16))(?=[-._]|$)"_s,
        QRegularExpression::CaseInsensitiveOption);
    QString found;
    QRegularExpressionMatchIterator all = pattern.globalMatch(fileName);
    while (all.hasNext()) {
        found = all.next().captured(1).toUpper(); // names of models may hold such words as well, further to the front
    }
    return found;
}

double bitsOfFormat(const QString& format) {
    if (format.contains(u"32"_s)) {
        return 32;
    }
    if (format.contains(u"16"_s)) {
        return 16;
    }
    static const QRegularExpression digit(u"(?:Q|FP)(\\d)"_s);
    const QRegularExpressionMatch match = digit.match(format);
    return match.hasMatch() ? match.captured(1).toDouble() : 0;
}

QList<HubItem> groupFiles(const QList<HubFile>& files) {
    QMap<std::pair<QString, int>, QList<std::pair<int, HubFile>>> groups;
    for (const HubFile& file : files) {
        const Shard shard = shardOf(file);
        if (isModel(file)) {
            groups[{shard.stem, shard.count}].append({shard.number, file});
        }
    }
    QList<HubItem> items;
    for (auto group = groups.cbegin(); group != groups.cend(); ++group) {
        items.append(itemOf(group.value(), group.key().second));
    }
    std::stable_sort(
        items.begin(), items.end(), [](const HubItem& a, const HubItem& b) { return a.bytes() < b.bytes(); });
    return items;
}
