// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_transcript.h"
#include "gui/chat/reply_settings.h"

#include <QDateTime>
#include <QLockFile>
#include <QObject>
#include <QTimer>

#include <functional>

// The open conversation as it is kept on disk.
struct StoredChat {
    struct Text {
        QString title;
        QString text;
    };
    QList<TranscriptEntry> entries;
    int rememberedFrom = 0;
    QString draft;
    QList<Text> attachments; // of the draft
    ReplySettings settings;
};

// Keeps the open conversation in one JSON file, so that a crash or a lost battery costs two seconds of it at most.
// Never writes over what another process wrote: the file is locked while this lives, and one that still differs from
// what was last read or written here keeps its words under a name of its own. GUI thread.
class ChatStore : public QObject {
    Q_OBJECT

public:
    // `current` says what is to be saved when the time comes.
    ChatStore(const QString& filePath, std::function<StoredChat()> current, QObject* parent = nullptr);

    static QString standardPath();

    StoredChat load(); // empty where there is none; one that can't be read is moved aside and failed() says so
    void saveSoon();
    bool saveNow();
    bool setAside(); // the conversation gets a file of its own beside this one

signals:
    void failed(const QString& sentence); // a load: at once; a save: once, until one works again
    void recovered();

private:
    // The file as this process last read or wrote it.
    struct Seen {
        qint64 bytes = -1;
        QDateTime modified;
        bool operator==(const Seen&) const = default;
    };

    bool isHeldByAnother();
    QString heldSentence() const;
    QString write(); // why it failed; empty: written
    Seen look() const;

    QString m_filePath;
    QLockFile m_lock;
    Seen m_seen;
    std::function<StoredChat()> m_current;
    QTimer m_soon;
    bool m_hasFailed = false;
};
