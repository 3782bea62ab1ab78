// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_json.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

#include <array>

using namespace Qt::StringLiterals;

namespace {

constexpr int kFormat = 1; // of the file; grows when an older Strata would lose something by reading it

constexpr std::array<QLatin1StringView, 3> kKinds = {"own"_L1, "reply"_L1, "notice"_L1}; // by EntryKind

QJsonObject toJson(const ReplyStats& stats) {
    return {{"promptTokens"_L1, static_cast<qint64>(stats.promptTokens)},
        {"cachedTokens"_L1, static_cast<qint64>(stats.cachedTokens)},
        {"generatedTokens"_L1, static_cast<qint64>(stats.generatedTokens)},
        {"tokensPerSecond"_L1, stats.tokensPerSecond}, {"firstTokenSeconds"_L1, stats.firstTokenSeconds},
        {"stopNote"_L1, stats.stopNote}, {"contextFull"_L1, stats.isContextFull}};
}

ReplyStats statsFromJson(const QJsonObject& object) {
    ReplyStats stats;
    stats.promptTokens = static_cast<quint32>(object["promptTokens"_L1].toInteger());
    stats.cachedTokens = static_cast<quint32>(object["cachedTokens"_L1].toInteger());
    stats.generatedTokens = static_cast<quint32>(object["generatedTokens"_L1].toInteger());
    stats.tokensPerSecond = object["tokensPerSecond"_L1].toDouble();
    stats.firstTokenSeconds = object["firstTokenSeconds"_L1].toDouble();
    stats.stopNote = object["stopNote"_L1].toString();
    stats.isContextFull = object["contextFull"_L1].toBool();
    return stats;
}

QJsonObject toJson(const TranscriptEntry& entry) {
    QJsonObject object{{"kind"_L1, kKinds[static_cast<std::size_t>(entry.kind)]}, {"text"_L1, entry.text}};
    if (!entry.speaker.isEmpty()) {
        object.insert("speaker"_L1, entry.speaker);
    }
    if (!entry.details.isEmpty()) {
        object.insert("details"_L1, entry.details);
    }
    if (entry.isGrowing) {
        object.insert("growing"_L1, true);
    }
    if (entry.stats) {
        object.insert("stats"_L1, toJson(*entry.stats));
    }
    return object;
}

// A notice comes back without its choices: what it offered belonged to that moment.
TranscriptEntry entryFromJson(const QJsonObject& object) {
    TranscriptEntry entry;
    const QString kind = object["kind"_L1].toString();
    entry.kind = kind == kKinds[0] ? EntryKind::Own : kind == kKinds[1] ? EntryKind::Reply : EntryKind::Notice;
    entry.text = object["text"_L1].toString();
    entry.speaker = object["speaker"_L1].toString();
    entry.details = object["details"_L1].toString();
    entry.isGrowing = object["growing"_L1].toBool();
    if (object["stats"_L1].isObject()) {
        entry.stats = statsFromJson(object["stats"_L1].toObject());
    }
    return entry;
}

QJsonObject toJson(const ReplySettings& settings) {
    const strata::SamplingParams& sampling = settings.sampling;
    QJsonObject object{{"systemPrompt"_L1, settings.systemPrompt}, {"temperature"_L1, sampling.temperature},
        {"topK"_L1, static_cast<qint64>(sampling.topK)}, {"topP"_L1, sampling.topP}, {"minP"_L1, sampling.minP},
        {"repeatPenalty"_L1, sampling.repeatPenalty}, {"presencePenalty"_L1, sampling.presencePenalty},
        {"frequencyPenalty"_L1, sampling.frequencyPenalty},
        {"penaltyWindow"_L1, static_cast<qint64>(sampling.penaltyWindow)},
        {"maxTokens"_L1, static_cast<qint64>(settings.maxTokens)},
        {"stopStrings"_L1, QJsonArray::fromStringList(settings.stopStrings)}};
    if (sampling.seed) {
        object.insert("seed"_L1, QString::number(*sampling.seed)); // a JSON number holds 53 bits only
    }
    return object;
}

ReplySettings settingsFromJson(const QJsonObject& object) {
    ReplySettings settings;
    strata::SamplingParams& sampling = settings.sampling;
    const auto real = [&object](QLatin1StringView key, float& value) {
        value = static_cast<float>(object[key].toDouble(static_cast<double>(value)));
    };
    const auto whole = [&object](QLatin1StringView key, std::uint32_t& value) {
        value = static_cast<std::uint32_t>(object[key].toInteger(value));
    };
    settings.systemPrompt = object["systemPrompt"_L1].toString();
    real("temperature"_L1, sampling.temperature);
    real("topP"_L1, sampling.topP);
    real("minP"_L1, sampling.minP);
    real("repeatPenalty"_L1, sampling.repeatPenalty);
    real("presencePenalty"_L1, sampling.presencePenalty);
    real("frequencyPenalty"_L1, sampling.frequencyPenalty);
    whole("topK"_L1, sampling.topK);
    whole("penaltyWindow"_L1, sampling.penaltyWindow);
    whole("maxTokens"_L1, settings.maxTokens);
    settings.stopStrings = object["stopStrings"_L1].toVariant().toStringList();
    if (object["seed"_L1].isString()) {
        sampling.seed = object["seed"_L1].toString().toULongLong();
    }
    return settings;
}

} // namespace

QJsonObject chatToJson(const StoredChat& chat) {
    QJsonArray entries;
    for (const TranscriptEntry& entry : chat.entries) {
        entries.append(toJson(entry));
    }
    QJsonArray attachments;
    for (const StoredChat::Text& text : chat.attachments) {
        attachments.append(QJsonObject{{"title"_L1, text.title}, {"text"_L1, text.text}});
    }
    return {{"format"_L1, kFormat}, {"entries"_L1, entries}, {"rememberedFrom"_L1, chat.rememberedFrom},
        {"draft"_L1, chat.draft}, {"attachments"_L1, attachments}, {"settings"_L1, toJson(chat.settings)}};
}

StoredChat chatFromJson(const QJsonObject& object) {
    StoredChat chat;
    const QJsonArray entries = object["entries"_L1].toArray();
    for (const QJsonValue& value : entries) {
        chat.entries.append(entryFromJson(value.toObject()));
    }
    chat.rememberedFrom = object["rememberedFrom"_L1].toInt();
    chat.draft = object["draft"_L1].toString();
    const QJsonArray attachments = object["attachments"_L1].toArray();
    for (const QJsonValue& value : attachments) {
        chat.attachments.append({value["title"_L1].toString(), value["text"_L1].toString()});
    }
    chat.settings = settingsFromJson(object["settings"_L1].toObject());
    return chat;
}

ChatReading chatFromBytes(const QByteArray& bytes) {
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (!document.isObject() || !document["entries"_L1].isArray()) {
        return {{}, QCoreApplication::translate("ChatReading", "it is damaged")};
    }
    const int format = document["format"_L1].toInt(kFormat);
    if (format > kFormat) {
        const QString problem = QCoreApplication::translate(
            "ChatReading", "it was written by a newer Strata (format %1; this one reads up to format %2)");
        return {{}, problem.arg(format).arg(kFormat)};
    }
    return {chatFromJson(document.object()), {}};
}
