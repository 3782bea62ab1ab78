// SPDX-License-Identifier: GPL-3.0-or-later
// The part of ChatView that keeps conversations, sets them aside, and opens them again.
#include "gui/chat/chat_view.h"

#include "gui/chat/composer.h"
#include "gui/chat/transcript_view.h"

StoredChat ChatView::storedChat() const {
    const QString draft = m_composer->isEditing() ? m_composer->shelvedDraft() : m_composer->draft();
    StoredChat chat{m_transcript.entries(), m_transcript.rememberedFrom(), draft, {}, m_settings};
    for (const Attachment& attachment : m_composer->attachments()) {
        chat.attachments.append({attachment.title, attachment.text});
    }
    return chat;
}

void ChatView::restore(const StoredChat& chat) {
    m_transcript.restore(chat.entries, chat.rememberedFrom);
    m_settings = chat.settings;
    m_composer->setDraft(chat.draft);
    for (const StoredChat::Text& text : chat.attachments) {
        m_composer->attach(text.title, text.text);
    }
}

bool ChatView::setAside() {
    stop();
    if (!m_store.setAside()) {
        return false;
    }
    emit m_archive.changed();
    return true;
}

void ChatView::clearChat() {
    cancelEdit();
    m_composer->endEditing();
    m_view->scrollToEnd();
    m_transcript.truncate(0);
    m_templateNotice.clear();
    setContextTokens(0);
}

void ChatView::newChat() {
    if (m_transcript.rowCount() > 0 && setAside()) {
        clearChat();
    }
    m_composer->focusText();
}

// The file that is opened goes only after its words stand in that of the open chat.
void ChatView::openChat(const QString& path) {
    const std::optional<StoredChat> chat = m_archive.read(path);
    const bool isEmpty = m_transcript.rowCount() == 0 && m_composer->text().isEmpty();
    if (!chat || (!isEmpty && !setAside())) {
        return;
    }
    clearChat();
    m_composer->clear();
    restore(*chat);
    refreshPage();
    if (m_store.saveNow()) {
        m_archive.takeOut(path);
    }
    m_view->scrollToEnd();
    m_composer->focusText();
    emit replySettingsRestored(m_settings);
    emit contextCountRequested();
}

QString ChatView::obstacleTo(ChatVerb verb) const {
    if (m_transcript.rowCount() == 0) {
        return verb == ChatVerb::NewChat ? tr("This chat is empty already.") : tr("This chat is still empty.");
    }
    const bool needsQuiet = verb == ChatVerb::Regenerate || verb == ChatVerb::EditLast;
    if (needsQuiet && m_isReplying) {
        return tr("A reply is being written; stop it first (Esc).");
    }
    if (needsQuiet && m_transcript.lastRow(EntryKind::Own) < 0) {
        return tr("There is no message of yours in this chat.");
    }
    if (verb == ChatVerb::CopyLastReply && m_transcript.lastRow(EntryKind::Reply) < 0) {
        return tr("There is no reply in this chat yet.");
    }
    return {};
}
