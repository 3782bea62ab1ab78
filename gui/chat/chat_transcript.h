// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/chat/chat_message.h"
#include "core/engine/generation.h"

#include <QAbstractListModel>
#include <QList>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

struct ReplyAccount;

enum class EntryKind { Own, Reply, Notice };

// What a notice offers to do, in the order it is offered.
enum class NoticeChoice { StartNewChat, DropOldest, ReloadWithMoreContext, TryAgain, LoadOnCpu };

struct ReplyStats {
    quint32 promptTokens = 0;
    quint32 cachedTokens = 0;
    quint32 generatedTokens = 0;
    double tokensPerSecond = 0; // 0: too short to tell
    double firstTokenSeconds = 0;
    QString stopNote = {};      // empty: the model ended its turn
    bool isContextFull = false; // that is what ended it, and there is no more room yet
    std::shared_ptr<const ReplyAccount> account = {}; // where its time went; null once the program was left

    bool operator==(const ReplyStats&) const = default;
};

struct TranscriptEntry {
    EntryKind kind = EntryKind::Own;
    QString text = {};    // as written: Markdown for replies, a sentence for notices
    QString speaker = {}; // Reply: the model's name
    std::optional<ReplyStats> stats = {};
    bool isGrowing = false;           // a reply that is being written
    QString details = {};             // Notice: what a fold hides
    bool isUnfolded = false;          // Notice: the details are shown
    QList<NoticeChoice> choices = {}; // Notice

    bool operator==(const TranscriptEntry&) const = default;
};

// The conversation as rows, oldest first; only the last reply grows. Rows before rememberedFrom() are shown, but the
// model is not told them any more. GUI thread.
class ChatTranscript : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { KindRole = Qt::UserRole + 1, SpeakerRole, TextRole, StatsRole, GrowingRole, RememberedRole };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    const TranscriptEntry& entry(int row) const { return m_entries[row]; }
    const QList<TranscriptEntry>& entries() const { return m_entries; }
    int lastRow(EntryKind kind) const; // -1: none
    int rememberedFrom() const { return m_rememberedFrom; }

    // What the model is told: the system prompt if not empty, then the remembered turns with text.
    std::vector<strata::ChatMessage> messages(const QString& systemPrompt) const;
    QString toMarkdown() const; // the whole chat, as a document

    void appendOwn(const QString& text);
    void beginReply(const QString& speaker);
    bool reopenReply(); // the last reply grows again, and what stands below it goes; false: there is none with text
    void appendPiece(const QString& piece); // to the growing reply; dropped if there is none
    void endReply(const ReplyStats& stats); // an empty reply's row goes, unless its stats say why it is empty
    void appendNotice(const QString& sentence, const QString& details, const QList<NoticeChoice>& choices);
    void withdrawContextChoices();        // they were about a context that is no more
    void makeRoom(quint32 contextTokens); // a reply that ended for want of it can go on if this is more
    void setUnfolded(int row, bool isUnfolded);
    void truncate(int rowCount); // keeps the first rows
    bool forgetOldestTurn();     // false: only the last turn is left
    void restore(const QList<TranscriptEntry>& entries, int rememberedFrom);

signals:
    void replyEnded(int row);
    void rememberedFromChanged();

private:
    void append(const TranscriptEntry& entry);
    void withdrawChoices(const QList<NoticeChoice>& choices);
    void changed(int row, const QList<int>& roles);

    QList<TranscriptEntry> m_entries;
    int m_rememberedFrom = 0;
};

// "You", the model's name, or "Strata".
QString speakerName(const TranscriptEntry& entry);
// "213 tokens  6.3 tok/s  first after 0.9 s", and what its tooltip adds.
QString statsLine(const ReplyStats& stats);
QString statsToolTip(const ReplyStats& stats);
ReplyStats replyStats(const strata::GenerationResult& result);
