// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/chat/chat_transcript.h"

// What a person can do with one message, by mouse, key or screen reader.
struct MessageAction {
    enum class Kind {
        Copy,
        Edit,       // and send again
        Regenerate, // the last reply
        Continue,   // the last reply, if it was cut short
        WhySpeed, // where a reply's time went
        CopyCode,
        ToggleDetails,
        Choose, // one of a notice's choices
    };
    Kind kind = Kind::Copy;
    int segment = -1;                             // CopyCode: which
    NoticeChoice choice = NoticeChoice::TryAgain; // Choose
    QString text;
    QString hint;          // tooltip
    bool isEnabled = true; // false: the hint says why not

    bool isSameAs(const MessageAction& other) const {
        return kind == other.kind && segment == other.segment && choice == other.choice;
    }
};

// In the order they are shown; CopyCode excepted, which belongs to the segments.
QList<MessageAction> messageActions(const ChatTranscript& transcript, int row, bool isReplying);
