// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/chat_transcript.h"

#include <algorithm>

using namespace Qt::StringLiterals;

int ChatTranscript::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

QVariant ChatTranscript::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const TranscriptEntry& entry = m_entries[index.row()];
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return QString(speakerName(entry) + u": "_s + entry.text);
    case KindRole:
        return static_cast<int>(entry.kind);
    case SpeakerRole:
        return speakerName(entry);
    case TextRole:
        return entry.text;
    case StatsRole:
        return entry.stats ? statsLine(*entry.stats) : QString();
    case GrowingRole:
        return entry.isGrowing;
    case RememberedRole:
        return index.row() >= m_rememberedFrom;
    default:
        return {};
    }
}

QHash<int, QByteArray> ChatTranscript::roleNames() const {
    QHash<int, QByteArray> names = QAbstractListModel::roleNames();
    names.insert({{KindRole, "kind"}, {SpeakerRole, "speaker"}, {TextRole, "text"}, {StatsRole, "stats"},
        {GrowingRole, "growing"}, {RememberedRole, "remembered"}});
    return names;
}

int ChatTranscript::lastRow(EntryKind kind) const {
    const auto found = std::find_if(
        m_entries.rbegin(), m_entries.rend(), [kind](const TranscriptEntry& entry) { return entry.kind == kind; });
    return static_cast<int>(m_entries.rend() - found) - 1;
}

std::vector<strata::ChatMessage> ChatTranscript::messages(const QString& systemPrompt) const {
    std::vector<strata::ChatMessage> messages;
    if (!systemPrompt.trimmed().isEmpty()) {
        messages.push_back({strata::ChatRole::System, systemPrompt.toStdString()});
    }
    for (const TranscriptEntry& entry : m_entries.mid(m_rememberedFrom)) {
        if (entry.kind == EntryKind::Notice || entry.text.isEmpty()) {
            continue;
        }
        const auto role = entry.kind == EntryKind::Own ? strata::ChatRole::User : strata::ChatRole::Assistant;
        // Many templates refuse two turns of one role in a row, as a stopped or dropped reply leaves them.
        if (!messages.empty() && messages.back().role == role) {
            messages.back().content += "\n\n" + entry.text.toStdString();
        } else {
            messages.push_back({role, entry.text.toStdString()});
        }
    }
    return messages;
}

QString ChatTranscript::toMarkdown() const {
    QStringList parts;
    for (const TranscriptEntry& entry : m_entries) {
        if (entry.kind == EntryKind::Notice) {
            parts.append(u"*"_s + entry.text + u"*"_s);
        } else {
            parts.append(u"## "_s + speakerName(entry) + u"\n\n"_s + entry.text.trimmed());
        }
        if (entry.stats) {
            parts.append(u"*"_s + statsLine(*entry.stats) + u"*"_s);
        }
    }
    return parts.isEmpty() ? QString() : QString(parts.join(u"\n\n"_s) + u"\n"_s);
}

void ChatTranscript::appendOwn(const QString& text) {
    append({.kind = EntryKind::Own, .text = text});
}

void ChatTranscript::beginReply(const QString& speaker) {
    append({.kind = EntryKind::Reply, .speaker = speaker, .isGrowing = true});
}

bool ChatTranscript::reopenReply() {
    const int row = lastRow(EntryKind::Reply);
    if (row < 0 || row < lastRow(EntryKind::Own) || m_entries[row].text.isEmpty()) {
        return false;
    }
    truncate(row + 1);
    m_entries[row].isGrowing = true;
    m_entries[row].stats.reset();
    changed(row, {StatsRole, GrowingRole});
    return true;
}

void ChatTranscript::appendPiece(const QString& piece) {
    if (m_entries.isEmpty() || !m_entries.back().isGrowing) {
        return;
    }
    m_entries.back().text += piece;
    changed(rowCount() - 1, {TextRole, Qt::DisplayRole, Qt::AccessibleTextRole});
}

