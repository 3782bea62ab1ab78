// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_transcript.h"
#include "gui/format.h"

#include <QCoreApplication>

#include <chrono>

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("ChatTranscript", text);
}

QString stopNote(const strata::GenerationResult& result) {
    switch (result.reason) {
    case strata::StopReason::EndOfText:
        return {};
    case strata::StopReason::StopString:
        return translated("ended at \u201C%1\u201D").arg(QString::fromStdString(result.stopText));
    case strata::StopReason::TokenLimit:
        return translated("reached the longest reply set");
    case strata::StopReason::ContextFull:
        return translated("context full");
    case strata::StopReason::Cancelled:
        return translated("stopped");
    }
    return {};
}

} // namespace

QString speakerName(const TranscriptEntry& entry) {
    switch (entry.kind) {
    case EntryKind::Own:
        return translated("You");
    case EntryKind::Reply:
        return entry.speaker.isEmpty() ? translated("Model") : entry.speaker;
    case EntryKind::Notice:
        break;
    }
    return u"Strata"_s;
}

QString statsLine(const ReplyStats& stats) {
    QStringList parts;
    if (stats.generatedTokens > 0) {
        parts.append(stats.generatedTokens == 1 ? translated("1 token")
                                                : translated("%1 tokens").arg(formatCount(stats.generatedTokens)));
    }
    if (stats.tokensPerSecond > 0) {
        parts.append(formatTokenRate(stats.tokensPerSecond));
    }
    if (stats.generatedTokens > 0) {
        parts.append(translated("first after %1").arg(formatDuration(stats.firstTokenSeconds)));
    }
    if (stats.promptTokens > 0) {
        parts.append(translated("prompt of %1").arg(formatCount(stats.promptTokens)));
    }
    if (!stats.stopNote.isEmpty()) {
        parts.append(stats.stopNote);
    }
    return parts.join(u"   "_s);
}

QString statsToolTip(const ReplyStats& stats) {
    return translated("The prompt was %1 tokens; %2 of them were still known from the turn before.")
        .arg(formatCount(stats.promptTokens), formatCount(stats.cachedTokens));
}

ReplyStats replyStats(const strata::GenerationResult& result) {
    using Seconds = std::chrono::duration<double>;
    const double decodeSeconds = Seconds(result.decodeTime).count();
    ReplyStats stats;
    stats.promptTokens = result.promptTokens;
    stats.cachedTokens = result.cachedTokens;
    stats.generatedTokens = result.generatedTokens;
    // decodeTime runs from the first token to the last, so it is the time of all but one.
    if (result.generatedTokens > 1 && decodeSeconds > 0) {
        stats.tokensPerSecond = (result.generatedTokens - 1) / decodeSeconds;
    }
    stats.firstTokenSeconds = Seconds(result.firstToken).count();
    stats.stopNote = stopNote(result);
    stats.isContextFull = result.reason == strata::StopReason::ContextFull;
    return stats;
}
