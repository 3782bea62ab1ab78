// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/chat/message_actions.h"

#include <QCoreApplication>

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("MessageAction", text);
}

QString choiceText(NoticeChoice choice) {
    switch (choice) {
    case NoticeChoice::StartNewChat:
        return translated("Start a new chat");
    case NoticeChoice::DropOldest:
        return translated("Drop oldest");
    case NoticeChoice::ReloadWithMoreContext:
        return translated("Reload with more context");
    case NoticeChoice::TryAgain:
        return translated("Try again");
    case NoticeChoice::LoadOnCpu:
        return translated("Load on the CPU");
    }
    return {};
}

QString choiceHint(NoticeChoice choice) {
    switch (choice) {
    case NoticeChoice::StartNewChat:
        return translated("Begin with an empty conversation; this one can be copied first.");
    case NoticeChoice::DropOldest:
        return translated("The model forgets the oldest turn; it stays on the screen.");
    case NoticeChoice::ReloadWithMoreContext:
        return translated("Load the model again with room for twice as many tokens; needs more memory.");
    case NoticeChoice::TryAgain:
        return translated("Send the last message again; a model that is gone is loaded first.");
    case NoticeChoice::LoadOnCpu:
        return translated("Load the model into main memory (RAM), then send the last message again.");
    }
    return {};
}

} // namespace

QList<MessageAction> messageActions(const ChatTranscript& transcript, int row, bool isReplying) {
    using Kind = MessageAction::Kind;
    const TranscriptEntry& entry = transcript.entry(row);
    const QString busy = translated("A reply is being written; stop it first (Esc).");
    QList<MessageAction> actions;
    const auto add = [&](Kind kind, const QString& text, const QString& hint, bool needsQuiet) {
        MessageAction action;
        action.kind = kind;
        action.text = text;
        action.isEnabled = !(needsQuiet && isReplying);
        action.hint = action.isEnabled ? hint : busy;
        actions.append(action);
    };
    if (entry.kind == EntryKind::Own) {
        add(Kind::Edit, translated("Edit"), translated("Change this message and send it again."), true);
    }
    if (entry.kind == EntryKind::Reply && row == transcript.lastRow(EntryKind::Reply)) {
        if (entry.stats && !entry.stats->stopNote.isEmpty() && !entry.stats->isContextFull && !entry.text.isEmpty()) {
            add(Kind::Continue, translated("Continue"), translated("Have the model go on where this reply ends."),
                true);
        }
        add(Kind::Regenerate, translated("Regenerate"), translated("Have this reply written anew (Ctrl+R)."), true);
    }
    if (entry.kind == EntryKind::Reply && entry.stats && entry.stats->account) {
        add(Kind::WhySpeed, translated("Why this speed"), translated("Shows where the time of this reply went."), false);
    }
    if (entry.kind != EntryKind::Notice) {
        add(Kind::Copy, translated("Copy"), translated("Copy the whole message as Markdown."), false);
        return actions;
    }
    for (const NoticeChoice choice : entry.choices) {
        add(Kind::Choose, choiceText(choice), choiceHint(choice), true);
        actions.back().choice = choice;
    }
    if (!entry.details.isEmpty()) {
        add(Kind::ToggleDetails, entry.isUnfolded ? translated("Hide details") : translated("Details"),
            translated("What the program knows about this."), false);
    }
    return actions;
}