void ChatTranscript::endReply(const ReplyStats& stats) {
    if (m_entries.isEmpty() || !m_entries.back().isGrowing) {
        return;
    }
    if (m_entries.back().text.isEmpty() && stats == ReplyStats{}) {
        truncate(rowCount() - 1);
        return;
    }
    m_entries.back().isGrowing = false;
    m_entries.back().stats = stats;
    changed(rowCount() - 1, {StatsRole, GrowingRole});
    emit replyEnded(rowCount() - 1);
}

void ChatTranscript::appendNotice(const QString& sentence, const QString& details, const QList<NoticeChoice>& choices) {
    append({.kind = EntryKind::Notice, .text = sentence, .details = details, .choices = choices});
}

void ChatTranscript::withdrawContextChoices() {
    withdrawChoices({NoticeChoice::StartNewChat, NoticeChoice::DropOldest, NoticeChoice::ReloadWithMoreContext});
}

void ChatTranscript::withdrawChoices(const QList<NoticeChoice>& choices) {
    for (int row = 0; row < rowCount(); ++row) {
        const auto removed =
            m_entries[row].choices.removeIf([&choices](NoticeChoice choice) { return choices.contains(choice); });
        if (removed > 0) {
            changed(row, {TextRole});
        }
    }
}

void ChatTranscript::makeRoom(quint32 contextTokens) {
    const int row = lastRow(EntryKind::Reply);
    if (row < 0 || !m_entries[row].stats || !m_entries[row].stats->isContextFull) {
        return;
    }
    ReplyStats& stats = *m_entries[row].stats;
    stats.isContextFull = contextTokens <= stats.promptTokens + stats.generatedTokens;
    changed(row, {StatsRole});
}

void ChatTranscript::setUnfolded(int row, bool isUnfolded) {
    m_entries[row].isUnfolded = isUnfolded;
    changed(row, {TextRole});
}

void ChatTranscript::truncate(int rowCount) {
    if (rowCount >= m_entries.size()) {
        return;
    }
    beginRemoveRows({}, rowCount, static_cast<int>(m_entries.size()) - 1);
    m_entries.resize(rowCount);
    m_rememberedFrom = std::min(m_rememberedFrom, rowCount);
    endRemoveRows();
}

bool ChatTranscript::forgetOldestTurn() {
    const auto isOwn = [](const TranscriptEntry& entry) { return entry.kind == EntryKind::Own; };
    const auto first = std::find_if(m_entries.cbegin() + m_rememberedFrom, m_entries.cend(), isOwn);
    const auto second = first == m_entries.cend() ? first : std::find_if(first + 1, m_entries.cend(), isOwn);
    if (second == m_entries.cend()) {
        return false;
    }
    m_rememberedFrom = static_cast<int>(second - m_entries.cbegin());
    emit dataChanged(index(0), index(rowCount() - 1), {RememberedRole});
    emit rememberedFromChanged();
    return true;
}

void ChatTranscript::restore(const QList<TranscriptEntry>& entries, int rememberedFrom) {
    beginResetModel();
    m_entries = entries;
    if (!m_entries.isEmpty() && m_entries.back().isGrowing) { // the program ended while it was written
        strata::GenerationResult stopped;
        stopped.reason = strata::StopReason::Cancelled;
        m_entries.back().isGrowing = false;
        m_entries.back().stats = replyStats(stopped);
        if (m_entries.back().text.isEmpty()) {
            m_entries.removeLast();
        }
    }
    m_rememberedFrom = std::clamp(rememberedFrom, 0, static_cast<int>(m_entries.size()));
    endResetModel();
}

// What an earlier notice offered was about the turn before.
void ChatTranscript::append(const TranscriptEntry& entry) {
    withdrawChoices({NoticeChoice::StartNewChat, NoticeChoice::DropOldest, NoticeChoice::ReloadWithMoreContext,
        NoticeChoice::TryAgain, NoticeChoice::LoadOnCpu});
    const int row = rowCount();
    beginInsertRows({}, row, row);
    m_entries.append(entry);
    endInsertRows();
}

void ChatTranscript::changed(int row, const QList<int>& roles) {
    emit dataChanged(index(row), index(row), roles);
}
