// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_store.h"

#include <QDateTime>
#include <QObject>

#include <optional>

// A conversation that was set aside.
struct EarlierChat {
    QString path;
    QString title; // its first words
    QDateTime when;
};

// The conversations beside the open one, each a file whose name carries its time and its first words, so that hundreds
// are listed without one being opened. What is deleted can be brought back until this is destroyed. GUI thread.
class ChatArchive : public QObject {
    Q_OBJECT

public:
    explicit ChatArchive(const QString& openChatFile, QObject* parent = nullptr);
    ~ChatArchive() override;

    QList<EarlierChat> chats() const;                    // newest first
    std::optional<StoredChat> read(const QString& path); // nullopt: failed() said why; the file stays
    void takeOut(const QString& path);                   // it is the open one now, and saved as such
    void remove(const QString& path);
    bool canUndo() const { return !m_removed.isEmpty(); }
    QString lastRemovedTitle() const;
    void undoRemove(); // the last one, then the one before

signals:
    void changed();
    void failed(const QString& sentence);

private:
    void purge();
    std::optional<EarlierChat> fromPath(const QString& path) const;

    QString m_openChatFile;
    QStringList m_removed; // where they were
};

// A free name beside the open conversation's file for one with such a title.
QString archivePath(const QString& openChatFile, const QString& title);

// The first words of a conversation: of its first message, else of the draft.
QString chatTitle(const StoredChat& chat);

// "21:14" today, "22 Nov" this year, else "22 Nov 2025".
QString formatWhen(const QDateTime& when, const QDateTime& now);
